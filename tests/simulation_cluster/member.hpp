// One node of the cluster, life after life: started on its simulated disk, crashed, paused, stopped, wiped, started again.
#pragma once

#include "actors/simulated/simulated_peers.hpp"
#include "runtime/simulated/simulated_file_system.hpp"
#include "tests/simulation/connector.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation_cluster/job_pool.hpp"
#include "tests/simulation_cluster/node_clock.hpp"
#include "tests/simulation_cluster/observer.hpp"
#include "tests/simulation_cluster/plan.hpp"

#include <memory>
#include <string>

namespace troupe::simulation::cluster {

/// What all members share; outlives them.
struct member_parts {
  caf::actor_system& system;
  job_pool& jobs;
  simulated::simulated_network& network;
  const virtual_clock& clock;
  const plan& drawn;
  history& report;
};

class member final : public connector {
public:
  member(const member_parts& parts, int number, observations watched);

  /// Recovers and starts the actors. False: recovery failed, `why()` says how.
  bool start();
  /// All actors end where they are, and nothing of them reaches the disk or the network any more. With the power, what was
  /// not synced goes, too.
  void crash(bool power_cut);
  /// A new disk. Only while it is down.
  void wipe();
  void stop();
  void kill_an_actor();
  void pause();
  void go_on();
  /// A job of the node was run: whatever its actors reported takes effect.
  void settle();

  int number() const { return number_; } ///< its place in the plan
  node_id id() const { return node_id{options().node_id}; }
  bool is_broker() const { return options().is_broker(); }
  bool is_up() const { return supervisor_ != nullptr; }
  bool is_ready() const { return front_ != nullptr || (life_ && life_->ready && !is_broker()); }
  bool is_paused() const { return parts_.jobs.is_paused(number_); }
  bool has_ended() const { return life_ && life_->ended; }
  const std::string& why() const { return why_; }
  int lives() const { return lives_; }
  int observers() const { return observers_; } ///< so many so far: one for each time that its actors began
  test::simulated_file_system& disk() { return *disk_; }
  node_clock& clock() { return clock_; }
  const config::node_options& options() const { return parts_.drawn.nodes[static_cast<std::size_t>(number_)]; }

  pipe_ptr connect() override;
  void moved(const pipe_ptr& connection) override;

private:
  void note(const std::string& line);
  void end_front();
  void observe();
  node_ports ports();
  node_events events();

  /// What the supervisor says; shared with it.
  struct life {
    std::unique_ptr<node_access> access;
    bool ready = false;
    bool restarting = false;
    bool ended = false;
    std::string why;
  };

  member_parts parts_;
  int number_;
  observations watched_;
  random_source random_;
  node_clock clock_;
  std::unique_ptr<test::simulated_file_system> disk_;
  std::shared_ptr<life> life_;
  node_supervisor_actor supervisor_;
  observer_actor observer_;
  front_actor front_;
  std::string why_;
  int lives_ = 0;
  int disks_ = 0;
  int observers_ = 0;
  std::vector<std::weak_ptr<pipe>> pipes_;
};

} // namespace troupe::simulation::cluster
