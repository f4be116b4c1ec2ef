// Random instances of every kind of command and reply.
#pragma once

#include "runtime/base/check.hpp"
#include "runtime/metadata/commands.hpp"
#include "runtime/metadata/topic_config.hpp"
#include "tests/metadata/random_records.hpp"

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace troupe::metadata {

class command_maker {
public:
  explicit command_maker(std::uint64_t seed) : make_(seed) {}

  command any_command() { return command_of_kind(random().below(std::variant_size_v<command>)); }
  reply any_reply() { return reply_of_kind(random().below(std::variant_size_v<reply>)); }

  command command_of_kind(std::size_t kind) {
    switch (kind) {
    case 0:
      return form_cluster{text()};
    case 1:
      return register_broker{
          node(), broker_incarnation{random().next()}, endpoints(), optional_text(), flip(), text(), flip()};
    case 2:
      return fence_broker{node(), epoch()};
    case 3:
      return unfence_broker{node(), epoch()};
    case 4:
      return create_topics{list([this] { return a_new_topic(); }), flip()};
    case 5:
      return delete_topics{list([this] { return topic_reference{text(), id()}; })};
    case 6:
      return create_partitions{list([this] { return some_more_partitions(); }), flip()};
    case 7:
      return alter_configs{list([this] { return an_altered_resource(); }), flip()};
    case 8:
      return allocate_producer_ids{};
    case 9:
      return broker_heartbeat{node(), epoch(), metadata_version{random().next()}, flip(), flip()};
    case 10:
      return unregister_broker{node()};
    case 11:
      return alter_partition{node(), epoch(), list([this] { return an_alteration(); })};
    case 12:
      return some_elections();
    case 13:
      return alter_reassignments{list([this] { return a_reassignment(); }), flip()};
    case 14:
      return describe_quorum{};
    case 15:
      return change_quorum{node(), random().next(), flip(), flip(), number()};
    }
    CHECK(false, "a kind that there is not");
  }

  reply reply_of_kind(std::size_t kind) {
    switch (kind) {
    case 0:
      return form_cluster_reply{text()};
    case 1:
      return register_broker_reply{what(), epoch()};
    case 2:
      return fencing_reply{what()};
    case 3:
      return create_topics_reply{list([this] { return a_created_topic(); })};
    case 4:
      return delete_topics_reply{list([this] { return deleted_topic{text(), id(), what()}; })};
    case 5:
      return create_partitions_reply{list([this] { return create_partitions_reply::item{text(), what()}; })};
    case 6:
      return alter_configs_reply{list([this] {
        return alter_configs_reply::item{static_cast<resource_kind>(random().next()), text(), what()};
      })};
    case 7:
      return allocate_producer_ids_reply{what(), producer_id{static_cast<std::int64_t>(random().next())},
                                         number()};
    case 8:
      return broker_heartbeat_reply{what(), flip(), flip(), flip()};
    case 9:
      return unregister_broker_reply{what()};
    case 10:
      return alter_partition_reply{what(), list([this] { return an_altered_partition(); })};
    case 11:
      return elect_leaders_reply{what(), list([this] {
                                   return elect_leaders_reply::item{a_partition(), what()};
                                 })};
    case 12:
      return alter_reassignments_reply{list([this] {
        return alter_reassignments_reply::item{a_partition(), what()};
      })};
    case 13:
      return describe_quorum_reply{what(), node(), number(), number(), list([this] {
                                     return describe_quorum_reply::member{
                                         node(), flip(), number(), number(), number(), random().next()};
                                   })};
    case 14:
      return change_quorum_reply{what()};
    }
    CHECK(false, "a kind that there is not");
  }

  random_source& random() { return make_.random(); }

private:
  template <class Make>
  std::vector<std::invoke_result_t<Make&>> list(Make&& make) {
    std::vector<std::invoke_result_t<Make&>> made;
    for (auto left = random().below(5); left > 0; --left)
      made.push_back(make());
    return made;
  }

  bool flip() { return random().one_in(2); }
  std::int32_t number() { return static_cast<std::int32_t>(random().next()); }
  node_id node() { return node_id{number()}; }
  broker_epoch epoch() { return broker_epoch{static_cast<std::int64_t>(random().next())}; }
  partition_id partition() { return partition_id{number()}; }
  named_partition a_partition() { return {text(), partition()}; }
  std::vector<node_id> nodes() {
    return list([this] { return node(); });
  }

  std::string text() {
    std::string made;
    for (auto left = random().below(random().one_in(20) ? 900 : 20); left > 0; --left)
      made.push_back(static_cast<char>(random().next()));
    return made;
  }
  std::optional<std::string> optional_text() { return flip() ? std::optional{text()} : std::nullopt; }

  topic_id id() {
    topic_id made;
    for (auto& b : made.bytes)
      b = static_cast<std::uint8_t>(random().next());
    return made;
  }

  error what() {
    auto code = random().below(static_cast<std::uint64_t>(errc::last_code) + 1);
    return {static_cast<errc>(code), text()};
  }

  std::vector<endpoint> endpoints() {
    return list([this] { return endpoint{text(), text(), static_cast<std::uint16_t>(random().next())}; });
  }

  new_topic a_new_topic() {
    return {text(), number(), static_cast<std::int16_t>(random().next()), list([this] {
              return std::pair{partition(), nodes()};
            }),
            list([this] {
              return config_entry{text(), optional_text()};
            })};
  }

  more_partitions some_more_partitions() {
    more_partitions made{text(), number(), {}};
    if (flip())
      made.assignments = list([this] { return nodes(); });
    return made;
  }

  altered_resource an_altered_resource() {
    return {static_cast<resource_kind>(random().next()), text(), list([this] {
              return config_change{text(), static_cast<config_operation>(random().next()), optional_text()};
            }),
            flip()};
  }

  alter_partition::item an_alteration() {
    return {id(), partition(), leader_epoch{number()}, partition_epoch{number()}, list([this] {
              return in_sync_member{node(), epoch()};
            })};
  }

  elect_leaders some_elections() {
    elect_leaders made{static_cast<election_kind>(random().next()), {}};
    if (flip())
      made.partitions = list([this] { return a_partition(); });
    return made;
  }

  alter_reassignments::item a_reassignment() {
    alter_reassignments::item made{a_partition(), {}};
    if (flip())
      made.replicas = nodes();
    return made;
  }

  alter_partition_reply::item an_altered_partition() {
    return {id(),   partition(),            what(),                    nodes(), nodes(),
            node(), leader_epoch{number()}, partition_epoch{number()}, number()};
  }

  created_topic a_created_topic() {
    created_topic made{text(), what(), id(), number(), static_cast<std::int16_t>(random().next()), {}};
    if (random().one_in(3))
      made.configs = topic_defaults{}.describe({{"retention.ms", "5"}}, 3);
    return made;
  }

  record_maker make_;
};

} // namespace troupe::metadata
