// The commands that concern topics. The checks and their order are Kafka's; what is wrong with one topic does
// not touch the others of its request.
#include "runtime/base/limits.hpp"
#include "runtime/metadata/controller_core.hpp"
#include "runtime/metadata/placement.hpp"
#include "runtime/metadata/topic_name.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace troupe::metadata {

namespace {

using placed_replicas = std::vector<std::vector<node_id>>;

error check_partition_count(const metadata_image& image, std::int64_t added, std::int64_t total) {
  if (total > limits::partitions_per_topic_max)
    return {errc::invalid_partitions, "a topic has at most "
                                          + std::to_string(limits::partitions_per_topic_max)
                                          + " partitions, and " + std::to_string(total) + " were asked for"};
  if (static_cast<std::int64_t>(image.partition_count()) + added > limits::partitions_max)
    return {errc::invalid_partitions,
            "all topics together have at most " + std::to_string(limits::partitions_max) + " partitions"};
  return {};
}

bool is_ready(const broker& b) { return !b.fenced && !b.shutting_down; }

error check_replicas(const metadata_image& image, const std::vector<node_id>& replicas) {
  if (replicas.empty())
    return {errc::invalid_replica_assignment, "a partition needs at least one replica"};
  auto leader = false;
  for (auto node : replicas) {
    auto* b = image.find_broker(node);
    if (!b)
      return {errc::invalid_replica_assignment, "there is no broker " + std::to_string(node.value())};
    if (std::count(replicas.begin(), replicas.end(), node) > 1)
      return {errc::invalid_replica_assignment, "broker " + std::to_string(node.value()) + " is named twice"};
    leader = leader || is_ready(*b);
  }
  if (!leader)
    return {errc::invalid_replica_assignment, "none of the brokers named is ready to lead"};
  return {};
}

/// Checks assignments of partitions `first`, `first` + 1 ...: all with the same number of replicas.
error check_assignments(const metadata_image& image, const placed_replicas& assignments, std::size_t factor) {
  for (auto& replicas : assignments) {
    if (auto wrong = check_replicas(image, replicas); wrong.code != errc::none)
      return wrong;
    if (replicas.size() != factor)
      return {errc::invalid_replica_assignment,
              "every partition of a topic needs the same number of replicas"};
  }
  return {};
}

result<placed_replicas> manual_assignment(const metadata_image& image, const new_topic& wanted) {
  if (wanted.partitions != -1 || wanted.replication_factor != -1)
    return fail(errc::invalid_request,
                "with an assignment of replicas, partitions and replication factor must be left at -1");
  std::map<partition_id, std::vector<node_id>> sorted;
  for (auto& [partition, replicas] : wanted.assignments)
    if (!sorted.emplace(partition, replicas).second)
      return fail(errc::invalid_replica_assignment,
                  "partition " + std::to_string(partition.value()) + " is assigned twice");
  placed_replicas placed;
  for (auto& [partition, replicas] : sorted) {
    if (partition.value() != static_cast<std::int32_t>(placed.size()))
      return fail(errc::invalid_replica_assignment, "partitions are numbered from 0 without a gap, and "
                                                        + std::to_string(placed.size()) + " is missing");
    placed.push_back(replicas);
  }
  if (auto wrong = check_assignments(image, placed, placed.front().size()); wrong.code != errc::none)
    return tl::unexpected<error>(std::move(wrong));
  auto count = static_cast<std::int64_t>(placed.size());
  if (auto wrong = check_partition_count(image, count, count); wrong.code != errc::none)
    return tl::unexpected<error>(std::move(wrong));
  return placed;
}

result<placed_replicas> automatic_assignment(const metadata_image& image, const new_topic& wanted,
                                             const controller_config& config, random_source& random) {
  if (wanted.partitions == 0 || wanted.partitions < -1)
    return fail(errc::invalid_partitions, "a topic has at least one partition");
  if (wanted.replication_factor == 0 || wanted.replication_factor < -1)
    return fail(errc::invalid_replication_factor, "a partition has at least one replica");
  auto partitions = wanted.partitions == -1 ? config.default_partitions : wanted.partitions;
  if (auto wrong = check_partition_count(image, partitions, partitions); wrong.code != errc::none)
    return tl::unexpected<error>(std::move(wrong));
  auto factor =
      wanted.replication_factor == -1 ? config.default_replication_factor : wanted.replication_factor;
  return place(image, partitions, factor, random);
}

result<config_overrides> check_configs(const new_topic& wanted, bool with_hint) {
  config_overrides overrides;
  for (auto& [key, value] : wanted.configs) {
    if (!value)
      return fail(errc::invalid_config, key.substr(0, 200) + " has no value");
    overrides.insert_or_assign(key, *value);
  }
  if (auto valid = validate_topic_options(overrides, with_hint); !valid)
    return fail(std::move(valid));
  return overrides;
}

record new_partition(const metadata_image& image, const topic_id& topic, std::size_t number,
                     const std::vector<node_id>& replicas) {
  std::vector<node_id> ready;
  for (auto node : replicas)
    if (is_ready(*image.find_broker(node)))
      ready.push_back(node);
  auto leader = ready.front();
  return partition_record{topic,
                          partition_id{static_cast<std::int32_t>(number)},
                          replicas,
                          std::move(ready),
                          leader,
                          leader_epoch{0},
                          partition_epoch{0}};
}

/// The names that come more than once.
template <class Items, class NameOf>
std::set<std::string> repeated_names(const Items& items, NameOf name_of) {
  std::map<std::string, int> counts;
  for (auto& item : items)
    ++counts[name_of(item)];
  std::set<std::string> repeated;
  for (auto& [name, count] : counts)
    if (count > 1)
      repeated.insert(name);
  return repeated;
}

} // namespace

