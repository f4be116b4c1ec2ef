// One run: a node on its simulated machine, its clients, and what goes wrong; then everything heals, all must
// come to an end, and what is there is compared with what was acknowledged.
#pragma once

#include "tests/simulation/client.hpp"
#include "tests/simulation/faults.hpp"

#include <memory>
#include <vector>

namespace troupe::simulation {

struct run_result {
  outcome what = outcome::good;
  std::string why;
  std::uint64_t trace = 0; ///< the same for every run of a seed
  std::uint64_t events = 0;
  std::uint64_t records = 0; ///< that were seen
  std::int64_t virtual_ms = 0;
  int lives = 0;
};

class world {
public:
  world(const plan& drawn, bool verbose);
  ~world();

  run_result run();

private:
  void make_clients();
  /// One event: a job, a client's step, or time.
  void turn();
  void let_time_pass();
  void live();
  /// Turns until every client is through. It must not take for ever.
  void settle(const char* what);
  /// Every partition takes records again.
  void write_everywhere();
  void audit();
  /// What is damaged is skipped and said, and what follows it is kept.
  void outlive_rot();
  bool all_done() const;

  plan plan_;
  history report_;
  caf::actor_system_config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  virtual_clock clock_;
  test::simulated_file_system disk_;
  random_source random_;
  ledger known_;
  judge checks_;
  node_host node_;
  faults faults_;
  std::vector<std::unique_ptr<client>> clients_;
  std::uint64_t turns_ = 0;
};

} // namespace troupe::simulation
