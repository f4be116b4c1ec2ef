// Which brokers are alive, as far as the controller that leads the quorum has heard. Nothing of this is in
// the metadata log: a new leader gives every broker the whole session timeout again, unless it knows since
// when its node has been silent. Time is a monotonic clock's, in milliseconds.
#pragma once

#include "runtime/metadata/image.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace troupe::metadata {

class broker_watch {
public:
  explicit broker_watch(std::int64_t session_timeout_ms) : timeout_ms_(session_timeout_ms) {}

  /// This node leads the quorum from now on.
  void arm(const metadata_image& image, std::int64_t now_ms);
  /// The broker has registered or serves again: its first heartbeat is awaited.
  void await(node_id node, broker_epoch epoch, std::int64_t now_ms);
  void hear(node_id node, broker_epoch epoch, metadata_version has, std::int64_t now_ms);
  /// Its process has ended, as somebody saw.
  void report_dead(node_id node, broker_epoch epoch);
  /// Nothing has come from its node since then. Matters where no heartbeat has come since this node leads: what is awaited
  /// since then has been missing for longer.
  void report_silent(node_id node, std::int64_t since_ms);
  void forget(node_id node) { sessions_.erase(node); }

  /// Whether it sent a heartbeat within the session timeout, since this node leads.
  bool is_alive(node_id node, broker_epoch epoch, std::int64_t now_ms) const;
  /// What its last heartbeat said; nothing before the first one.
  std::optional<metadata_version> version_of(node_id node, broker_epoch epoch) const;
  /// For how long it is known to be in this life, by a controller that leads; -1: not at all.
  std::int64_t age_ms(node_id node, broker_epoch epoch, std::int64_t now_ms) const;

  /// The unfenced brokers of `image` that are to be fenced, in the order of their ids.
  std::vector<const broker*> silent(const metadata_image& image, std::int64_t now_ms) const;
  /// When silent() may have something new to say; nothing if no broker is unfenced.
  std::optional<std::int64_t> next_deadline_ms(const metadata_image& image) const;

private:
  struct session {
    broker_epoch epoch;
    std::int64_t since_ms = 0;
    std::int64_t last_ms = 0; // of a sign of life, or since when one has been awaited
    bool is_dead = false;
    std::optional<metadata_version> version; // of heartbeats; nothing: there was none
  };
  const session* find(node_id node, broker_epoch epoch) const;
  std::int64_t deadline_ms(const broker& b) const;

  std::int64_t timeout_ms_;
  std::map<node_id, session> sessions_;
  std::int64_t armed_ms_ = 0;
};

} // namespace troupe::metadata