created_topic controller_core::create_one(const new_topic& wanted, bool repeated, decision& into) {
  created_topic made;
  made.name = wanted.name;
  auto refuse = [&made](error why) {
    made.what = std::move(why);
    return made;
  };
  if (auto wrong = check_topic_name(wanted.name); wrong.code != errc::none)
    return refuse(std::move(wrong));
  if (repeated)
    return refuse({errc::invalid_request, "the request names the topic " + wanted.name + " more than once"});
  if (tentative_->find_topic(wanted.name))
    return refuse({errc::topic_already_exists, wanted.name});
  if (auto* other = tentative_->find_lookalike(wanted.name))
    return refuse(
        {errc::invalid_topic, wanted.name + " differs from the topic " + other->name
                                  + " only by dots and underscores, which metrics can't tell apart"});
  auto placed = wanted.assignments.empty() ? automatic_assignment(*tentative_, wanted, config_, random_)
                                           : manual_assignment(*tentative_, wanted);
  if (!placed)
    return refuse(std::move(placed).error());
  auto overrides = check_configs(wanted, hints_left_ > 0);
  if (!overrides) {
    count_hint(overrides.error());
    return refuse(std::move(overrides).error());
  }
  made.id = random_topic_id();
  made.partitions = static_cast<std::int32_t>(placed->size());
  made.replication_factor = static_cast<std::int16_t>(placed->front().size());
  made.configs =
      config_.defaults.describe(*overrides, made.replication_factor, tentative_->overrides_of(config_.self));
  std::vector<record> records{topic_record{wanted.name, made.id}};
  for (auto& [key, value] : *overrides)
    records.push_back(topic_config_record{made.id, key, value});
  for (std::size_t i = 0; i < placed->size(); ++i)
    records.push_back(new_partition(*tentative_, made.id, i, (*placed)[i]));
  draft(into, std::move(records));
  return made;
}

decision controller_core::on(const create_topics& what) {
  decision made;
  create_topics_reply answer;
  auto repeated = repeated_names(what.topics, [](auto& t) { return t.name; });
  auto before = tentative_;
  for (auto& wanted : what.topics)
    answer.topics.push_back(create_one(wanted, repeated.contains(wanted.name), made));
  if (what.validate_only) {
    tentative_ = before;
    made.records.clear();
    for (auto& t : answer.topics)
      t.id = {};
  }
  made.answer = std::move(answer);
  return made;
}

