#include "actors/peer/peer_link.hpp"

#include "actors/peer/peer_scribe.hpp"
#include "runtime/base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <spdlog/spdlog.h>

namespace troupe::peer {

namespace {

using std::chrono::milliseconds;

/// How often to ask whether CAF has forgotten a connection; it takes it microseconds.
constexpr auto look_again_after = milliseconds{2};
/// Published in BASP's handshake, for as long as that takes.
constexpr std::uint16_t basp_port = 1;

std::int64_t monotonic_ns() { return system_clock{}.monotonic_ns(); }

std::string node_name(node_id node) { return "node " + std::to_string(node.value()); }

/// Once to each, for however many services it has subscribed.
void tell_all(const peer_clients& subscribers, const peer_status& status) {
  for (auto one = subscribers.begin(); one != subscribers.end(); ++one)
    if (*one && std::find(subscribers.begin(), one, *one) == one)
      caf::anon_send(*one, status);
}

} // namespace

// --- its life ---

void peer_link_state::start(node_id peer, std::shared_ptr<const link_environment> environment,
                            peer_clients subscribers) {
  peer_ = peer;
  environment_ = std::move(environment);
  subscribers_ = std::move(subscribers);
  counters_ = environment_->metrics->of(peer);
  random_ = random_source{environment_->self.incarnation.value() ^ static_cast<std::uint64_t>(monotonic_ns())
                          ^ static_cast<std::uint64_t>(peer.value())};
  ticked_ns_ = monotonic_ns();
  self_->delayed_send(self_, milliseconds{environment_->timeouts.heartbeat_ms}, link_tick{});
}

// Also when it fails: nobody is left to believe that the node is connected.
peer_link_state::~peer_link_state() {
  if (connection_)
    connection_->over->cut();
  if (environment_)
    drop_attempts();
  if (counters_)
    counters_->connected.set(0);
  if (announced_ && announced_->connected) {
    announced_->connected = false;
    announced_->why = "the connections to other nodes have ended";
    tell_all(subscribers_, *announced_);
  }
}

void peer_link_state::aim(const link_target& target) {
  if (targets_ == target.where)
    return;
  targets_ = target.where;
  begin_round();
  if (dialing_ != 0)
    environment_->entrance->drop(std::exchange(dialing_, 0));
  ++retry_;
  retry_ms_ = 0;
  dial();
}

void peer_link_state::subscribe(const peer_subscription& subscription) {
  auto is_known = std::find(subscribers_.begin(), subscribers_.end(), subscription.subscriber) != subscribers_.end();
  subscribers_[static_cast<std::size_t>(subscription.service)] = subscription.subscriber;
  if (announced_ && subscription.subscriber && !is_known)
    caf::anon_send(subscription.subscriber, *announced_);
}

void peer_link_state::on_cluster(const cluster_known& known) {
  if (connection_ && !connection_->who.cluster_id.empty() && connection_->who.cluster_id != known.cluster_id)
    lose("it belongs to the cluster " + connection_->who.cluster_id);
}

void peer_link_state::stop() {
  stopping_ = true;
  drop_attempts();
  next_.reset();
  if (!is_up()) {
    self_->quit(caf::exit_reason::user_shutdown);
    return;
  }
  self_->delayed_send(self_, milliseconds{environment_->timeouts.stop_ms}, link_stop{});
  end_if_drained();
}

// The answer to a heartbeat comes behind all that was sent before it.
void peer_link_state::end_if_drained() {
  if (!stopping_ || !is_up() || drain_mark_ns_ != 0 || connection_->out.queued_messages() > 0)
    return;
  drain_mark_ns_ = monotonic_ns();
  caf::anon_send(connection_->remote, heartbeat{connection_->who.session, drain_mark_ns_, false});
}

void peer_link_state::announce(bool connected, bool refused, std::string why, std::int64_t silent_ms) {
  if (announced_ && announced_->connected == connected && announced_->refused == refused)
    return;
  auto incarnation = connection_ ? connection_->who.incarnation
                     : announced_ ? announced_->incarnation
                                  : peer_incarnation{};
  announced_ = peer_status{peer_, connected, incarnation, refused, std::move(why), silent_ms};
  tell_all(subscribers_, *announced_);
}

// --- dialing ---

void peer_link_state::begin_round() {
  target_ = 0;
  all_refused_ = true;
}

void peer_link_state::dial_later() {
  begin_round();
  auto& timeouts = environment_->timeouts;
  retry_ms_ = std::clamp(retry_ms_ * 2, timeouts.retry_first_ms, timeouts.retry_last_ms);
  auto jitter_ms = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(retry_ms_ / 2 + 1)));
  self_->delayed_send(self_, milliseconds{retry_ms_ + jitter_ms}, link_retry{++retry_});
}

