// What the processes, the operator and the messages between them do.
#include "tests/metadata/cluster_model.hpp"

#include "runtime/base/check.hpp"
#include "runtime/metadata/node_list.hpp"
#include "runtime/metadata/partition_queries.hpp"

#include <algorithm>

namespace troupe::metadata {

namespace {

constexpr int model_brokers = 4;

std::vector<node_id> nodes_of(const std::vector<in_sync_member>& members) {
  std::vector<node_id> list;
  for (auto& member : members)
    list.push_back(member.node);
  return list;
}

} // namespace

cluster_model::cluster_model(std::uint64_t seed) : random_(seed) {
  options_.seed = seed;
  core_.emplace(options_);
  for (int n = 1; n <= model_brokers; ++n) {
    nodes_[node_id{n}].up = true;
    nodes_[node_id{n}].incarnation = broker_incarnation{next_incarnation_++};
  }
  for (auto& [id, n] : nodes_)
    decide(register_broker{id, n.incarnation, {{"kafka", "h", 1}}, {}, false, {}, true},
           [&n = n](const reply& r, auto) { n.epoch = std::get<register_broker_reply>(r).epoch; });
  create_topics topics;
  for (auto [name, factor] : {std::pair{"three", 3}, {"two", 2}, {"one", 1}}) {
    auto& t = topics.topics.emplace_back();
    t.name = name;
    t.partitions = 2;
    t.replication_factor = static_cast<std::int16_t>(factor);
  }
  decide(topics, [](auto&, auto) {});
  while (!uncommitted_.empty())
    commit();
}

std::optional<std::string> cluster_model::run(int steps) {
  for (int i = 0; i < steps && !problem_; ++i)
    step();
  return problem_;
}

void cluster_model::wrong(std::string what, const topic_partition& tp) {
  if (problem_)
    return;
  auto* t = core_->image()->find_topic(tp.topic);
  problem_ = (t ? t->name : "gone") + "-" + std::to_string(tp.partition.value()) + " at "
             + std::to_string(version_.value()) + ": " + std::move(what);
}

void cluster_model::step() {
  now_ms_ += 10;
  for (auto& what : core_->due(now_ms_))
    decide(what, [](auto&, auto) {});
  auto id = any_node();
  auto& n = nodes_[id];
  switch (random_.below(12)) {
  case 0:
    if (random_.one_in(4))
      happen_to_process(id, n);
    else if (random_.one_in(6))
      happen_to_admin();
    break;
  case 1:
  case 2:
    deliver();
    break;
  case 3:
  case 4:
    commit();
    break;
  case 5:
  case 6:
    heartbeat(id, n);
    break;
  case 7:
    if (n.up)
      refresh(id, n);
    break;
  default:
    if (!serves(id, n))
      break;
    append(n);
    for (int i = 0; i < 4; ++i)
      fetch(id, n);
    change_in_sync(id, n);
  }
}

void cluster_model::happen_to_process(node_id id, node& n) {
  if (!n.up) {
    if (random_.one_in(2)) {
      n.up = true;
      n.incarnation = broker_incarnation{next_incarnation_++};
    } else if (auto* b = core_->image()->find_broker(id)) {
      decide(fence_broker{id, b->epoch}, [](auto&, auto) {}); // somebody saw it die
    }
    return;
  }
  if (random_.one_in(4)) {
    crash(n);
    if (random_.one_in(3)) {
      ++tally_.lost_disks;
      n.lost = true;
      for (auto& [tp, log] : n.logs)
        log.resize(random_.below(log.size() + 1));
    }
  } else if (random_.one_in(6)) {
    n.stopping = true;
  } else if (auto* b = core_->image()->find_broker(id); b && random_.one_in(4)) {
    decide(fence_broker{id, b->epoch}, [](auto&, auto) {}); // it was only slow
  }
}

void cluster_model::crash(node& n) {
  n.up = false;
  n.stopping = false;
  n.epoch.reset();
  n.leads.clear();
}

named_partition cluster_model::some_partition() {
  constexpr std::string_view names[] = {"three", "two", "one"};
  return {std::string{names[random_.below(3)]}, number(2)};
}

std::vector<node_id> cluster_model::some_nodes() {
  std::vector<node_id> list;
  for (auto left = 1 + random_.below(3); left > 0; --left)
    if (auto n = any_node(); !contains(list, n))
      list.push_back(n);
  return list;
}

void cluster_model::happen_to_admin() {
  auto nothing = [](auto&, auto) {};
  switch (random_.below(6)) {
  case 0:
    decide(elect_leaders{election_kind::preferred, preferred_leaders_due(*core_->image())}, nothing);
    break;
  case 1:
    decide(elect_leaders{election_kind::unclean, {{some_partition()}}}, nothing);
    break;
  case 2:
  case 3: {
    alter_reassignments::item item{some_partition(), {}};
    if (!random_.one_in(4))
      item.replicas = some_nodes();
    decide(alter_reassignments{{item}}, nothing);
    ++tally_.reassigned;
    break;
  }
  case 4: {
    config_change change{"min.insync.replicas", config_operation::set, std::to_string(1 + random_.below(3))};
    if (random_.one_in(2))
      change = {"min.insync.replicas", config_operation::remove, {}};
    decide(alter_configs{{{resource_kind::topic, some_partition().topic, {change}}}}, nothing);
    break;
  }
  default:
    if (random_.one_in(5))
      replace_controller();
  }
}

/// The quorum has another leader: what was not committed never was, or is after all.
void cluster_model::replace_controller() {
  while (!uncommitted_.empty() && random_.one_in(2))
    commit();
  uncommitted_.clear();
  core_.emplace(options_);
  core_->restore(decode_snapshot(encode_snapshot(*replayed_).view()).value());
  if (!(*core_->image() == *replayed_))
    problem_ = "a snapshot makes another image";
  core_->lead(now_ms_);
  ++tally_.new_controllers;
}

void cluster_model::send(command what, std::function<void(const reply&, metadata_version)> then) {
  under_way_.push_back([this, what = std::move(what), then = std::move(then)] { decide(what, then); });
}

void cluster_model::deliver() {
  if (under_way_.empty())
    return;
  auto at = under_way_.begin() + static_cast<std::ptrdiff_t>(random_.below(under_way_.size()));
  auto arrive = std::move(*at);
  under_way_.erase(at);
  if (!random_.one_in(10))
    arrive();
}

void cluster_model::decide(command what, const std::function<void(const reply&, metadata_version)>& then) {
  auto* election = std::get_if<elect_leaders>(&what);
  auto is_unclean = election && election->kind == election_kind::unclean;
  auto made = core_->decide(what, now_ms_);
  auto answer = [then, answer = std::move(made.answer)](metadata_version version) { then(answer, version); };
  if (made.records.empty() && uncommitted_.empty())
    answer(version_);
  else
    uncommitted_.push_back({std::move(made.records), is_unclean,
                            std::holds_alternative<alter_partition>(what), std::move(answer)});
}

void cluster_model::commit() {
  if (uncommitted_.empty())
    return;
  auto next = std::move(uncommitted_.front());
  uncommitted_.pop_front();
  if (!next.records.empty()) {
    ++version_;
    auto before = replayed_;
    auto stored = decode(encode(next.records).view()).value();
    replayed_ = apply(replayed_, stored, version_).value().image;
    if (!core_->replay(stored, version_) || !(*core_->image() == *replayed_))
      problem_ = "the controller's image is not that of the records";
    check_commit(*before, *replayed_, next);
  }
  if (!random_.one_in(10))
    next.done(version_);
}

void cluster_model::register_node(node_id id, node& n) {
  register_broker r{id, n.incarnation, {{"kafka", "h", 1}}, {}, true, {}, !n.lost};
  send(r, [this, id, incarnation = n.incarnation](const reply& answer, auto) {
    auto& now = nodes_[id];
    if (auto& registered = std::get<register_broker_reply>(answer);
        now.up && now.incarnation == incarnation && registered.what.code == errc::none) {
      now.epoch = registered.epoch;
      now.lost = false;
    }
  });
}

void cluster_model::heartbeat(node_id id, node& n) {
  if (!n.up)
    return;
  if (!n.epoch)
    return register_node(id, n);
  broker_heartbeat hb{id, *n.epoch, n.view->version(), false, n.stopping};
  send(hb, [this, id, incarnation = n.incarnation](const reply& answer, auto) {
    auto& now = nodes_[id];
    auto& told = std::get<broker_heartbeat_reply>(answer);
    if (!now.up || now.incarnation != incarnation)
      return;
    if (told.what.code != errc::none) {
      now.epoch.reset();
      now.leads.clear();
    } else if (told.should_shutdown) {
      ++tally_.shut_down;
      crash(now);
    }
  });
}

/// It has its own registration: before that, it does not know what it leads.
bool cluster_model::serves(node_id id, const node& n) const {
  auto* b = n.view->find_broker(id);
  return n.up && n.epoch && b && b->epoch == *n.epoch;
}

void cluster_model::refresh(node_id id, node& n) {
  n.view = replayed_;
  if (!serves(id, n))
    return;
  n.view->for_each_topic([&](const topic& t) {
    for (std::size_t i = 0; i < t.partitions.size(); ++i) {
      topic_partition tp{t.id, partition_id{static_cast<std::int32_t>(i)}};
      auto& p = t.partitions[i];
      if (p.leader != id) {
        n.leads.erase(tp);
        continue;
      }
      auto& l = n.leads[tp];
      if (l.isr.empty() || l.epoch != p.leader_epoch) {
        l = leadership{};
        l.epoch = p.leader_epoch;
        l.start = n.logs[tp].size();
      }
      if (l.isr.empty() || p.partition_epoch > l.partition_epoch) {
        l.wanted.reset();
        l.isr = p.isr;
        l.partition_epoch = p.partition_epoch;
      }
      if (n.view->version() >= l.known_at)
        l.minimum = min_insync_of(defaults_.rules_of(t, *n.view), p);
    }
  });
}

void cluster_model::append(node& n) {
  for (auto& [tp, l] : n.leads)
    if (random_.one_in(2))
      n.logs[tp].push_back({l.epoch, next_number_++});
}

/// One fetch of one partition: the position tells the leader what is on disk here.
void cluster_model::fetch(node_id id, node& n) {
  auto named = some_partition();
  auto* t = n.view->find_topic(named.topic);
  auto& p = t->partitions[static_cast<std::size_t>(named.partition.value())];
  topic_partition tp{t->id, named.partition};
  if (p.leader == no_leader || p.leader == id || !contains(p.replicas, id))
    return;
  auto& leader = nodes_[p.leader];
  auto led = leader.leads.find(tp);
  if (!serves(p.leader, leader) || led == leader.leads.end() || led->second.epoch != p.leader_epoch)
    return;
  auto& mine = n.logs[tp];
  auto& theirs = leader.logs[tp];
  mine.resize(common(mine, theirs));
  led->second.followers[id] = {mine.size(), *n.epoch};
  count(p.leader, leader, tp, led->second);
  auto end = mine.size() + random_.below(4);
  while (mine.size() < std::min(end, theirs.size()))
    mine.push_back(theirs[mine.size()]);
}

void cluster_model::count(node_id id, node& n, const topic_partition& tp, leadership& l) {
  auto& log = n.logs[tp];
  auto end = log.size();
  for (auto member : l.wanted ? joined(l.isr, nodes_of(*l.wanted)) : l.isr)
    if (member != id)
      end = std::min(end, l.followers[member].position);
  if (static_cast<std::int32_t>(l.isr.size()) < l.minimum || end <= l.high_watermark)
    return;
  l.high_watermark = end;
  if (l.epoch >= since_unclean_[tp]) // what older leaders acknowledge is lost, as the operator chose
    acknowledge(tp, log, end);
}

void cluster_model::acknowledge(const topic_partition& tp, const log& from, std::size_t end) {
  auto& known = acknowledged_[tp];
  auto agreed = std::min(end, known.size());
  if (!std::equal(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(agreed), from.begin()))
    return wrong("two leaders acknowledge different records", tp);
  if (end > known.size()) {
    known.assign(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(end));
    ++tally_.acknowledged;
  }
}

void cluster_model::change_in_sync(node_id id, node& n) {
  for (auto& [tp, l] : n.leads) {
    count(id, n, tp, l);
    auto* p = n.view->find_partition(tp);
    if (!l.wanted) {
      auto next = l.isr;
      if (auto gone = any_node(); random_.one_in(6) && gone != id)
        std::erase(next, gone);
      for (auto& [follower, has] : l.followers) {
        auto* b = n.view->find_broker(follower);
        if (!contains(next, follower) && contains(p->replicas, follower) && b && !b->fenced
            && has.position >= std::max(l.high_watermark, l.start) && random_.one_in(2))
          next.push_back(follower);
      }
      if (next == l.isr)
        continue;
      l.wanted.emplace();
      l.asked = 0;
      for (auto member : next) {
        auto has = l.followers.find(member);
        auto epoch = has == l.followers.end() ? broker_epoch{-1} : has->second.epoch;
        l.wanted->push_back({member, member == id ? *n.epoch : epoch});
      }
    } else if (!random_.one_in(4)) {
      continue; // it was asked already
    }
    alter_partition what{id, *n.epoch, {{tp.topic, tp.partition, l.epoch, l.partition_epoch, *l.wanted}}};
    ++l.asked;
    send(what,
         [this, id, tp = tp, asked = what.partitions[0]](const reply& answer, metadata_version version) {
           take_answer(id, tp, asked, answer, version);
         });
  }
}

void cluster_model::take_answer(node_id id, const topic_partition& tp, const alter_partition::item& asked,
                                const reply& answer, metadata_version version) {
  auto& n = nodes_[id];
  auto led = n.leads.find(tp);
  auto& items = std::get<alter_partition_reply>(answer).partitions;
  if (led == n.leads.end() || led->second.epoch != asked.leader_epoch || items.empty())
    return;
  auto& l = led->second;
  // Had it been asked twice, a copy that comes late might be accepted: who is fenced may serve again.
  if (items[0].what.code == errc::ineligible_replica && l.asked == 1 && l.wanted == asked.isr
      && l.partition_epoch == asked.partition_epoch)
    l.wanted.reset();
  if (items[0].what.code != errc::none)
    return;
  if (items[0].leader_epoch != l.epoch || items[0].partition_epoch <= l.partition_epoch)
    return;
  tally_.grown += items[0].isr.size() > l.isr.size();
  l.wanted.reset();
  l.isr = items[0].isr;
  l.partition_epoch = items[0].partition_epoch;
  l.known_at = version;
  l.minimum = items[0].min_insync_replicas;
}

} // namespace troupe::metadata
