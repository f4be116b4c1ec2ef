// Who does not vote: how it finds the leader, how a leader goes about it, and how nodes with empty disks become a group.
//
// A group of several begins with unanimity. Every one of `config::voters` that is blank (no log, and it never voted)
// tells the others its disk and the disks that it knows of. When all others, still blank, see the same as it does
// itself, these are the members. Once somebody leads, a node whose disk was lost meets somebody who is not blank any
// more, so that it can never vote twice under one name: it observes until the leader has replaced its old disk by its new
// one among the members (members.cpp).
#include "runtime/raft/core.hpp"
#include "runtime/raft/membership.hpp"

#include <algorithm>

namespace troupe::raft {

namespace {

constexpr std::size_t followers_max = 4096;
/// A leader forgets an observer after so many election timeouts of silence.
constexpr int forgotten_after_elections = 4;
/// An observer asks again after so many missing heartbeats.
constexpr int heartbeats_missed_max = 3;

} // namespace

void raft_core::tick_observer() {
  if (++election_elapsed_ >= election_timeout_)
    leader_ = no_node;
  if (leader_ != no_node && election_elapsed_ < heartbeats_missed_max * config_.heartbeat_ticks)
    return;
  if (++heartbeat_elapsed_ < config_.heartbeat_ticks)
    return;
  heartbeat_elapsed_ = 0;
  std::vector<node_id> asked = config_.voters.empty() && members().empty() ? met_ : config_.voters;
  for (auto& v : members().voters)
    asked.push_back(v.node);
  asked.push_back(hint_);
  std::sort(asked.begin(), asked.end());
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  for (auto node : asked)
    if (node != config_.self && node != no_node)
      ask_to_observe(node);
}

void raft_core::met(node_id node) {
  auto is_known = std::find(met_.begin(), met_.end(), node) != met_.end();
  if (config_.voters.empty() && members().empty() && !is_known && met_.size() < voters_max)
    met_.push_back(node);
}

bool raft_core::is_blank() const {
  return state_.current == term{} && log_.last_index() == log_index{} && config_.voters.size() > 1
         && std::find(config_.voters.begin(), config_.voters.end(), config_.self) != config_.voters.end();
}

void raft_core::ask_to_observe(node_id to) {
  auto m = letter(message_type::observe_request, to);
  m.log = log_.last();
  m.blank = is_blank();
  if (m.blank)
    m.members = founders();
  outbox_.push_back(std::move(m));
}

void raft_core::on_observe_request(const message& m) {
  if (role_ != role::leader) {
    hear_founder(m);
    auto reply = letter(message_type::observe_reply, m.from);
    reply.leader = leader_;
    reply.blank = is_blank();
    if (reply.blank)
      reply.members = founders();
    outbox_.push_back(std::move(reply));
    return;
  }
  if (followers_.size() >= followers_max && !followers_.contains(m.from))
    return;
  if (auto [met, fresh] = followers_.try_emplace(m.from); fresh)
    met->second.disk = m.from_disk;
  auto& p = *hear(m);
  if (p.sending == progress::mode::snapshot)
    return;
  p.become_probe(std::max(p.match, std::min(m.log.index, log_.last_index())) + 1);
  send_append(m.from, true);
}

void raft_core::on_observe_reply(const message& m) {
  hear_founder(m);
  if (m.leader == no_node || m.leader == config_.self)
    return;
  hint_ = m.leader;
  if (role_ == role::pre_candidate)
    ask_to_observe(m.leader); // this node votes no more, without knowing it
}

void raft_core::tick_observers_of_leader() {
  auto forgotten = forgotten_after_elections * config_.election_ticks;
  for (auto& [node, p] : followers_) {
    ++p.silent_ticks;
    ++p.snap_ticks;
  }
  std::erase_if(followers_, [&](auto& f) {
    return f.second.silent_ticks > forgotten && !members().has(f.first);
  });
}

// --- how a group begins ---

/// The members as far as this blank node knows them.
membership raft_core::founders() const {
  if (!is_blank() || !members().empty())
    return members();
  membership all;
  all = with_voter(std::move(all), myself());
  for (auto& [node, f] : founders_)
    all = with_voter(std::move(all), {node, f.disk});
  return all;
}

void raft_core::hear_founder(const message& m) {
  auto& voters = config_.voters;
  if (!m.blank || !is_blank() || !members().empty() || std::find(voters.begin(), voters.end(), m.from) == voters.end())
    return;
  founders_[m.from] = {m.from_disk, m.members};
  auto all = founders();
  if (all.voters.size() < voters.size())
    return;
  for (auto& [node, f] : founders_)
    if (!(f.sees == all))
      return;
  founders_.clear();
  log_.assume(all);
  install_ = snapshot{{}, {}, all};
  reset_election_timer(patience());
  if (all.voters.front() == myself())
    election_timeout_ = 1; // somebody has to be the first
}

} // namespace troupe::raft
