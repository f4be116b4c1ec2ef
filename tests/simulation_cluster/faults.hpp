// Everything that goes wrong with the nodes, their disks, clocks and the network between them, as the plan allows.
#pragma once

#include "tests/simulation/checker.hpp"
#include "tests/simulation_cluster/client.hpp"

#include <optional>
#include <set>
#include <utility>

namespace troupe::simulation::cluster {

class faults {
public:
  faults(const plan& drawn, members& nodes, simulated::simulated_network& network, const virtual_clock& clock,
         simulation::judge& checks, history& report, std::uint64_t seed);

  /// Time has passed.
  void tick();
  /// When tick() is due.
  std::int64_t next_ms() const { return next_ms_; }
  /// A job of the node was run.
  void look_after(int node);
  /// What is committed, as far as anybody knows. Whether it is news.
  bool learn(const metadata::image_ptr& image);
  /// From now on all is well.
  void heal();
  bool is_healed() const { return healed_; }
  /// All nodes lose their power at once, and start again.
  void blackout();
  /// Every broker serves, every partition has a leader, and all its replicas are in sync.
  bool is_whole() const;
  std::string what_is_missing() const;

private:
  struct trouble {
    std::int64_t down_until_ms = 0;
    std::int64_t paused_until_ms = 0;
    std::int64_t silent_at_ms = 0; ///< paused, the others hear of it; 0: they have
    bool stopping = false;
  };
  using pair_of_nodes = std::pair<int, int>;

  std::int64_t in(std::uint64_t ms_max) { return clock_.ms() + 1 + static_cast<std::int64_t>(random_.below(ms_max)); }
  void strike();
  void hit(int node);
  void crash(int node, bool power_cut, std::uint64_t down_ms_max);
  void start(int node);
  void pause(int node);
  void wake(int node);
  bool may_wipe() const;
  void wipe(int node);
  void rot(int node);
  void partition_network();
  void cut(int a, int b);
  void end_silence();
  void heal_network();
  void hold_up();
  void roll();
  int any() { return static_cast<int>(random_.below(nodes_.size())); }
  member& at(int node) { return *nodes_[static_cast<std::size_t>(node)]; }
  trouble& of(int node) { return troubles_[static_cast<std::size_t>(node)]; }

  const plan& plan_;
  members& nodes_;
  simulated::simulated_network& network_;
  const virtual_clock& clock_;
  simulation::judge& checks_;
  history& report_;
  random_source random_;
  std::vector<trouble> troubles_;
  metadata::image_ptr newest_ = metadata::metadata_image::empty();
  std::set<pair_of_nodes> cuts_;
  std::set<pair_of_nodes> falling_silent_; ///< cut in one direction
  std::int64_t cuts_until_ms_ = 0;
  std::int64_t silent_at_ms_ = 0;
  std::optional<int> rolling_; ///< who is to be restarted next
  std::optional<node_id> wiped_;
  metadata::broker_epoch wiped_in_;
  std::int64_t strike_at_ms_ = 3'000;
  std::int64_t next_ms_ = 0;
  std::uint64_t calm_ms_ = 1'000; ///< between two strikes, about
  bool healed_ = false;
};

} // namespace troupe::simulation::cluster