decision controller_core::on(const delete_topics& what) {
  decision made;
  delete_topics_reply answer;
  auto key = [this](const topic_reference& t) {
    auto* known = t.id.is_zero() ? tentative_->find_topic(t.name) : tentative_->find_topic(t.id);
    return known ? known->id.to_string() : "name " + t.name + t.id.to_string();
  };
  auto repeated = repeated_names(what.topics, key);
  std::vector<record> records;
  for (auto& wanted : what.topics) {
    auto by_id = !wanted.id.is_zero();
    auto* known = by_id ? tentative_->find_topic(wanted.id) : tentative_->find_topic(wanted.name);
    auto& item = answer.topics.emplace_back(deleted_topic{wanted.name, wanted.id, {}});
    if (by_id && !wanted.name.empty())
      item.what = {errc::invalid_request, "a topic is named either by its name or by its id"};
    else if (repeated.contains(key(wanted)))
      item.what = {errc::invalid_request, "the request names the topic more than once"};
    else if (!known)
      item.what = {by_id ? errc::unknown_topic_id : errc::unknown_topic_or_partition,
                   by_id ? wanted.id.to_string() : wanted.name.substr(0, limits::topic_name_max_bytes)};
    else {
      item.name = known->name;
      item.id = known->id;
      records.push_back(remove_topic_record{known->id});
    }
  }
  if (!records.empty())
    draft(made, std::move(records));
  made.answer = std::move(answer);
  return made;
}

error controller_core::extend_one(const more_partitions& wanted, decision& into) {
  auto* known = tentative_->find_topic(wanted.topic);
  if (!known)
    return {errc::unknown_topic_or_partition, wanted.topic.substr(0, limits::topic_name_max_bytes)};
  auto present = static_cast<std::int32_t>(known->partitions.size());
  if (wanted.total <= present)
    return {errc::invalid_partitions, "the topic has " + std::to_string(present) + " partitions already, and "
                                          + std::to_string(wanted.total) + " were asked for"};
  auto added = wanted.total - present;
  if (auto wrong = check_partition_count(*tentative_, added, wanted.total); wrong.code != errc::none)
    return wrong;
  auto factor = known->partitions.front().replicas.size();
  placed_replicas placed;
  if (!wanted.assignments) {
    auto chosen = place(*tentative_, added, static_cast<std::int32_t>(factor), random_);
    if (!chosen)
      return std::move(chosen).error();
    placed = std::move(*chosen);
  } else if (wanted.assignments->size() != static_cast<std::size_t>(added)) {
    return {errc::invalid_replica_assignment, std::to_string(added) + " partitions are to be added, and "
                                                  + std::to_string(wanted.assignments->size())
                                                  + " are assigned"};
  } else if (auto wrong = check_assignments(*tentative_, *wanted.assignments, factor);
             wrong.code != errc::none) {
    return wrong;
  } else {
    placed = *wanted.assignments;
  }
  std::vector<record> records;
  for (std::size_t i = 0; i < placed.size(); ++i)
    records.push_back(
        new_partition(*tentative_, known->id, static_cast<std::size_t>(present) + i, placed[i]));
  draft(into, std::move(records));
  return {};
}

decision controller_core::on(const create_partitions& what) {
  decision made;
  create_partitions_reply answer;
  auto repeated = repeated_names(what.topics, [](auto& t) { return t.topic; });
  auto before = tentative_;
  for (auto& wanted : what.topics)
    answer.topics.push_back(
        {wanted.topic, repeated.contains(wanted.topic)
                           ? error{errc::invalid_request, "the request names the topic more than once"}
                           : extend_one(wanted, made)});
  if (what.validate_only) {
    tentative_ = before;
    made.records.clear();
  }
  made.answer = std::move(answer);
  return made;
}

} // namespace troupe::metadata
