// Nodes with a replica each of one partition, in one actor system on virtual time: real partition managers, disks and
// flushers over simulated disks and a simulated network. The controller is the real core, whose decisions are committed at
// once.
#pragma once

#include "actors/partition/partition_manager.hpp"
#include "actors/simulated/simulated_peers.hpp"
#include "runtime/metadata/controller_core.hpp"
#include "runtime/simulated/simulated_file_system.hpp"
#include "runtime/storage/data_directory.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/scheduler/test_coordinator.hpp>

namespace troupe {

struct replica_mail {
  std::vector<append_reply> appended;
  std::vector<fetch_reply> fetched;
  std::vector<list_offset_reply> found;
  std::size_t woken = 0;
  view_ptr view;
};

class replica_workshop {
public:
  explicit replica_workshop(int nodes, std::uint64_t seed = 1);
  ~replica_workshop();

  /// A topic with these replicas; the first one leads.
  void make_topic(std::vector<int> replicas, std::vector<metadata::config_entry> configs = {});
  /// These are to be the replicas from now on.
  void reassign(std::vector<int> replicas);
  void set_broker_option(int id, const std::string& key, const std::string& value);
  std::int64_t now_ms() const;
  void set_option(const std::string& key, const std::string& value);

  void start(int id);
  void crash(int id, bool power_cut = false);
  /// The disk is another one.
  void wipe(int id);
  /// The controller takes it for dead, or alive again.
  void fence(int id);
  void unfence(int id);
  /// The node has heard nothing of the controller for too long.
  void end_lease(int id);
  /// The actor of the partition dies.
  void kill_partition(int id);
  /// A node that is cut off hears nothing of the controller, and is not heard.
  void cut_off(int id);
  void mend(int id);

  void run();
  void pass(std::chrono::milliseconds time);
  template <class Done>
  bool pass_until(Done&& done, std::chrono::milliseconds limit = std::chrono::seconds{30}) {
    for (run(); !done(); limit -= std::chrono::milliseconds{1}) {
      if (limit.count() <= 0)
        return false;
      pass(std::chrono::milliseconds{1});
    }
    return true;
  }

  /// Sends a batch of one record to the leader, as the node sees it; answered is one more in mail(id).appended.
  /// `number` comes back as the answer's request, with acks=all also 1 as its part.
  void send(int id, const std::string& value, std::int16_t acks = -1, std::uint64_t number = 0);
  /// A batch of one record of an idempotent producer, acks=all.
  void send_numbered(int id, std::int64_t producer, std::int32_t sequence);
  /// Sends to whoever leads, and waits; the offset, or -1.
  std::int64_t write(const std::string& value, std::int16_t acks = -1);
  /// All values that are readable at the leader.
  std::vector<std::string> read_all();
  /// Asks this node's replica, which may follow; the answer is the next one in mail(id).fetched. `waits`: a wake-up is
  /// counted in mail(id).woken when there is more.
  void fetch_any(int id, std::int64_t from, bool waits = false, leader_epoch epoch = no_leader_epoch);
  /// "latest" at the leader, or the error.
  std::string latest();

  const metadata::partition& state() const;
  int leader() const { return state().leader.value(); }
  std::string isr() const;
  /// The partition and the brokers, as the controller has them.
  std::string describe() const;
  const metrics::partition_counters& counters(int id) const;
  replica_mail& mail(int id) { return nodes_.at(id)->mail; }
  bool is_up(int id) const { return nodes_.at(id)->manager != nullptr; }
  test::simulated_file_system& disk(int id) { return nodes_.at(id)->disk; }

  storage::log_options log_options;
  std::int64_t lag_max_ms = 1000;

private:
  struct node {
    explicit node(std::uint64_t seed) : disk(seed) {}
    test::simulated_file_system disk;
    storage::data_directory directory;
    std::vector<caf::strong_actor_ptr> parts; ///< in the order of their starts
    partition_manager_actor manager;
    partition_client client;
    view_subscriber viewer;
    replica_mail mail;
    std::shared_ptr<metrics::partition_table> table;
    metrics::partition_counters_ptr counters;
    metadata::broker_epoch life;
    broker_lease_ptr lease;
    bool was_kept = true; ///< the disk, since the last life
    bool is_cut_off = false;
    metadata::metadata_version knows;
  };
  class clock;

  template <class Reply>
  Reply decide(const metadata::command& what);
  void publish(node& to);
  void tell_everybody();
  const partition_actor* partition_at(int id);
  void ask(int from, const controller_request& request);
  bool open(node& n, int id);

  struct system_config;
  std::unique_ptr<system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_;
  std::unique_ptr<clock> clock_;
  random_source random_;
  std::unique_ptr<simulated::simulated_network> network_;
  metadata::controller_core core_;
  metadata::metadata_version version_;
  std::map<int, std::unique_ptr<node>> nodes_;
  topic_id topic_;
  std::uint64_t lives_ = 0;
};

} // namespace troupe
