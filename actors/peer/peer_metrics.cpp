#include "actors/peer/peer_metrics.hpp"

namespace troupe::peer {

namespace {

struct counter_family {
  const char* name;
  const char* help;
  metrics::counter peer_counters::*member;
};

constexpr counter_family counter_families[] = {
    {"troupe_peer_sent_messages_total", "Messages to another node.", &peer_counters::sent_messages},
    {"troupe_peer_sent_bytes_total", "Bytes of messages to another node.", &peer_counters::sent_bytes},
    {"troupe_peer_received_messages_total", "Messages from another node.", &peer_counters::received_messages},
    {"troupe_peer_received_bytes_total", "Bytes of messages from another node.", &peer_counters::received_bytes},
    {"troupe_peer_dropped_messages_total",
     "Messages to another node that were dropped: it is not connected, or too much was waiting.",
     &peer_counters::dropped_messages},
    {"troupe_peer_connections_total", "Connections that were made with another node.", &peer_counters::connections},
};

} // namespace

std::shared_ptr<peer_counters> peer_metrics::of(node_id node) {
  std::lock_guard lock{mutex_};
  auto& counters = peers_[node];
  if (!counters)
    counters = std::make_shared<peer_counters>();
  return counters;
}

void peer_metrics::collect(metrics::sink& to) const {
  using metrics::family_kind;
  to.counter("troupe_peer_refused_connections_total", "Connections to the peer listener that were not let in.",
             static_cast<double>(refused.value()));
  std::lock_guard lock{mutex_};
  for (auto& family : counter_families)
    if (to.family(family.name, family_kind::counter, family.help))
      for (auto& [node, counters] : peers_)
        to.sample({{"peer", std::to_string(node.value())}}, static_cast<double>((*counters.*family.member).value()));
  if (to.family("troupe_peer_connected", family_kind::gauge, "Whether another node is connected."))
    for (auto& [node, counters] : peers_)
      to.sample({{"peer", std::to_string(node.value())}}, static_cast<double>(counters->connected.value()));
  if (to.family("troupe_peer_queued_bytes", family_kind::gauge, "Bytes that wait to be sent to another node."))
    for (auto& [node, counters] : peers_)
      to.sample({{"peer", std::to_string(node.value())}}, static_cast<double>(counters->queued_bytes.value()));
  if (to.family("troupe_peer_round_trip_seconds", family_kind::histogram, "How long a heartbeat to another node and back takes."))
    for (auto& [node, counters] : peers_) {
      auto values = counters->round_trips.values();
      to.sample({{"peer", std::to_string(node.value())}}, values);
    }
}

} // namespace troupe::peer
