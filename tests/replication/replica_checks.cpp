// What must hold in every run of a cluster, and how it is healed at the end.
#include "tests/replication/replica_cluster.hpp"

#include <algorithm>

namespace troupe::replication {

namespace {

std::string name_of(const replica_node& n) { return "node " + std::to_string(n.id.value()); }
std::string at_offset(offset at) { return " at offset " + std::to_string(at.value()); }

} // namespace

/// A node's log is the committed one, as far as it knows that it is committed.
void replica_cluster::check_prefix(const replica_node& n) {
  auto known = n.leader ? n.leader->high_watermark() : n.high_watermark;
  auto end = std::min({known, n.log.end(), offset{static_cast<std::int64_t>(committed_.size())}});
  for (auto o = std::max(n.log.start, log_start_); o < end; ++o)
    if (!(n.log.at(o) == committed_[static_cast<std::size_t>(o.value())])) {
      complain(name_of(n) + " has another record below the high watermark" + at_offset(o));
      return;
    }
}

void replica_cluster::check_high_watermark(replica_node& n, offset high_watermark) {
  auto& shown = shown_[n.epoch];
  auto known = offset{static_cast<std::int64_t>(committed_.size())};
  for (auto o = known; o < high_watermark; ++o)
    committed_.push_back(o < n.log.start ? model_record{} : n.log.at(o));
  for (auto o = std::max({shown, n.log.start, log_start_}); o < std::min(known, high_watermark); ++o)
    if (!(n.log.at(o) == committed_[static_cast<std::size_t>(o.value())]))
      complain(name_of(n) + " commits another record" + at_offset(o));
  shown = std::max(shown, high_watermark);
  auto later = settled_.upper_bound(n.epoch);
  if (later != settled_.end() && high_watermark > later->second)
    complain(name_of(n) + " commits what a later leader did not begin with" + at_offset(high_watermark));
}

/// What readers are told never goes back, from leader to leader.
void replica_cluster::check_readers(replica_node& n) {
  if (!n.leader->settled())
    return;
  auto told = n.leader->high_watermark();
  for (auto& [epoch, shown] : shown_)
    if (epoch <= n.epoch && told < shown)
      complain(name_of(n) + " tells readers of a high watermark that was higher before" + at_offset(told));
  settled_.try_emplace(n.epoch, told);
}

void replica_cluster::check_acknowledged(replica_node& n, offset end, std::uint64_t value) {
  ++seen.acknowledged;
  auto at_disk = 0;
  auto holds = [&](const model_log& log) {
    return end <= log.durable_end && (end <= log.start || log.at(end - 1).value == value);
  };
  for (auto& other : nodes_) // a disk that was lost since was one of them
    at_disk += holds(other.log) || std::any_of(other.wiped.begin(), other.wiped.end(), holds) ? 1 : 0;
  if (at_disk < controller.minimum())
    complain(name_of(n) + " acknowledges what is on too few disks" + at_offset(end - 1));
  acknowledged_[end - 1] = {value, n.epoch};
}

/// Whoever leads has all that was acknowledged and readable before; a later leader may have more.
void replica_cluster::check_leader(const replica_node& n) {
  for (auto i = acknowledged_.lower_bound(std::max(n.log.start, log_start_)); i != acknowledged_.end(); ++i)
    if (i->second.epoch <= n.epoch && (i->first >= n.log.end() || n.log.at(i->first).value != i->second.value)) {
      complain(name_of(n) + " leads and lost what was acknowledged" + at_offset(i->first));
      return;
    }
  for (auto& [epoch, shown] : shown_)
    if (epoch < n.epoch && shown > n.log.end())
      complain(name_of(n) + " leads and has less than was readable" + at_offset(n.log.end()));
}

void replica_cluster::heal() {
  mend_all();
  for (int id = 1; id <= size(); ++id)
    if (!at(id).running)
      restart(id);
  for (int id = 1; id <= size(); ++id)
    controller.unfence(node_id{id});
  for (int round = 0; round < 120; ++round) {
    for (int id = 1; id <= size(); ++id) {
      while (at(id).image < controller.version())
        learn(id);
      persist(id, at(id).log.end());
    }
    if (round == 60)
      for (int id = 1; id <= size(); ++id)
        produce(id, required_acks::all);
    for (auto left = network.size(); left > 0; --left)
      deliver(0);
    for (auto left = proposals.size(); left > 0; --left) {
      answer_proposal(0);
      proposals.erase(proposals.begin());
    }
    while (!answers.empty())
      deliver_answer(0);
    pass_time(50);
  }
  auto& state = controller.now();
  if (state.leader.value() < 0 || !at(state.leader.value()).leader)
    return complain("liveness: nobody leads");
  auto& leader = at(state.leader.value());
  check_leader(leader);
  if (state.in_sync.isr.size() != nodes_.size())
    complain("liveness: only " + std::to_string(state.in_sync.isr.size()) + " are in sync");
  if (!leader.waiting.empty() || !leader.leader->settled() || leader.leader->high_watermark() != leader.log.end())
    complain("liveness: the high watermark stands still");
  for (auto& n : nodes_)
    if (n.log.end() != leader.log.end() || n.high_watermark.value() < 0)
      complain("liveness: " + name_of(n) + " stays behind");
    else
      for (auto o = std::max(n.log.start, leader.log.start); o < n.log.end(); ++o)
        if (!(n.log.at(o) == leader.log.at(o)))
          complain(name_of(n) + " has another log than the leader" + at_offset(o));
}

} // namespace troupe::replication
