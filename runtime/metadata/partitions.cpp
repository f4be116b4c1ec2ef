// The commands that concern the states of partitions: in-sync sets (KIP-841, KIP-903), elections (KIP-460)
// and what follows from changed options.
#include "runtime/metadata/controller_core.hpp"
#include "runtime/metadata/node_list.hpp"
#include "runtime/metadata/partition_queries.hpp"

#include <algorithm>
#include <utility>

namespace troupe::metadata {

namespace {

std::vector<node_id> nodes_of(const std::vector<in_sync_member>& members) {
  std::vector<node_id> nodes;
  for (auto& m : members)
    nodes.push_back(m.node);
  return nodes;
}

std::string epoch_difference(std::int32_t asked, std::int32_t present) {
  return std::to_string(asked) + " was sent, and it is " + std::to_string(present);
}

} // namespace

error controller_core::check_in_sync_set(const alter_partition::item& wanted, const partition& known) const {
  auto isr = nodes_of(wanted.isr);
  if (!contains(isr, known.leader))
    return {errc::invalid_request, "the leader is always in sync"};
  for (auto& member : wanted.isr) {
    auto name = "broker " + std::to_string(member.node.value());
    if (!contains(known.replicas, member.node))
      return {errc::invalid_request, name + " is no replica"};
    if (std::count(isr.begin(), isr.end(), member.node) > 1)
      return {errc::invalid_request, name + " is named twice"};
    auto* b = tentative_->find_broker(member.node);
    auto is_new = !contains(known.isr, member.node);
    if (is_new && (!b || b->fenced || b->shutting_down))
      return {errc::ineligible_replica, name + (b && !b->fenced ? " is shutting down" : " is fenced")};
    if (b && member.epoch.value() != -1 && member.epoch != b->epoch)
      return {errc::ineligible_replica, name + " has registered anew since it fetched"};
  }
  return {};
}

error controller_core::check_alteration(const alter_partition::item& wanted, const partition& known,
                                        node_id leader) const {
  if (wanted.leader_epoch != known.leader_epoch)
    return {wanted.leader_epoch < known.leader_epoch ? errc::fenced_leader_epoch : errc::unknown_leader_epoch,
            epoch_difference(wanted.leader_epoch.value(), known.leader_epoch.value())};
  if (leader != known.leader)
    return {errc::not_leader, "broker " + std::to_string(known.leader.value()) + " is"};
  if (wanted.partition_epoch != known.partition_epoch)
    return {errc::stale_partition_epoch,
            epoch_difference(wanted.partition_epoch.value(), known.partition_epoch.value())};
  return check_in_sync_set(wanted, known);
}

alter_partition_reply::item controller_core::alter_one(const alter_partition::item& wanted, node_id leader,
                                                       change_round& round) {
  alter_partition_reply::item answer;
  answer.topic = wanted.topic;
  answer.partition = wanted.partition;
  make_room(round, {wanted.topic, wanted.partition});
  auto* t = tentative_->find_topic(wanted.topic);
  auto* known = t ? t->find_partition(wanted.partition) : nullptr;
  if (!known) {
    answer.what = {t ? errc::unknown_topic_or_partition : errc::unknown_topic_id,
                   topic_partition{wanted.topic, wanted.partition}.to_string()};
    return answer;
  }
  answer.what = check_alteration(wanted, *known, leader);
  if (answer.what.code != errc::none)
    return answer;
  auto rules = rules_of(*t);
  auto holds = *known;
  partition_change change{*known, rules, round.standing};
  change.set_isr(nodes_of(wanted.isr));
  if (auto after = std::move(change).finish()) {
    holds = *after;
    round.changes.push_back(
        to_record(wanted.topic, static_cast<std::size_t>(wanted.partition.value()), std::move(*after)));
  }
  answer.isr = holds.isr;
  answer.elr = holds.elr;
  answer.leader = holds.leader;
  answer.leader_epoch = holds.leader_epoch;
  answer.partition_epoch = holds.partition_epoch;
  answer.min_insync_replicas = min_insync_of(rules, holds);
  return answer;
}

decision controller_core::on(const alter_partition& what) {
  decision made;
  alter_partition_reply answer;
  answer.what = check_broker(what.leader, what.epoch);
  change_round round{made, broker_standing{*tentative_}};
  if (answer.what.code == errc::none)
    for (auto& wanted : what.partitions)
      answer.partitions.push_back(alter_one(wanted, what.leader, round));
  finish(round);
  made.answer = std::move(answer);
  return made;
}

void controller_core::finish(change_round& round) {
  if (!round.changes.empty())
    draft(round.into, std::exchange(round.changes, {}));
  round.changed.clear();
}

/// A second change of the same partition needs to see the first one.
void controller_core::make_room(change_round& round, const topic_partition& tp) {
  if (round.changed.contains(tp))
    finish(round);
  round.changed.insert(tp);
}

error controller_core::elect_one(const topic& t, std::size_t number, election_kind kind,
                                 change_round& round) {
  auto& before = t.partitions[number];
  auto is_preferred = kind == election_kind::preferred;
  if (is_preferred ? before.leader == before.replicas.front() : before.leader != no_leader)
    return {errc::election_not_needed, {}};
  auto rules = rules_of(t);
  partition_change change{before, rules, round.standing};
  if (is_preferred)
    change.elect_preferred();
  else
    change.allow_unclean();
  auto after = std::move(change).finish();
  auto is_elected =
      after && (is_preferred ? after->leader == after->replicas.front() : after->leader != no_leader);
  if (!is_elected)
    return {is_preferred ? errc::preferred_leader_not_available : errc::eligible_leaders_not_available, {}};
  round.changes.push_back(to_record(t.id, number, std::move(*after)));
  return {};
}

/// Those that have what was asked for already are not named (KIP-460).
elect_leaders_reply controller_core::elect_all(election_kind kind, change_round& round) {
  elect_leaders_reply answer;
  tentative_->for_each_topic([&](const topic& t) {
    for (std::size_t i = 0; i < t.partitions.size(); ++i) {
      auto what = elect_one(t, i, kind, round);
      if (what.code != errc::election_not_needed)
        answer.partitions.push_back({{t.name, partition_id{static_cast<std::int32_t>(i)}}, std::move(what)});
    }
  });
  return answer;
}

decision controller_core::on(const elect_leaders& what) {
  decision made;
  elect_leaders_reply answer;
  change_round round{made, broker_standing{*tentative_}};
  if (what.kind != election_kind::preferred && what.kind != election_kind::unclean) {
    answer.what = {errc::invalid_request, "there is no election of type "
                                              + std::to_string(static_cast<int>(what.kind))
                                              + ": 0 is preferred, 1 is unclean"};
  } else if (!what.partitions) {
    answer = elect_all(what.kind, round);
  } else {
    for (auto& wanted : *what.partitions) {
      if (auto* t = tentative_->find_topic(wanted.topic))
        make_room(round, {t->id, wanted.partition});
      auto* t = tentative_->find_topic(wanted.topic);
      auto known = t && t->find_partition(wanted.partition);
      answer.partitions.push_back(
          {wanted, known ? elect_one(*t, static_cast<std::size_t>(wanted.partition.value()), what.kind, round)
                         : error{errc::unknown_topic_or_partition, {}}});
    }
  }
  finish(round);
  made.answer = std::move(answer);
  return made;
}

/// A smaller min.insync.replicas lets the high watermark go on without the eligible replicas; and where
/// unclean elections are allowed now, nobody need wait any longer.
void controller_core::settle_after_options(decision& into) {
  auto changes = change_partitions(
      *tentative_, broker_standing{*tentative_}, [this](const topic& t) { return rules_of(t); },
      [](const partition& p) { return p.leader == no_leader || !p.elr.empty() || !p.last_known_elr.empty(); },
      [](partition_change&) {});
  if (!changes.empty())
    draft(into, std::move(changes));
}

std::vector<named_partition> preferred_leaders_due(const metadata_image& image,
                                                   const std::function<bool(node_id)>& may_lead) {
  broker_standing standing{image};
  std::vector<named_partition> due;
  image.for_each_topic([&](const topic& t) {
    for (std::size_t i = 0; i < t.partitions.size(); ++i) {
      auto& p = t.partitions[i];
      auto preferred = p.replicas.front();
      if (p.leader != preferred && contains(p.isr, preferred) && standing.is_ready(preferred)
          && may_lead(preferred))
        due.push_back({t.name, partition_id{static_cast<std::int32_t>(i)}});
    }
  });
  return due;
}

} // namespace troupe::metadata