void peer_link_state::on_retry(link_retry message) {
  if (message.number == retry_)
    dial();
}

void peer_link_state::dial() {
  if (stopping_ || targets_.empty() || connection_ || next_ || closing_ || dialing_ != 0 || welcoming_ != 0)
    return;
  auto& target = targets_[target_];
  auto written = resolve(target.host, target.port, false);
  if (written) {
    dial_to(std::move(written));
    return;
  }
  auto answer = [link = caf::actor_cast<peer_link_actor>(self_), host = target.host, port = target.port,
                 number = ++retry_] { caf::anon_send(link, link_resolved{number, resolve(host, port, true)}); };
  self_->system().spawn<caf::detached + caf::hidden>([answer = std::move(answer)](caf::event_based_actor*) { answer(); });
}

void peer_link_state::on_resolved(link_resolved& message) {
  if (message.number == retry_ && !targets_.empty() && !connection_ && dialing_ == 0 && welcoming_ == 0)
    dial_to(std::move(message.addresses));
}

void peer_link_state::dial_to(result<std::vector<socket_address>> addresses) {
  if (environment_->loopback_only)
    addresses = only_loopback(std::move(addresses), targets_[target_].host);
  if (!addresses) {
    dial_failed(false, addresses.error().message());
    return;
  }
  dialing_ = environment_->entrance->next_attempt();
  environment_->entrance->dial(dialing_, peer_, std::move(*addresses), random_.next());
}

/// The process is dead if nobody listens at any of its addresses.
void peer_link_state::dial_failed(bool refused, const std::string& why) {
  all_refused_ = all_refused_ && refused;
  if (++target_ < targets_.size()) {
    dial();
    return;
  }
  if (!connection_ && !next_)
    announce(false, all_refused_, why);
  dial_later();
}

void peer_link_state::drop_attempts() {
  if (dialing_ != 0)
    environment_->entrance->drop(std::exchange(dialing_, 0));
  if (welcoming_ != 0)
    environment_->entrance->drop(std::exchange(welcoming_, 0));
}

// --- what the door says ---

void peer_link_state::on_door(door_event& event) {
  switch (event.what) {
    case door_event::kind::greeted:
      on_greeted(event);
      break;
    case door_event::kind::welcomed:
      on_welcomed(event);
      break;
    case door_event::kind::committed:
    case door_event::kind::ready:
      on_connection(event);
      break;
    case door_event::kind::failed:
      on_attempt_failed(event);
      break;
  }
}

// A node that dials although it is connected has lost the connection, which just has not shown here: the new one replaces it
// once the other side has committed itself. Another process with the same id is another matter.
void peer_link_state::on_greeted(const door_event& event) {
  auto& entrance = *environment_->entrance;
  auto is_other = [&](peer_incarnation known) { return known != event.who.incarnation; };
  if ((connection_ && is_other(connection_->who.incarnation)) || (welcoming_ != 0 && is_other(welcomed_))
      || (next_ && is_other(next_->who.incarnation))) {
    entrance.answer(event.attempt, verdict_code::refused,
                    "another process is connected as " + node_name(peer_)
                        + ": every node of a cluster needs an id of its own");
    return;
  }
  if (stopping_) {
    entrance.answer(event.attempt, verdict_code::refused,
                    node_name(environment_->self.node) + " is stopping");
    return;
  }
  if (!parse_machine_id(self_->system(), event.who.machine_id)) {
    entrance.answer(event.attempt, verdict_code::refused, "the greeting is damaged");
    return;
  }
  welcoming_ = event.attempt;
  welcomed_ = event.who.incarnation;
  entrance.answer(event.attempt, verdict_code::welcome, {});
}

