#include "runtime/metadata/broker_watch.hpp"

#include <algorithm>
#include <limits>

namespace troupe::metadata {

void broker_watch::arm(const metadata_image& image, std::int64_t now_ms) {
  sessions_.clear();
  armed_ms_ = now_ms;
  image.for_each_broker([&](const broker& b) { await(b.node, b.epoch, now_ms); });
}

void broker_watch::await(node_id node, broker_epoch epoch, std::int64_t now_ms) {
  auto& s = sessions_[node];
  if (s.epoch != epoch)
    s = session{epoch, now_ms, now_ms, false, std::nullopt};
  s.last_ms = std::max(s.last_ms, now_ms);
  s.is_dead = false;
}

void broker_watch::hear(node_id node, broker_epoch epoch, metadata_version has, std::int64_t now_ms) {
  await(node, epoch, now_ms);
  auto& known = sessions_[node].version;
  known = known ? std::max(*known, has) : has;
}

void broker_watch::report_dead(node_id node, broker_epoch epoch) {
  if (auto found = sessions_.find(node); found != sessions_.end() && found->second.epoch == epoch)
    found->second.is_dead = true;
}

void broker_watch::report_silent(node_id node, std::int64_t since_ms) {
  auto found = sessions_.find(node);
  if (found != sessions_.end() && !found->second.version)
    found->second.last_ms = std::min(found->second.last_ms, since_ms);
}

const broker_watch::session* broker_watch::find(node_id node, broker_epoch epoch) const {
  auto found = sessions_.find(node);
  return found != sessions_.end() && found->second.epoch == epoch ? &found->second : nullptr;
}

bool broker_watch::is_alive(node_id node, broker_epoch epoch, std::int64_t now_ms) const {
  auto* s = find(node, epoch);
  return s && s->version && !s->is_dead && now_ms < s->last_ms + timeout_ms_;
}

std::optional<metadata_version> broker_watch::version_of(node_id node, broker_epoch epoch) const {
  auto* s = find(node, epoch);
  return s ? s->version : std::nullopt;
}

std::int64_t broker_watch::age_ms(node_id node, broker_epoch epoch, std::int64_t now_ms) const {
  auto* s = find(node, epoch);
  return s ? now_ms - s->since_ms : -1;
}

std::int64_t broker_watch::deadline_ms(const broker& b) const {
  auto* s = find(b.node, b.epoch);
  if (s && s->is_dead)
    return std::numeric_limits<std::int64_t>::min();
  return (s ? s->last_ms : armed_ms_) + timeout_ms_;
}

std::vector<const broker*> broker_watch::silent(const metadata_image& image, std::int64_t now_ms) const {
  std::vector<const broker*> due;
  image.for_each_broker([&](const broker& b) {
    if (!b.fenced && deadline_ms(b) <= now_ms)
      due.push_back(&b);
  });
  return due;
}

std::optional<std::int64_t> broker_watch::next_deadline_ms(const metadata_image& image) const {
  std::optional<std::int64_t> next;
  image.for_each_broker([&](const broker& b) {
    if (!b.fenced)
      next = std::min(next.value_or(std::numeric_limits<std::int64_t>::max()), deadline_ms(b));
  });
  return next;
}

} // namespace troupe::metadata
