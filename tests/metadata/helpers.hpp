// A controller with brokers, and short names for what the tests ask of it.
#pragma once

#include "runtime/base/check.hpp"
#include "runtime/metadata/controller_core.hpp"

namespace troupe::metadata {

class controller_fixture {
public:
  explicit controller_fixture(controller_config options = {}) : core(std::move(options)) {}

  /// Decides, and commits at once.
  template <class Reply>
  Reply run(const command& what) {
    auto made = core.decide(what);
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
    return run<register_broker_reply>(r).epoch;
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

  controller_core core;
  metadata_version version;
  std::vector<record> last; // what the last command wrote
};

inline std::string numbered(std::string name, std::uint64_t n) {
  name += std::to_string(n);
  return name;
}

inline std::vector<node_id> nodes(std::vector<int> list) {
  std::vector<node_id> made;
  for (auto n : list)
    made.push_back(node_id{n});
  return made;
}

} // namespace troupe::metadata