void peer_link_state::on_welcomed(const door_event& event) {
  if (event.by_seed && dialing_ == 0 && welcoming_ == 0 && !stopping_)
    dialing_ = event.attempt;
  if (event.attempt == dialing_ && !connection_ && !next_ && parse_machine_id(self_->system(), event.who.machine_id)) {
    environment_->entrance->commit(event.attempt);
    return;
  }
  environment_->entrance->drop(event.attempt);
  if (event.attempt == dialing_)
    dialing_ = 0;
}

void peer_link_state::on_attempt_failed(const door_event& event) {
  if (event.attempt == welcoming_) {
    welcoming_ = 0;
    dial_later();
  } else if (event.attempt == dialing_) {
    dialing_ = 0;
    if (event.turned_away)
      environment_->welcome->turned_away(peer_, event.why, monotonic_ns() / ns_per_ms);
    else if (!event.later)
      environment_->welcome->not_reached(peer_);
    if (event.later) {
      retry_ms_ = 0;
      dial_later();
    } else {
      dial_failed(event.refused, event.why);
    }
  }
}

void peer_link_state::on_connection(door_event& event) {
  if (event.attempt == dialing_)
    dialing_ = 0;
  else if (event.attempt == welcoming_)
    welcoming_ = 0;
  else
    return; // nobody wants it any more: it is closed with the event
  drop_attempts();
  if (connection_)
    lose(node_name(peer_) + " has connected anew");
  if (closing_)
    next_ = std::move(event);
  else
    establish(event);
}

// --- CAF's handshake ---

caf::actor peer_link_state::basp() const {
  return self_->system().middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
}

void peer_link_state::establish(door_event& event) {
  auto machine = parse_machine_id(self_->system(), event.who.machine_id);
  auto dialed = event.what == door_event::kind::ready;
  connection_ = std::make_unique<connection>(connection{std::move(event.connection), std::move(event.who), dialed,
                                                        monotonic_ns(), machine.value_or(caf::node_id{})});
  if (dialed)
    ask();
  else
    serve();
}

void peer_link_state::serve() {
  auto self = caf::actor_cast<caf::strong_actor_ptr>(self_);
  auto scribe = make_scribe(self_->system().middleman().backend(), connection_->over);
  caf::anon_send(basp(), caf::publish_atom_v, std::move(scribe), basp_port, self, std::set<std::string>{});
  caf::anon_send(basp(), caf::unpublish_atom_v, self_->address(), basp_port);
}

void peer_link_state::ask() {
  auto session = connection_->who.session;
  auto scribe = make_scribe(self_->system().middleman().backend(), connection_->over);
  auto is_it = [this, session] { return connection_ && connection_->who.session == session && !connection_->remote; };
  self_->request(basp(), milliseconds{environment_->timeouts.greeting_ms}, caf::connect_atom_v, std::move(scribe), basp_port)
      .then(
          [this, is_it](const caf::node_id& machine, caf::strong_actor_ptr& remote, const std::set<std::string>&) {
            if (!is_it())
              return;
            if (!remote || machine != connection_->machine) {
              lose("it does not answer as the process that greeted");
              return;
            }
            up(std::move(remote));
            self_->send(connection_->remote, hello{connection_->who.session});
          },
          [this, is_it](const caf::error& why) {
            if (is_it())
              lose("CAF's handshake failed: " + self_->system().render(why));
          });
}

void peer_link_state::on_hello(const hello& message) {
  auto remote = self_->current_sender();
  if (!connection_ || connection_->dialed || connection_->remote || connection_->who.session != message.session || !remote)
    return;
  if (remote->node() != connection_->machine)
    lose("it does not answer as the process that greeted");
  else
    up(remote);
}

void peer_link_state::up(caf::strong_actor_ptr remote) {
  connection_->remote = caf::actor_cast<remote_link_actor>(std::move(remote));
  connection_->heard_ns = monotonic_ns();
  self_->monitor(connection_->remote);
  ++retry_;
  counters_->connections.add();
  counters_->connected.set(1);
  spdlog::info("peer_gate: connected with {} at {}", node_name(peer_), connection_->over->address());
  environment_->welcome->let_in();
  announce(true, false, {});
}

