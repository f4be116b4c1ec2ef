#include "tests/replication/replica_cluster.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>

namespace troupe::replication {

namespace {

constexpr std::size_t batches_per_answer = 4;
const topic_partition the_partition{};

std::vector<node_id> numbers_to(int last) {
  std::vector<node_id> all;
  for (int i = 1; i <= last; ++i)
    all.push_back(node_id{i});
  return all;
}

std::string text(node_id node) { return "node " + std::to_string(node.value()); }
std::string text(offset at) { return std::to_string(at.value()); }

} // namespace

epoch_end model_log::end_of(leader_epoch asked, leader_epoch newest) const {
  if (asked > newest || asked < leader_epoch{0})
    return {};
  auto above = end();
  while (above > start && at(above - 1).epoch > asked)
    above = above - 1;
  if (above == start)
    return {asked, start};
  return {above == end() && asked == newest ? asked : at(above - 1).epoch, above};
}

replica_cluster::replica_cluster(int replicas, int minimum, bool repeats)
    : controller(numbers_to(replicas), minimum), nodes_(static_cast<std::size_t>(replicas)), repeats_(repeats) {
  for (int id = 1; id <= replicas; ++id) {
    at(id).id = node_id{id};
    at(id).life = controller.now().brokers.at(node_id{id}).epoch;
  }
  for (auto& n : nodes_)
    take_role(n);
}

void replica_cluster::complain(const std::string& what) {
  if (broken.empty())
    broken = what;
}

// --- what nodes do ---

void replica_cluster::produce(int id, required_acks acks) {
  auto& n = at(id);
  if (!n.leader || n.leader->admit(acks) != errc::none)
    return;
  n.log.records.push_back({n.epoch, ++next_value_});
  n.waiting[++next_token_] = {n.log.end(), next_value_};
  if (acks == required_acks::leader)
    n.waiting[next_token_].second = 0; // may get lost
  n.leader->appended(n.log.end(), acks, next_token_);
}

void replica_cluster::persist(int id, offset end) {
  auto& n = at(id);
  if (!n.running || end <= n.log.durable_end)
    return;
  n.undead.clear();
  n.log.durable_end = end;
  if (n.leader)
    carry_out(n, n.leader->durable(end));
  else if (n.follower)
    carry_out(n, n.follower->durable(end, now_ms_), nullptr);
}

void replica_cluster::pass_time(std::int64_t ms) {
  now_ms_ += ms;
  for (auto& n : nodes_) {
    if (n.leader)
      carry_out(n, n.leader->tick(now_ms_));
    if (n.follower)
      carry_out(n, n.follower->tick(now_ms_), nullptr);
  }
}

void replica_cluster::delete_records(int id, offset before) {
  auto& n = at(id);
  if (!n.leader || before <= n.log.start || before > n.leader->high_watermark())
    return;
  n.log.start = before;
  log_start_ = std::max(log_start_, before);
  carry_out(n, n.leader->log_start_moved(before));
}

void replica_cluster::leave_role(replica_node& n) {
  if (n.leader) {
    n.high_watermark = std::max(n.high_watermark, n.leader->high_watermark());
    carry_out(n, n.leader->resign(errc::not_leader));
  }
  if (n.follower)
    n.round = std::max(n.round, n.follower->round());
  n.leader.reset();
  n.follower.reset();
  n.waiting.clear();
}

void replica_cluster::crash(int id) {
  auto& n = at(id);
  n.running = false;
  if (n.follower)
    n.round = n.follower->round();
  n.leader.reset();
  n.follower.reset();
  n.waiting.clear();
  n.epoch = n.led = no_leader_epoch;
  recover(n);
  std::erase_if(network, [&](auto& p) { return p.from == n.id || p.to == n.id; });
  std::erase_if(answers, [&](auto& a) { return a.to == n.id; });
  for (auto& other : nodes_) {
    if (other.leader)
      carry_out(other, other.leader->disconnected(n.id, now_ms_));
    if (other.follower && controller.history()[other.image].leader == n.id)
      carry_out(other, other.follower->connected(false, now_ms_), nullptr);
  }
}

bool replica_cluster::may_wipe(int id) {
  auto& state = controller.now().in_sync;
  for (auto& n : nodes_)
    if (n.id.value() != id && (has(state.isr, n.id) || has(state.elr, n.id)))
      return true;
  return false;
}

void replica_cluster::wipe(int id) {
  crash(id);
  at(id).wiped.push_back(std::exchange(at(id).log, {}));
  at(id).high_watermark = {};
  at(id).undead.clear();
  // Until the controller knows, it would be one failure too many if others left the in-sync set.
  controller.register_broker(node_id{id}, false);
}

void replica_cluster::restart(int id) {
  auto& n = at(id);
  n.life = controller.register_broker(n.id, true);
  n.running = true;
  n.joins_at = controller.version();
  n.image = std::min(n.image, controller.version());
  for (auto& other : nodes_)
    if (other.follower && controller.history()[other.image].leader == n.id && connected(other.id, n.id))
      carry_out(other, other.follower->connected(true, now_ms_), nullptr);
}

void replica_cluster::revive(int id) {
  auto& n = at(id);
  if (!n.running || (!n.leader && !n.follower))
    return;
  if (n.follower)
    n.round = n.follower->round();
  n.leader.reset();
  n.follower.reset();
  n.waiting.clear();
  recover(n);
  auto was = std::exchange(n.epoch, no_leader_epoch);
  take_role(n);
  CHECK(n.epoch == was, "the metadata are the same");
}

/// The log is what is on disk.
void replica_cluster::recover(replica_node& n) {
  n.high_watermark = n.log.start;
  cut_log(n, n.log.durable_end);
  n.log.records.insert(n.log.records.end(), n.undead.begin(), n.undead.end());
  n.undead.clear();
  n.log.durable_end = n.log.end();
}

void replica_cluster::cut_log(replica_node& n, offset end) {
  n.log.records.resize(static_cast<std::size_t>(end.value()));
  n.log.durable_end = std::min(n.log.durable_end, end);
}

// --- connections ---

bool replica_cluster::connected(node_id a, node_id b) const {
  auto& one = nodes_[static_cast<std::size_t>(a.value() - 1)];
  auto& other = nodes_[static_cast<std::size_t>(b.value() - 1)];
  return one.running && other.running && !cut_.contains(std::minmax(a, b));
}

void replica_cluster::cut(int a, int b) {
  if (!cut_.insert(std::minmax(node_id{a}, node_id{b})).second)
    return;
  for (auto [id, other] : {std::pair{a, b}, std::pair{b, a}}) {
    auto& n = at(id);
    if (n.leader)
      carry_out(n, n.leader->disconnected(node_id{other}, now_ms_));
    if (n.follower && controller.history()[n.image].leader == node_id{other})
      carry_out(n, n.follower->connected(false, now_ms_), nullptr);
  }
}

void replica_cluster::mend(int a, int b) {
  if (cut_.erase(std::minmax(node_id{a}, node_id{b})) == 0)
    return;
  for (auto [id, other] : {std::pair{a, b}, std::pair{b, a}})
    if (auto& n = at(id); n.follower && connected(n.id, node_id{other})
                          && controller.history()[n.image].leader == node_id{other})
      carry_out(n, n.follower->connected(true, now_ms_), nullptr);
}

void replica_cluster::mend_all() {
  for (auto [a, b] : std::set{cut_})
    mend(a.value(), b.value());
}

// --- roles ---

void replica_cluster::learn(int id) {
  auto& n = at(id);
  if (!n.running || n.image == controller.version())
    return;
  ++n.image;
  take_role(n);
}

void replica_cluster::take_role(replica_node& n) {
  auto& state = controller.history()[n.image];
  if (n.image < n.joins_at)
    return;
  if (n.epoch == state.epoch) {
    tell_state(n, state);
    return;
  }
  leave_role(n);
  auto revives = n.epoch == no_leader_epoch;
  n.epoch = state.epoch;
  if (state.leader == n.id)
    lead(n, state);
  else if (state.leader.value() > 0)
    follow(n, state);
  if (n.leader && !revives)
    ++seen.elections;
}

void replica_cluster::lead(replica_node& n, const model_state& state) {
  leader_start start;
  start.self = n.id;
  start.epoch = n.epoch;
  start.replicas = numbers_to(size());
  start.isr = state.in_sync.isr;
  start.elr = state.in_sync.elr;
  start.min_insync_replicas = controller.minimum();
  start.log_start = n.log.start;
  start.log_end = n.log.end();
  start.durable_end = n.log.durable_end;
  start.high_watermark = n.high_watermark;
  start.partition_epoch = state.in_sync.epoch;
  start.self_epoch = n.life;
  start.now_ms = now_ms_;
  start.lag_max_ms = 500;
  start.proposal_patience_ms = 200;
  start.first_attempt = next_attempt_ += 1000;
  start.resumes = std::exchange(n.led, n.epoch) == n.epoch;
  n.leader.emplace(start);
  check_leader(n);
  tell_state(n, state);
  for (auto& other : nodes_)
    if (other.id != n.id)
      answer_follower(n, {other.id, 0, replica_code::ask_again, {}, {}, {}});
}

void replica_cluster::tell_state(replica_node& n, const model_state& state) {
  if (!n.leader)
    return;
  std::vector<known_broker> known;
  for (auto& [node, broker] : state.brokers)
    known.push_back({node, broker.epoch, broker.fenced});
  carry_out(n, n.leader->brokers(known, now_ms_));
  carry_out(n, n.leader->changed(state.in_sync, controller.minimum(), now_ms_));
}

void replica_cluster::follow(replica_node& n, const model_state& state) {
  follower_start start;
  start.self = n.id;
  start.broker_epoch = n.life;
  start.epoch = n.epoch;
  start.log_start = n.log.start;
  start.log_end = n.log.end();
  start.durable_end = n.log.durable_end;
  start.last_epoch = n.log.last_epoch();
  start.high_watermark = n.high_watermark;
  start.first_round = n.round + 1;
  start.connected = connected(n.id, state.leader);
  start.repeat_ms = repeats_ ? 300 : 0;
  n.follower.emplace(start);
  carry_out(n, n.follower->begin(now_ms_), nullptr);
}

// --- effects ---

void replica_cluster::carry_out(replica_node& n, effects list) {
  for (auto& e : list)
    switch (e.what) {
    case effect::kind::high_watermark:
      check_high_watermark(n, e.at);
      break;
    case effect::kind::produce_done:
      if (auto [end, value] = n.waiting[e.who]; e.code == errc::none && value != 0)
        check_acknowledged(n, end, value);
      n.waiting.erase(e.who);
      break;
    case effect::kind::answer_replica:
      answer_follower(n, n.leader->answer(e.who));
      break;
    case effect::kind::propose_isr:
      proposals.push_back({n.id, n.epoch, n.leader->proposal()});
      break;
    case effect::kind::lost_records:
      ++seen.losses_seen;
      break;
    case effect::kind::fetch_ready:
      break;
    }
  if (n.leader)
    check_readers(n);
}

void replica_cluster::carry_out(replica_node& n, follower_effects list, const packet* with) {
  using kind = follower_effect::kind;
  for (auto e : std::vector<follower_effect>(list.begin(), list.end()))
    switch (e.what) {
    case kind::fetch:
      send(n.id, controller.history()[n.image].leader, {{}, {}, encode(n.follower->fetch()), {}, {}});
      break;
    case kind::append:
      n.log.records.insert(n.log.records.end(), with->records.begin(), with->records.end());
      CHECK(n.log.end() == n.follower->log_end());
      break;
    case kind::begin_at:
      n.log.records.assign(static_cast<std::size_t>(e.at.value()), {});
      n.log.start = n.log.durable_end = e.at;
      n.undead.clear();
      carry_out(n, n.follower->truncated(e.at, no_leader_epoch, now_ms_), nullptr);
      break;
    case kind::truncate:
      ++seen.cuts;
      n.undead.insert(n.undead.begin(), n.log.records.begin() + e.at.value(), n.log.records.end());
      cut_log(n, e.at);
      carry_out(n, n.follower->truncated(e.at, n.log.last_epoch(), now_ms_), nullptr);
      break;
    case kind::high_watermark:
      n.high_watermark = e.at;
      check_prefix(n);
      break;
    case kind::log_start:
      n.log.start = e.at;
      carry_out(n, n.follower->log_start_durable(e.at, now_ms_), nullptr);
      break;
    case kind::loses_committed:
      complain(text(n.id) + " cuts off what is committed, down to " + text(e.at));
      break;
    case kind::refused_answer:
      complain(text(n.id) + " refuses " + n.follower->complaint());
      break;
    case kind::ask_again_at:
      break;
    }
}

void replica_cluster::answer_follower(replica_node& n, const follower_answer& answer) {
  replica_records message;
  message.partition = the_partition;
  message.epoch = n.epoch;
  message.round = answer.round;
  message.code = answer.code;
  message.high_watermark = n.leader->high_watermark();
  message.log_start = n.log.start;
  message.diverging = answer.diverging;
  packet out;
  out.first = answer.from;
  if (answer.code == replica_code::none)
    for (auto o = answer.from; o < answer.until && out.records.size() < batches_per_answer; ++o)
      out.records.push_back(n.log.at(o));
  message.batches = static_cast<std::uint32_t>(out.records.size());
  message.size_bytes = static_cast<std::uint32_t>(out.records.size() * limits::batch_header_size_bytes);
  out.head = encode(message);
  send(n.id, answer.to, std::move(out));
}

void replica_cluster::send(node_id from, node_id to, packet what) {
  what.from = from;
  what.to = to;
  if (connected(from, to))
    network.push_back(std::move(what));
}

void replica_cluster::deliver(std::size_t which) {
  auto p = std::move(network[which]);
  network.erase(network.begin() + static_cast<std::ptrdiff_t>(which));
  auto& n = at(p.to.value());
  if (!n.running)
    return;
  auto message = decode(p.head.view(), p.records.size() * limits::batch_header_size_bytes);
  CHECK(message.has_value(), "what a node sends can be read");
  if (auto* fetch = std::get_if<replica_fetch>(&*message))
    receive(n, *fetch);
  else if (auto* answer = std::get_if<replica_records>(&*message))
    receive(n, *answer, p);
}

void replica_cluster::receive(replica_node& n, const replica_fetch& fetch) {
  if (n.leader)
    carry_out(n, n.leader->fetched(fetch, n.log.end_of(fetch.last_epoch, n.epoch), now_ms_));
}

void replica_cluster::receive(replica_node& n, const replica_records& answer, const packet& with) {
  if (!n.follower)
    return;
  std::vector<batch_extent> batches;
  for (std::size_t i = 0; i < with.records.size(); ++i) {
    auto base = with.first + static_cast<std::int64_t>(i);
    batches.push_back({base, base, with.records[i].epoch});
  }
  auto own = n.log.end_of(answer.diverging.epoch, n.log.last_epoch());
  carry_out(n, n.follower->answered(answer, batches, own, now_ms_), &with);
}

void replica_cluster::answer_proposal(std::size_t which) {
  auto question = proposals[which];
  auto members = controller.now().in_sync.isr.size();
  auto state = controller.alter(question);
  seen.joins += state && state->isr.size() > members ? 1 : 0;
  answers.push_back({question.leader, question.wanted.attempt, question.epoch, std::move(state)});
}

void replica_cluster::deliver_answer(std::size_t which) {
  auto answer = std::move(answers[which]);
  answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(which));
  auto& n = at(answer.to.value());
  if (!n.leader || n.epoch != answer.epoch)
    return;
  if (answer.state)
    carry_out(n, n.leader->proposal_accepted(answer.attempt, *answer.state, controller.minimum(), now_ms_));
  else
    carry_out(n, n.leader->proposal_failed(answer.attempt, now_ms_));
}

} // namespace troupe::replication
