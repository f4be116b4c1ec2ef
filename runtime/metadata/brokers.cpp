// The commands that concern brokers, and what they mean for partitions (KIP-631, KIP-841).
//
//   registered, fenced  --has caught up, and says so-->  serves  --silent, dead, or asks for it-->  fenced
//   serves  --asks to stop-->  shutting down: leaderships go to others, and it follows on
//   shutting down  --all brokers know the new leaders-->  fenced: it leaves the in-sync sets and may stop
//
// A broker that registers again begins anew, whatever it was before: what it had not on disk is gone. See
// partition_change.hpp for what becomes of partitions.
#include "runtime/metadata/controller_core.hpp"
#include "runtime/metadata/node_list.hpp"

#include <algorithm>
#include <set>

namespace troupe::metadata {

namespace {

constexpr std::size_t endpoints_max = 16;
constexpr std::size_t host_max_bytes = 255;

error check_form(const register_broker& what) {
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

void append_records(std::vector<record>& to, std::vector<record> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

replica_rules controller_core::rules_of(const topic& t) const {
  return config_.defaults.rules_of(t, *tentative_);
}

error controller_core::check_broker(node_id node, broker_epoch epoch) const {
  auto* known = tentative_->find_broker(node);
  if (!known)
    return {errc::unknown_broker, std::to_string(node.value())};
  if (known->epoch != epoch)
    return {errc::stale_broker_epoch, "broker " + std::to_string(node.value()) + " has epoch "
                                          + std::to_string(known->epoch.value()) + ", not "
                                          + std::to_string(epoch.value())};
  return {};
}

error controller_core::check_registration(const register_broker& what) const {
  if (auto wrong = check_form(what); wrong.code != errc::none)
    return wrong;
  if (!what.cluster_id.empty() && !tentative_->cluster_id().empty()
      && what.cluster_id != tentative_->cluster_id())
    return {errc::wrong_cluster, "this is " + tentative_->cluster_id() + ", and node "
                                     + std::to_string(what.node.value()) + " belongs to "
                                     + what.cluster_id.substr(0, host_max_bytes)};
  auto* known = tentative_->find_broker(what.node);
  if (known && known->incarnation != what.incarnation && !known->fenced && !known->shutting_down
      && watch_.is_alive(what.node, known->epoch, now_ms_))
    return {errc::duplicate_broker, "node " + std::to_string(what.node.value())};
  return {};
}

decision controller_core::on(const register_broker& what) {
  decision made;
  if (auto wrong = check_registration(what); wrong.code != errc::none) {
    made.answer = register_broker_reply{std::move(wrong), {}};
    return made;
  }
  auto* known = tentative_->find_broker(what.node);
  auto same_process = known && known->incarnation == what.incarnation;
  if (same_process && known->endpoints == what.endpoints && known->rack == what.rack
      && (what.fenced || !known->fenced)) {
    made.answer = register_broker_reply{{}, known->epoch};
    return made;
  }
  auto epoch = tentative_->last_broker_epoch() + 1;
  auto lost = !what.storage_kept && !same_process;
  broker_standing standing{*tentative_};
  standing.set(what.node, !what.fenced);
  std::vector<record> records{
      register_broker_record{what.node, what.incarnation, epoch, what.endpoints, what.rack, what.fenced}};
  append_records(records, change_partitions(
                              *tentative_, standing, [this](const topic& t) { return rules_of(t); },
                              [&](const partition& p) { return contains(p.replicas, what.node); },
                              [&](partition_change& change) {
                                change.leave(what.node, lost);
                                change.restart(what.node);
                              }));
  draft(made, std::move(records));
  watch_.await(what.node, epoch, now_ms_);
  made.answer = register_broker_reply{{}, epoch};
  return made;
}

void controller_core::fence(const broker& known, decision& into) {
  auto node = known.node;
  broker_standing standing{*tentative_};
  standing.set(node, false);
  std::vector<record> records{fence_broker_record{node, known.epoch}};
  append_records(records,
                 change_partitions(
                     *tentative_, standing, [this](const topic& t) { return rules_of(t); },
                     [node](const partition& p) { return p.leader == node || contains(p.isr, node); },
                     [node](partition_change& change) { change.leave(node); }));
  draft(into, std::move(records));
}

void controller_core::unfence(const broker& known, decision& into) {
  auto node = known.node;
  auto epoch = known.epoch;
  broker_standing standing{*tentative_};
  standing.set(node, true);
  std::vector<record> records{unfence_broker_record{node, epoch}};
  append_records(
      records, change_partitions(
                   *tentative_, standing, [this](const topic& t) { return rules_of(t); },
                   [node](const partition& p) { return p.leader == no_leader && contains(p.replicas, node); },
                   [](partition_change&) {}));
  draft(into, std::move(records));
  watch_.await(node, epoch, now_ms_);
}

void controller_core::begin_shutdown(const broker& known, decision& into) {
  auto node = known.node;
  broker_standing standing{*tentative_};
  standing.set_shutting_down(node);
  std::vector<record> records{shut_down_broker_record{node, known.epoch}};
  append_records(records, change_partitions(
                              *tentative_, standing, [this](const topic& t) { return rules_of(t); },
                              [node](const partition& p) { return p.leader == node; },
                              [node](partition_change& change) { change.hand_over(node); }));
  draft(into, std::move(records));
}

decision controller_core::change_fencing(node_id node, broker_epoch epoch, bool fenced) {
  decision made;
  if (auto wrong = check_broker(node, epoch); wrong.code != errc::none) {
    made.answer = fencing_reply{std::move(wrong)};
    return made;
  }
  auto& known = *tentative_->find_broker(node);
  if (fenced && !known.fenced)
    fence(known, made);
  else if (!fenced && known.fenced)
    unfence(known, made);
  made.answer = fencing_reply{};
  return made;
}

decision controller_core::on(const fence_broker& what) { return change_fencing(what.node, what.epoch, true); }

decision controller_core::on(const unfence_broker& what) {
  return change_fencing(what.node, what.epoch, false);
}

/// Its registration is committed, and the broker has that.
bool controller_core::is_caught_up(const broker& known, metadata_version version) const {
  auto* committed = committed_->find_broker(known.node);
  auto at = registered_at_.find(known.node);
  return committed && committed->epoch == known.epoch && at != registered_at_.end() && version >= at->second;
}

/// So that nobody asks it any more for what it led.
bool controller_core::everybody_knows_shutdown(const broker& known) const {
  auto since = shutting_down_since_.find(known.node);
  if (since == shutting_down_since_.end())
    return false;
  auto all = true;
  tentative_->for_each_broker([&](const broker& b) {
    auto has = watch_.version_of(b.node, b.epoch);
    all = all && (b.fenced || (has && *has >= since->second));
  });
  return all;
}

decision controller_core::on(const broker_heartbeat& what) {
  decision made;
  broker_heartbeat_reply answer;
  answer.what = check_broker(what.node, what.epoch);
  if (answer.what.code == errc::none) {
    watch_.hear(what.node, what.epoch, what.version, now_ms_);
    auto& known = *tentative_->find_broker(what.node);
    answer.is_caught_up = is_caught_up(known, what.version);
    answer.is_fenced = known.fenced;
    answer.should_shutdown = known.fenced && (known.shutting_down || what.wants_shutdown);
    if (known.fenced && !known.shutting_down && !what.wants_fence && !what.wants_shutdown
        && answer.is_caught_up) {
      unfence(known, made);
      answer.is_fenced = false;
    } else if (!known.fenced && what.wants_shutdown && !known.shutting_down) {
      begin_shutdown(known, made);
    } else if (!known.fenced
               && (what.wants_fence || (known.shutting_down && everybody_knows_shutdown(known)))) {
      answer.should_shutdown = known.shutting_down;
      fence(known, made);
      answer.is_fenced = true;
    }
  }
  made.answer = std::move(answer);
  return made;
}

decision controller_core::on(const unregister_broker& what) {
  decision made;
  unregister_broker_reply answer;
  auto* known = tentative_->find_broker(what.node);
  if (!known)
    answer.what = {errc::unknown_broker, std::to_string(what.node.value())};
  else if (!known->fenced || watch_.is_alive(what.node, known->epoch, now_ms_))
    answer.what = {errc::invalid_request, "broker " + std::to_string(what.node.value())
                                              + " is alive: it can be forgotten once it has stopped"};
  else
    draft(made, {unregister_broker_record{what.node, known->epoch}});
  made.answer = std::move(answer);
  return made;
}

} // namespace troupe::metadata
