// A controller with brokers, and short names for what the tests ask of it.
#pragma once

#include "runtime/base/check.hpp"
#include "runtime/metadata/controller_core.hpp"

namespace troupe::metadata {

inline std::vector<node_id> nodes(std::vector<int> list) {
  std::vector<node_id> made;
  for (auto n : list)
    made.push_back(node_id{n});
  return made;
}

class controller_fixture {
public:
  explicit controller_fixture(controller_config options = {}) : core(std::move(options)) {}

  /// Decides, and commits at once.
  template <class Reply>
  Reply run(const command& what) {
    auto made = core.decide(what, now_ms);
    last = made.records;
    if (!made.records.empty())
      commit(made.records);
    return std::get<Reply>(made.answer);
  }

  metadata_delta commit(const std::vector<record>& records) {
    ++version;
    auto read = decode(encode(records).view()); // as the log would give them back
    CHECK(read.has_value());
    auto delta = core.replay(*read, version);
    CHECK(delta.has_value());
    return *delta;
  }

  broker_epoch add_broker(int node, std::optional<std::string> rack = std::nullopt, bool fenced = false,
                          std::uint64_t incarnation = 1) {
    register_broker r;
    r.node = node_id{node};
    r.incarnation = broker_incarnation{incarnation};
    r.endpoints = {{"kafka", "127.0.0.1", 9092}};
    r.rack = std::move(rack);
    r.fenced = fenced;
    r.storage_kept = true;
    return run<register_broker_reply>(r).epoch;
  }

  /// A broker that has seen everything so far.
  broker_heartbeat_reply heartbeat(int node, bool wants_shutdown = false, bool wants_fence = false) {
    auto* known = image().find_broker(node_id{node});
    CHECK(known != nullptr);
    return run<broker_heartbeat_reply>(
        broker_heartbeat{node_id{node}, known->epoch, image().version(), wants_fence, wants_shutdown});
  }

  /// A topic of one partition with these replicas.
  created_topic spread(std::string name, std::vector<int> replicas, std::vector<config_entry> configs = {}) {
    new_topic t;
    t.name = std::move(name);
    t.assignments = {{partition_id{0}, nodes(std::move(replicas))}};
    t.configs = std::move(configs);
    return create(std::move(t));
  }

  const partition& first(std::string_view topic) const { return image().find_topic(topic)->partitions[0]; }

  broker_epoch epoch_of(int node) const { return image().find_broker(node_id{node})->epoch; }
  error fence(int node) { return run<fencing_reply>(fence_broker{node_id{node}, epoch_of(node)}).what; }
  error unfence(int node) { return run<fencing_reply>(unfence_broker{node_id{node}, epoch_of(node)}).what; }

  /// The leader's own wish, with everything right about it but what the caller says.
  alter_partition_reply::item alter(std::string_view topic, std::vector<int> isr) {
    auto* t = image().find_topic(topic);
    auto& p = t->partitions[0];
    alter_partition what{
        p.leader, broker_epoch{0}, {{t->id, partition_id{0}, p.leader_epoch, p.partition_epoch, {}}}};
    if (auto* leader = image().find_broker(p.leader))
      what.epoch = leader->epoch;
    for (auto node : isr)
      what.partitions[0].isr.push_back({node_id{node}, epoch_of(node)});
    auto answer = run<alter_partition_reply>(what);
    if (answer.partitions.empty())
      answer.partitions.emplace_back().what = answer.what;
    return answer.partitions[0];
  }

  created_topic create(new_topic wanted, bool validate_only = false) {
    return run<create_topics_reply>(create_topics{{std::move(wanted)}, validate_only}).topics.front();
  }

  created_topic create(std::string name, int partitions = -1, int factor = -1) {
    new_topic wanted;
    wanted.name = std::move(name);
    wanted.partitions = partitions;
    wanted.replication_factor = static_cast<std::int16_t>(factor);
    return create(std::move(wanted));
  }

  const metadata_image& image() const { return *core.image(); }
  std::int64_t now_ms = 0;

  controller_core core;
  metadata_version version;
  std::vector<record> last; // what the last command wrote
};

inline std::string numbered(std::string name, std::uint64_t n) {
  name += std::to_string(n);
  return name;
}

} // namespace troupe::metadata
