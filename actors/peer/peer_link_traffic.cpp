// What passes over a link that is up: messages, credit and heartbeats.
#include "actors/peer/peer_link.hpp"
#include "runtime/base/clock.hpp"

#include <chrono>
#include <utility>

namespace troupe::peer {

namespace {

/// Credit is sent when so much of a window is owed, and with each heartbeat.
constexpr std::uint64_t credit_share = 8;

std::int64_t traffic_now_ns() { return system_clock{}.monotonic_ns(); }

} // namespace

// --- messages ---

void peer_link_state::send(peer_send& message) {
  if (!is_up() || stopping_ || !connection_->out.push(std::move(message))) {
    counters_->dropped_messages.add();
    return;
  }
  pump();
}

void peer_link_state::pump() {
  auto& out = connection_->out;
  while (auto next = out.next()) {
    next->session = connection_->who.session;
    counters_->sent_bytes.add_alone(next->content.size());
    if (next->message_size != 0 || next->content.parts.empty())
      counters_->sent_messages.add_alone();
    caf::anon_send(connection_->remote, std::move(*next));
  }
  counters_->queued_bytes.set(static_cast<std::int64_t>(out.queued_bytes()));
  end_if_drained();
}

void peer_link_state::on_credit(const credit& message) {
  if (!is_current(message.session))
    return;
  connection_->out.give_back(lane::urgent, message.urgent_bytes);
  connection_->out.give_back(lane::bulk, message.bulk_bytes);
  pump();
}

void peer_link_state::on_piece(piece& message) {
  if (!is_current(message.session))
    return;
  counters_->received_bytes.add_alone(message.content.size());
  auto taken = connection_->in.take(std::move(message));
  if (!taken) {
    lose(taken.error().detail);
    return;
  }
  give_back(connection_->who.session, taken->which, taken->spent_bytes, false);
  if (taken->message)
    deliver(std::move(*taken->message), taken->which);
}

// Whoever gets it has it out of his mailbox when he answers: only then may more of it come.
void peer_link_state::deliver(inbound_message message, lane which) {
  counters_->received_messages.add_alone();
  auto session = connection_->who.session;
  auto cost_bytes = message.cost_bytes;
  auto& subscriber = subscribers_[static_cast<std::size_t>(message.service)];
  if (!subscriber) {
    give_back(session, which, cost_bytes, false);
    return;
  }
  auto done = [this, session, which, cost_bytes] { give_back(session, which, cost_bytes, false); };
  self_->request(subscriber, caf::infinite, peer_received{peer_, connection_->who.incarnation, message.service,
                                                          std::move(message.head), std::move(message.body)})
      .then([done] { done(); }, [done](const caf::error&) { done(); });
}

void peer_link_state::give_back(std::uint64_t session, lane which, std::uint64_t size_bytes, bool now) {
  if (!is_current(session))
    return;
  auto& owed = connection_->owed_bytes;
  auto i = static_cast<std::size_t>(which);
  owed[i] += size_bytes;
  if (owed[i] < default_lane_limits[i].window_bytes / credit_share && !now)
    return;
  if (owed[0] + owed[1] > 0)
    caf::anon_send(connection_->remote, credit{session, owed[0], owed[1]});
  owed = {};
}

// --- liveness ---

void peer_link_state::on_heartbeat(const heartbeat& message) {
  if (!is_current(message.session))
    return;
  if (!message.is_answer) {
    give_back(message.session, lane::urgent, 0, true);
    caf::anon_send(connection_->remote, heartbeat{message.session, message.sent_ns, true});
    return;
  }
  counters_->round_trips.observe(traffic_now_ns() - message.sent_ns);
  if (drain_mark_ns_ != 0 && message.sent_ns == drain_mark_ns_)
    lose("this node stops");
}

void peer_link_state::on_tick() {
  auto now = traffic_now_ns();
  if (is_up()) {
    caf::anon_send(connection_->remote, heartbeat{connection_->who.session, now, false});
    look_for_silence(now);
  } else if (connection_ && now - connection_->since_ns > environment_->timeouts.greeting_ms * ns_per_ms) {
    lose("CAF's handshake timed out");
  }
  ticked_ns_ = now;
  self_->delayed_send(self_, std::chrono::milliseconds{environment_->timeouts.heartbeat_ms}, link_tick{});
}

// Any byte is a sign of life. While this process itself did not run it could not hear.
void peer_link_state::look_for_silence(std::int64_t now) {
  auto& timeouts = environment_->timeouts;
  auto received = connection_->over->received_bytes();
  auto slept = now - ticked_ns_ > 3 * timeouts.heartbeat_ms * ns_per_ms;
  if (received != connection_->heard_bytes || slept) {
    connection_->heard_bytes = received;
    connection_->heard_ns = now;
  } else if (now - connection_->heard_ns >= timeouts.silence_ms * ns_per_ms) {
    lose("it was silent for " + std::to_string(timeouts.silence_ms) + " ms");
  }
}

} // namespace troupe::peer
