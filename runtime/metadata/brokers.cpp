// The commands that concern brokers, and what they mean for partitions.
//
// A broker is fenced: it leaves every in-sync set that has another member, and leads nothing; where it was
// the last one in sync it stays in the set, because nobody else may have all records, and the partition waits
// for it without a leader. It is unfenced: such partitions get it back as leader. Every change of leader,
// even to the same one, is a new leader epoch.
#include "runtime/metadata/controller_core.hpp"

#include <algorithm>
#include <set>

namespace troupe::metadata {

namespace {

constexpr std::size_t endpoints_max = 16;
constexpr std::size_t host_max_bytes = 255;

template <class T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

void leave_partition(const metadata_image& image, partition& p, node_id node) {
  if (p.isr.size() > 1)
    std::erase(p.isr, node);
  if (p.leader != node)
    return;
  auto next = std::find_if(p.replicas.begin(), p.replicas.end(), [&](node_id candidate) {
    auto* b = image.find_broker(candidate);
    return candidate != node && b && !b->fenced && contains(p.isr, candidate);
  });
  p.leader = next == p.replicas.end() ? no_leader : *next;
}

void join_partition(partition& p, node_id node) {
  if (p.leader == no_leader && contains(p.isr, node))
    p.leader = node;
}

/// The changes when `node` stops to serve, starts, or does first the one and then the other.
std::vector<record> partition_changes(const metadata_image& image, node_id node, bool leaves, bool joins) {
  std::vector<record> changes;
  image.for_each_topic([&](const topic& t) {
    for (std::size_t i = 0; i < t.partitions.size(); ++i) {
      auto& before = t.partitions[i];
      auto after = before;
      if (leaves)
        leave_partition(image, after, node);
      auto led_before = leaves && before.leader == node;
      if (joins)
        join_partition(after, node);
      if (after == before && !led_before)
        continue;
      if (after.leader != before.leader || led_before)
        ++after.leader_epoch;
      ++after.partition_epoch;
      changes.push_back(partition_change_record{t.id, partition_id{static_cast<std::int32_t>(i)},
                                                after.replicas, after.isr, after.leader, after.leader_epoch,
                                                after.partition_epoch});
    }
  });
  return changes;
}

error check_registration(const register_broker& what) {
  if (what.node.value() < 0)
    return {errc::invalid_request, "a node id must not be negative"};
  if (what.endpoints.empty() || what.endpoints.size() > endpoints_max)
    return {errc::invalid_request,
            "a broker needs from 1 to " + std::to_string(endpoints_max) + " endpoints"};
  std::set<std::string> listeners;
  for (auto& e : what.endpoints) {
    if (e.listener.empty() || e.host.empty() || e.listener.size() > host_max_bytes
        || e.host.size() > host_max_bytes)
      return {errc::invalid_request, "the names of listeners and hosts have from 1 to 255 bytes"};
    if (!listeners.insert(e.listener).second)
      return {errc::invalid_request, "two endpoints for the listener " + e.listener};
  }
  if (what.rack && what.rack->size() > host_max_bytes)
    return {errc::invalid_request, "the name of a rack has at most 255 bytes"};
  return {};
}

} // namespace

decision controller_core::on(const register_broker& what) {
  decision made;
  if (auto wrong = check_registration(what); wrong.code != errc::none) {
    made.answer = register_broker_reply{std::move(wrong), {}};
    return made;
  }
  auto* known = tentative_->find_broker(what.node);
  if (known && known->incarnation == what.incarnation && known->endpoints == what.endpoints
      && known->rack == what.rack && known->fenced == what.fenced) {
    made.answer = register_broker_reply{{}, known->epoch};
    return made;
  }
  broker_epoch epoch{0}; // brokers are never forgotten: the largest one grows
  tentative_->for_each_broker([&](const broker& b) { epoch = std::max(epoch, b.epoch); });
  ++epoch;
  std::vector<record> records{
      register_broker_record{what.node, what.incarnation, epoch, what.endpoints, what.rack, what.fenced}};
  auto changes = partition_changes(*tentative_, what.node, known != nullptr, !what.fenced);
  records.insert(records.end(), std::make_move_iterator(changes.begin()),
                 std::make_move_iterator(changes.end()));
  draft(made, std::move(records));
  made.answer = register_broker_reply{{}, epoch};
  return made;
}

decision controller_core::change_fencing(node_id node, broker_epoch epoch, bool fenced) {
  decision made;
  auto* known = tentative_->find_broker(node);
  if (!known || known->epoch != epoch) {
    made.answer =
        fencing_reply{{errc::invalid_request, known ? "the broker has registered anew" : "no such broker"}};
    return made;
  }
  made.answer = fencing_reply{};
  if (known->fenced == fenced)
    return made;
  std::vector<record> records;
  if (fenced)
    records.push_back(fence_broker_record{node, epoch});
  else
    records.push_back(unfence_broker_record{node, epoch});
  auto changes = partition_changes(*tentative_, node, fenced, !fenced);
  records.insert(records.end(), std::make_move_iterator(changes.begin()),
                 std::make_move_iterator(changes.end()));
  draft(made, std::move(records));
  return made;
}

decision controller_core::on(const fence_broker& what) { return change_fencing(what.node, what.epoch, true); }

decision controller_core::on(const unfence_broker& what) {
  return change_fencing(what.node, what.epoch, false);
}

} // namespace troupe::metadata
