// The node under test, life after life: started on the simulated disk, crashed, stopped, started again.
#pragma once

#include "runtime/base/random.hpp"
#include "tests/simulation/connector.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/virtual_clock.hpp"
#include "runtime/simulated/simulated_file_system.hpp"

#include <memory>
#include <string>

#include <caf/scheduler/test_coordinator.hpp>

namespace troupe::simulation {

class node_host final : public connector {
public:
  node_host(caf::actor_system& system, test::simulated_file_system& disk, const virtual_clock& clock,
            const plan& drawn, history& report);

  /// Recovers and starts the actors. False: recovery failed, `why()` says how.
  bool start();
  /// All actors end where they are, and nothing of them reaches the disk any more. With the power, what was
  /// not synced goes, too.
  void crash(bool power_cut, random_source& random);
  /// One of the partitions' actors dies. Only when ready.
  void kill_partition(random_source& random);
  /// Asks for an orderly end: `ended()` follows.
  void stop();
  /// Time passes, jobs were run: whatever the node's actors reported takes effect.
  void settle();

  bool is_up() const { return supervisor_ != nullptr; }
  bool is_ready() const { return front_ != nullptr; }
  /// The node ended by itself or was stopped: crash() cleans up.
  bool has_ended() const { return life_ && life_->ended; }
  const std::string& why() const { return why_; }
  int lives() const { return lives_; }

  pipe_ptr connect() override;
  void moved(const pipe_ptr& connection) override;

  /// Runs one of the actors' jobs, chosen at random. False if there is none.
  bool run_job(random_source& random);
  caf::scheduler::test_coordinator& scheduler() { return scheduler_; }

private:
  /// All connections are lost.
  void end_front();

  /// What the supervisor says; shared with it.
  struct life {
    std::unique_ptr<node_access> access;
    bool restarting = false;
    bool ended = false;
    std::string why;
  };

  caf::actor_system& system_;
  caf::scheduler::test_coordinator& scheduler_;
  test::simulated_file_system& disk_;
  const virtual_clock& clock_;
  const plan& plan_;
  history& report_;
  std::shared_ptr<life> life_;
  node_supervisor_actor supervisor_;
  front_actor front_;
  std::string why_;
  int lives_ = 0;
  std::uint64_t pipes_made_ = 0;
  std::vector<std::weak_ptr<pipe>> pipes_; ///< of this life
};

} // namespace troupe::simulation
