// What must hold, whatever happens:
//   - the leader is in sync; a new one was in sync or eligible before, unless an operator insisted
//   - epochs of leaders and partitions only grow, and an epoch has one leader
//   - every replica that is in sync or eligible, and has its disk, has every record that was ever
//     acknowledged: all of the in-sync set had it, and the set was as large as the minimum
//   - a partition never waits for a leader while a live broker could lead it
//   - only live brokers come into the in-sync set
//   - the image is what all records make, also by way of a snapshot
#include "tests/metadata/cluster_model.hpp"

#include <algorithm>

namespace troupe::metadata {

namespace {

template <class Log>
bool begins_with(const Log& log, const Log& start) {
  return log.size() >= start.size() && std::equal(start.begin(), start.end(), log.begin());
}

std::string said(const partition& p) {
  std::string text = "leader " + std::to_string(p.leader.value());
  for (auto& [name, list] : {std::pair{" replicas", &p.replicas},
                             {" isr", &p.isr},
                             {" elr", &p.elr},
                             {" last known", &p.last_known_elr},
                             {" adding", &p.adding},
                             {" removing", &p.removing}}) {
    text += name;
    for (auto node : *list)
      text += " " + std::to_string(node.value());
  }
  return text;
}

} // namespace

void cluster_model::check_commit(const metadata_image& before, const metadata_image& after,
                                 const undecided& why) {
  after.for_each_topic([&](const topic& t) {
    for (std::size_t i = 0; i < t.partitions.size(); ++i) {
      topic_partition tp{t.id, partition_id{static_cast<std::int32_t>(i)}};
      check_partition(after, t, tp, before.find_partition(tp), t.partitions[i], why);
    }
  });
}

void cluster_model::check_partition(const metadata_image& image, const topic& t, const topic_partition& tp,
                                    const partition* before, const partition& after, const undecided& why) {
  auto [known, is_new] = leaders_.try_emplace({tp, after.leader_epoch}, after.leader);
  if (known->second != after.leader)
    wrong("two leaders in an epoch", tp);
  if (after.leader != no_leader && !contains(after.isr, after.leader))
    wrong("a leader that is not in sync", tp);
  if (!before)
    return;
  if (after.leader_epoch < before->leader_epoch || after.partition_epoch < before->partition_epoch
      || (!(after == *before) && after.partition_epoch == before->partition_epoch))
    wrong("an epoch that does not grow", tp);
  auto& eligible = eligible_[tp];
  auto taken_over =
      is_new && after.leader != no_leader && !contains(before->isr, after.leader) && !why.is_by_leader;
  if (taken_over && !eligible.contains(after.leader)) {
    if (!why.is_unclean)
      return wrong(
          "a leader that was neither in sync nor eligible: " + said(*before) + " then " + said(after), tp);
    ++tally_.unclean;
    since_unclean_[tp] = after.leader_epoch;
    auto& log = nodes_[after.leader].logs[tp];
    acknowledged_[tp].resize(common(acknowledged_[tp], log));
    eligible.clear();
  } else {
    tally_.elections += is_new;
    tally_.from_eligible += taken_over;
    eligible.insert(before->isr.begin(), before->isr.end());
  }
  auto minimum = min_insync_of(defaults_.rules_of(t, image), after);
  for (auto n : after.isr)
    eligible.erase(n);
  std::erase_if(eligible,
                [&](node_id n) { return !contains(after.replicas, n) || contains(after.last_known_elr, n); });
  if (static_cast<std::int32_t>(after.isr.size()) >= minimum)
    eligible.clear();
  broker_standing standing{image};
  for (auto n : after.isr)
    if (!contains(before->isr, n) && !eligible.contains(n) && !standing.is_ready(n))
      wrong("a broker that does not serve comes into the set", tp);
  if (after.leader == no_leader) {
    ++tally_.leaderless;
    for (auto n : after.replicas)
      if (standing.is_ready(n) && (contains(after.isr, n) || eligible.contains(n)))
        wrong("waits for a leader, and " + std::to_string(n.value()) + " could lead: " + said(after), tp);
  }
  check_records(tp, after);
}

void cluster_model::check_records(const topic_partition& tp, const partition& p) {
  auto& known = acknowledged_[tp];
  for (auto id : joined(p.isr, p.elr))
    if (auto& n = nodes_[id]; !n.lost && !begins_with(n.logs[tp], known))
      wrong("broker " + std::to_string(id.value()) + " lacks acknowledged records", tp);
}

} // namespace troupe::metadata
