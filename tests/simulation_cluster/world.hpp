// One run: a cluster of nodes, each on its simulated machine, its clients, and what goes wrong; then everything heals, all must
// come to an end and be whole again, and what is there is compared with what was acknowledged.
#pragma once

#include "tests/simulation_cluster/client.hpp"
#include "tests/simulation_cluster/faults.hpp"
#include "tests/simulation_cluster/synced_logs.hpp"

#include <memory>
#include <vector>

namespace troupe::simulation::cluster {

struct run_result {
  outcome what = outcome::good;
  std::string why;
  std::uint64_t trace = 0; ///< the same for every run of a seed
  std::uint64_t jobs = 0;
  std::uint64_t records = 0; ///< that were seen
  std::uint64_t messages = 0; ///< between nodes
  std::int64_t virtual_ms = 0;
  int lives = 0;
};

class world {
public:
  /// `messages`: the history shows what nodes say to each other, too.
  world(const plan& drawn, bool verbose, bool messages = false);
  ~world();

  run_result run();

private:
  void make_nodes();
  void make_clients();
  world_parts parts();
  observations watch(int node);
  /// What a node sends to another.
  void overhear(node_id from, const peer_send& what, bool is_lost);
  /// One event: a job, a client's step, or time.
  void turn();
  bool let_a_client_act();
  void let_time_pass();
  void live();
  /// Turns until all clients are through, and the cluster is whole. It must not take for ever.
  void settle(const char* what, std::int64_t limit_ms);
  std::uint64_t records_seen() const;
  void write_everywhere();
  /// Nothing goes wrong any more: all that is under way comes to its end, and every partition takes a write, twice.
  void recover();
  void audit();
  /// Whether all that a node has synced is there still.
  void look_at_disk(int node);
  void look_at_disks();
  bool all_done() const;
  run_result sum_up();

  plan plan_;
  history report_;
  caf::actor_system_config config_;
  caf::actor_system system_;
  job_pool jobs_;
  virtual_clock clock_;
  simulated::simulated_network network_;
  random_source random_;
  ledger known_;
  told_by_epoch told_;
  bool messages_;
  int next_producer_ = 1'000; ///< nobody else's
  std::int64_t look_at_ms_ = 0;
  simulation::judge checks_;
  members nodes_;
  synced_logs disks_{nodes_};
  judge cluster_checks_;
  faults faults_;
  std::vector<std::unique_ptr<client>> clients_;
};

} // namespace troupe::simulation::cluster