void peer_link_state::on_down(const caf::down_msg& down) {
  if (is_up() && down.source == connection_->remote)
    lose(down.reason == caf::exit_reason::remote_link_unreachable ? "the connection was lost" : "it has ended its side");
}

void peer_link_state::lose(const std::string& why) {
  spdlog::log(stopping_ ? spdlog::level::debug : spdlog::level::warn, "peer_gate: connection with {} at {}: {}",
              node_name(peer_), connection_->over->address(), why);
  connection_->over->cut();
  if (connection_->remote)
    self_->demonitor(connection_->remote.address());
  begin_round();
  // At once tells whether the process is dead; but not again and again when connections do not last.
  dial_at_once_ = monotonic_ns() - connection_->since_ns >= environment_->timeouts.retry_last_ms * ns_per_ms;
  if (dial_at_once_)
    retry_ms_ = 0;
  closing_ = true;
  closing_machine_ = connection_->machine;
  counters_->connected.set(0);
  counters_->queued_bytes.set(0);
  counters_->dropped_messages.add(connection_->out.queued_messages());
  auto unheard = connection_->over->received_bytes() == connection_->heard_bytes;
  announce(false, false, why, unheard ? (monotonic_ns() - connection_->heard_ns) / ns_per_ms : 0);
  connection_.reset();
  if (stopping_)
    self_->quit(caf::exit_reason::user_shutdown);
  else
    look_again();
}

// CAF takes a process for connected, and refuses another connection with it, until it has cleaned up.
void peer_link_state::look_again() {
  auto later = [this] { self_->delayed_send(self_, look_again_after, link_look_again{}); };
  self_->request(basp(), milliseconds{environment_->timeouts.greeting_ms}, caf::get_atom_v, closing_machine_)
      .then(
          [this, later](const caf::node_id&, const std::string& address, std::uint16_t) {
            if (!address.empty()) {
              later();
              return;
            }
            closing_ = false;
            if (auto next = std::exchange(next_, std::nullopt))
              establish(*next);
            else if (dial_at_once_)
              dial();
            else
              dial_later();
          },
          [later](const caf::error&) { later(); });
}

peer_link_actor::behavior_type peer_link(peer_link_actor::stateful_pointer<peer_link_state> self, node_id peer,
                                         std::shared_ptr<const link_environment> environment, peer_clients subscribers,
                                         const caf::actor_addr& gate) {
  auto* state = &self->state;
  self->set_default_handler(caf::drop);
  self->set_down_handler([state](caf::down_msg& down) { state->on_down(down); });
  self->set_exit_handler([self, gate](caf::exit_msg& message) {
    if (message.source == gate)
      self->quit(message.reason);
  });
  state->start(peer, std::move(environment), std::move(subscribers));
  return {
      [state](const hello& m) { state->on_hello(m); },
      [state](piece& m) { state->on_piece(m); },
      [state](const credit& m) { state->on_credit(m); },
      [state](const heartbeat& m) { state->on_heartbeat(m); },
      [state](peer_send& m) { state->send(m); },
      [state](const peer_subscription& m) { state->subscribe(m); },
      [state](door_event& m) { state->on_door(m); },
      [state](const link_target& m) { state->aim(m); },
      [state](const cluster_known& m) { state->on_cluster(m); },
      [self, state](link_stop) {
        if (state->is_stopping())
          self->quit(caf::exit_reason::user_shutdown);
        else
          state->stop();
      },
      [state](link_tick) { state->on_tick(); },
      [state](link_retry m) { state->on_retry(m); },
      [state](link_resolved& m) { state->on_resolved(m); },
      [state](link_look_again) { state->look_again(); },
  };
}

std::string machine_id_of(caf::actor_system& system, const caf::node_id& machine) {
  std::vector<char> raw;
  caf::binary_serializer sink{system, raw};
  auto named = machine;
  if (sink(named))
    raw.clear();
  return {raw.begin(), raw.end()};
}

std::optional<caf::node_id> parse_machine_id(caf::actor_system& system, const std::string& text) {
  caf::node_id machine;
  caf::binary_deserializer source{system, text.data(), text.size()};
  if (source(machine) || source.remaining() != 0 || !machine)
    return std::nullopt;
  return machine;
}

} // namespace troupe::peer
