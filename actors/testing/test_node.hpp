// A node for your tests: whole, but on a disk in memory, under a clock that you move, without a socket or a
// thread. The same seed gives the same run, job by job, so a failure can be had again; another seed gives
// other orders of events.
//
//     troupe::testing::test_node node{{.seed = 7}};
//     CHECK(node.create_topic("orders"));
//     CHECK(node.write("orders", {{"alice", "3 apples"}}));
//     auto mine = node.system().spawn(my_actor, node.access());
//     CHECK(node.run_until([&] { return my_actor_is_done(); }));
//
// Actors that you spawn on system() run with the node's own. They run only inside of the functions below that
// say so, on the calling thread, and their timers follow the virtual clock. They must not block or be
// detached.
#pragma once

#include "actors/interface/cluster_access.hpp"
#include "config/node_options.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"
#include "runtime/simulated/simulated_file_system.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <caf/fwd.hpp>

namespace troupe::testing {

struct test_node_options {
  std::uint64_t seed = 1;
  /// What the node is told; the paths are those of the simulated disk.
  config::node_options node = {};
  /// The node's log on standard output: "off", "error", "warning", "info" ...; process-wide. Empty: as it is.
  std::string log_level = "off";
};

/// A record as it lies in a partition.
struct stored_record {
  troupe::offset offset;
  timestamp_ms timestamp;
  std::optional<std::string> key;
  std::optional<std::string> value;
};

using key_and_value = std::pair<std::string_view, std::string_view>;

class test_node {
public:
  /// Starts it.
  explicit test_node(test_node_options options = {});
  /// As a crash.
  ~test_node();

  test_node(const test_node&) = delete;
  test_node& operator=(const test_node&) = delete;

  // --- what your actors need ---
  caf::actor_system& system();
  /// For producers and consumers; stays good from life to life.
  const cluster_access& access() const;
  const clock_port& clock() const;
  /// To make it fail, fill up or rot: see its header.
  test::simulated_file_system& disk();

  // --- time: these run actors ---
  /// Runs jobs, in an order that the seed decides, until there is nothing to do at this moment.
  void run();
  /// Lets time pass, and runs what becomes due on the way.
  void advance(std::chrono::milliseconds time);
  /// Runs, and lets time pass where there is nothing else to do, until `done`, which is asked after each job.
  /// False: it was not so within `limit` of virtual time.
  bool run_until(const std::function<bool()>& done,
                 std::chrono::milliseconds limit = std::chrono::minutes{1});

  // --- lives: these run actors ---
  /// The process dies: what was written to files is there afterwards, synced or not.
  void crash();
  /// The machine dies: of what was not synced each sector may be lost or torn.
  void power_cut();
  /// In order. Errors: timed_out.
  result<void> stop();
  /// After one of these: recovers. Errors, as sentences: what is wrong with the disk; in_use.
  result<void> start();
  bool is_running() const;
  /// One of the node's partitions dies by a bug, as it were, and is started anew.
  void kill_partition(const std::string& topic, std::int32_t partition = 0);

  // --- without actors of yours: these run actors ---
  /// Errors: the controller's.
  result<void> create_topic(const std::string& name, std::int32_t partitions = 1);
  /// One batch. The offset of the first record. Errors: the partition's; timed_out.
  result<offset> write(const std::string& topic, const std::vector<key_and_value>& records,
                       std::int32_t partition = 0);
  /// All that can be read. Empty also if there is no such partition.
  std::vector<stored_record> records(const std::string& topic, std::int32_t partition = 0);

private:
  class parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe::testing
