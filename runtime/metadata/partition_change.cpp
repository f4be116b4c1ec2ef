#include "runtime/metadata/partition_change.hpp"

#include "runtime/metadata/node_list.hpp"

#include <algorithm>

namespace troupe::metadata {

std::int32_t min_insync_of(const replica_rules& rules, const partition& p) {
  auto factor = p.replication_factor();
  return rules.min_insync_replicas == 0 ? factor / 2 + 1 : std::min(rules.min_insync_replicas, factor);
}

broker_standing::broker_standing(const metadata_image& image) {
  image.for_each_broker([this](const broker& b) {
    brokers_.push_back({b.node, !b.fenced, !b.fenced && !b.shutting_down});
  });
}

const broker_standing::state* broker_standing::find(node_id node) const {
  auto found = std::lower_bound(brokers_.begin(), brokers_.end(), node,
                                [](const state& s, node_id wanted) { return s.node < wanted; });
  return found != brokers_.end() && found->node == node ? &*found : nullptr;
}

void broker_standing::change(node_id node, bool serves, bool is_ready) {
  auto found = std::lower_bound(brokers_.begin(), brokers_.end(), node,
                                [](const state& s, node_id wanted) { return s.node < wanted; });
  if (found == brokers_.end() || found->node != node)
    found = brokers_.insert(found, {node, false, false});
  found->serves = serves;
  found->is_ready = is_ready;
}

bool broker_standing::serves(node_id node) const {
  auto* known = find(node);
  return known && known->serves;
}

bool broker_standing::is_ready(node_id node) const {
  auto* known = find(node);
  return known && known->is_ready;
}

void partition_change::leave(node_id node, bool lost) {
  std::erase(after_.isr, node);
  if (lost)
    lost_ = node;
}

void partition_change::hand_over(node_id from) {
  if (after_.leader != from)
    return;
  for (auto candidate : after_.replicas)
    if (candidate != from && contains(after_.isr, candidate) && brokers_.is_ready(candidate)) {
      after_.leader = candidate;
      return;
    }
}

void partition_change::elect_preferred() {
  auto preferred = after_.replicas.front();
  if (contains(after_.isr, preferred) && brokers_.is_ready(preferred))
    after_.leader = preferred;
}

result<void> partition_change::drop(const std::vector<node_id>& nodes) {
  auto isr = without(after_.isr, nodes);
  if (isr.empty() && without(after_.elr, nodes).empty())
    return fail(errc::invalid_replica_assignment, "the replicas that were being added are the only ones with "
                                                  "all records: wait until others are in sync");
  after_.isr = std::move(isr);
  after_.replicas = without(after_.replicas, nodes);
  return {};
}

result<void> partition_change::reassign(const std::vector<node_id>& target) {
  auto original = without(before_.replicas, before_.adding);
  if (auto dropped = drop(without(before_.adding, target)); !dropped)
    return dropped;
  after_.adding = without(target, original);
  after_.removing = without(original, target);
  after_.replicas = target;
  after_.replicas.insert(after_.replicas.end(), after_.removing.begin(), after_.removing.end());
  return {};
}

result<void> partition_change::cancel_reassignment() {
  if (!before_.is_reassigned())
    return fail(errc::no_reassignment);
  if (auto dropped = drop(before_.adding); !dropped)
    return dropped;
  after_.adding.clear();
  after_.removing.clear();
  return {};
}

void partition_change::complete_reassignment() {
  if (!after_.is_reassigned())
    return;
  auto target = without(after_.replicas, after_.removing);
  if (!without(target, after_.isr).empty())
    return;
  after_.isr = without(after_.isr, after_.removing);
  after_.replicas = std::move(target);
  after_.adding.clear();
  after_.removing.clear();
}

/// In sync or eligible before, and still a replica with its records.
bool partition_change::holds_everything(node_id node) const {
  return node != lost_ && contains(after_.replicas, node)
         && (contains(before_.isr, node) || contains(before_.elr, node));
}

void partition_change::lead_alone(node_id node) {
  after_.leader = node;
  after_.isr = {node};
}

void partition_change::choose_leader() {
  auto in_sync = [this](node_id node) { return contains(after_.isr, node); };
  if (in_sync(after_.leader) && brokers_.serves(after_.leader))
    return;
  for (auto node : after_.replicas)
    if (in_sync(node) && brokers_.is_ready(node)) {
      after_.leader = node;
      return;
    }
  for (auto node : after_.replicas)
    if (holds_everything(node) && brokers_.is_ready(node))
      return lead_alone(node);
  if (unclean_ || rules_.unclean_election)
    for (auto& candidates : {after_.last_known_elr, after_.replicas})
      for (auto node : candidates)
        if (contains(after_.replicas, node) && brokers_.is_ready(node)) {
          elected_unclean_ = true;
          return lead_alone(node);
        }
  after_.leader = no_leader;
}

void partition_change::keep_last() {
  if (after_.isr.empty())
    for (auto node : before_.isr)
      if (holds_everything(node))
        after_.isr.push_back(node);
}

void partition_change::settle_eligible() {
  std::vector<node_id> elr, last_known;
  if (static_cast<std::int32_t>(after_.isr.size()) < min_insync_of(rules_, after_) && !elected_unclean_)
    for (auto* from : {&before_.elr, &before_.isr, &before_.last_known_elr})
      for (auto node : *from) {
        if (contains(after_.isr, node) || !contains(after_.replicas, node))
          continue;
        auto& to = holds_everything(node) ? elr : last_known;
        if (!contains(to, node))
          to.push_back(node);
      }
  after_.elr = std::move(elr);
  after_.last_known_elr = std::move(last_known);
}

std::optional<partition> partition_change::finish() && {
  complete_reassignment();
  choose_leader();
  keep_last();
  settle_eligible();
  auto is_removed = !without(before_.replicas, after_.replicas).empty();
  if (after_ == before_ && !new_epoch_ && !new_state_)
    return std::nullopt;
  if (after_.leader != before_.leader || new_epoch_ || is_removed)
    ++after_.leader_epoch;
  ++after_.partition_epoch;
  return std::move(after_);
}

record to_record(const topic_id& topic, std::size_t number, partition after) {
  return partition_change_record{topic,
                                 partition_id{static_cast<std::int32_t>(number)},
                                 std::move(after.replicas),
                                 std::move(after.isr),
                                 after.leader,
                                 after.leader_epoch,
                                 after.partition_epoch,
                                 std::move(after.elr),
                                 std::move(after.last_known_elr),
                                 std::move(after.adding),
                                 std::move(after.removing)};
}

} // namespace troupe::metadata
