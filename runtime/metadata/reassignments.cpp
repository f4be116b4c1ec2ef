// Reassignment of replicas (KIP-455): the new replicas join, and when all that are to stay are in sync, the
// old ones leave.
#include "runtime/metadata/controller_core.hpp"
#include "runtime/metadata/node_list.hpp"
#include "runtime/metadata/partition_queries.hpp"

#include <algorithm>
#include <set>

namespace troupe::metadata {

error controller_core::check_target(const std::vector<node_id>& target, const partition& known,
                                    bool may_change_factor) const {
  if (target.empty())
    return {errc::invalid_replica_assignment, "a partition needs at least one replica"};
  std::set<node_id> named;
  for (auto node : target) {
    auto name = "broker " + std::to_string(node.value());
    if (!tentative_->find_broker(node))
      return {errc::invalid_replica_assignment, "there is no " + name};
    if (!named.insert(node).second)
      return {errc::invalid_replica_assignment, name + " is named twice"};
  }
  if (!may_change_factor && static_cast<std::int32_t>(target.size()) != known.replication_factor())
    return {errc::invalid_replication_factor,
            "the partition has " + std::to_string(known.replication_factor()) + " replicas, and "
                + std::to_string(target.size()) + " are named; the request wants the number to stay"};
  return {};
}

error controller_core::reassign_one(const alter_reassignments::item& wanted, bool may_change_factor,
                                    change_round& round) {
  if (auto* t = tentative_->find_topic(wanted.partition.topic))
    make_room(round, {t->id, wanted.partition.partition});
  auto* t = tentative_->find_topic(wanted.partition.topic);
  auto* before = t ? t->find_partition(wanted.partition.partition) : nullptr;
  if (!before)
    return {errc::unknown_topic_or_partition, {}};
  if (wanted.replicas)
    if (auto wrong = check_target(*wanted.replicas, *before, may_change_factor); wrong.code != errc::none)
      return wrong;
  auto rules = rules_of(*t);
  partition_change change{*before, rules, round.standing};
  auto begun = wanted.replicas ? change.reassign(*wanted.replicas) : change.cancel_reassignment();
  if (!begun)
    return std::move(begun).error();
  if (auto after = std::move(change).finish())
    round.changes.push_back(
        to_record(t->id, static_cast<std::size_t>(wanted.partition.partition.value()), std::move(*after)));
  return {};
}

decision controller_core::on(const alter_reassignments& what) {
  decision made;
  alter_reassignments_reply answer;
  change_round round{made, broker_standing{*tentative_}};
  for (auto& wanted : what.partitions)
    answer.partitions.push_back({wanted.partition, reassign_one(wanted, what.may_change_factor, round)});
  finish(round);
  made.answer = std::move(answer);
  return made;
}

std::vector<reassignment> ongoing_reassignments(const metadata_image& image,
                                                const std::optional<std::vector<named_partition>>& of) {
  std::vector<reassignment> ongoing;
  auto add = [&ongoing](const topic& t, partition_id number) {
    auto* p = t.find_partition(number);
    if (p && p->is_reassigned())
      ongoing.push_back({{t.name, number}, p->replicas, p->adding, p->removing});
  };
  if (of) {
    auto sorted = *of;
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    for (auto& wanted : sorted)
      if (auto* t = image.find_topic(wanted.topic))
        add(*t, wanted.partition);
    return ongoing;
  }
  image.for_each_topic([&](const topic& t) {
    for (std::size_t i = 0; i < t.partitions.size(); ++i)
      add(t, partition_id{static_cast<std::int32_t>(i)});
  });
  return ongoing;
}

} // namespace troupe::metadata
