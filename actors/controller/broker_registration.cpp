#include "actors/controller/broker_registration.hpp"

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

/// After an answer that says "not now".
constexpr auto try_again_after = std::chrono::milliseconds{50};
/// While leaderships are handed over.
constexpr auto leaving_interval = std::chrono::milliseconds{20};
/// Without an answer for so long there is nobody to take anything over: the others are stopping, too.
constexpr std::int64_t leaving_patience_ns = 1'000 * ns_per_ms;
/// A heartbeat that is so late was not late by itself: the process has stood still.
constexpr std::int64_t asleep_ns = 300 * ns_per_ms;
/// For so long a controller in this same process may not know either that it does not lead any more.
constexpr std::int64_t waking_ns = 1'000 * ns_per_ms;
/// Whose answers may still come.
constexpr std::size_t beats_max = 16;

} // namespace

void broker_registration_state::start(broker_registration_settings settings) {
  settings_ = std::move(settings);
  settings_.broker.fenced = is_watched();
  began_ns_ = settings_.clock->monotonic_ns();
  self_->send(settings_.cache, metadata_subscription{self_});
  go(phase::forming);
}

void broker_registration_state::go(phase next) {
  phase_ = next;
  speak();
}

void broker_registration_state::ask(metadata::command what) {
  self_->send(settings_.controller, controller_request{{++round_, 0}, std::move(what), self_});
}

void broker_registration_state::speak() {
  switch (phase_) {
    case phase::forming:
      ask(metadata::form_cluster{settings_.broker.cluster_id.empty() ? settings_.fresh_cluster_id
                                                                     : settings_.broker.cluster_id});
      break;
    case phase::registering:
      ask(settings_.broker);
      break;
    case phase::serving:
    case phase::leaving:
      note_beat();
      ask(metadata::broker_heartbeat{settings_.broker.node, epoch_, version_, !can_serve_, phase_ == phase::leaving});
      speak_later(phase_ == phase::leaving ? leaving_interval : settings_.heartbeat_interval);
      break;
    case phase::ended:
      break;
  }
}

void broker_registration_state::speak_later(std::chrono::milliseconds wait) {
  self_->delayed_send(self_, wait, registration_due{++alarm_});
}

void broker_registration_state::on_due(registration_due message) {
  if (message.round != alarm_)
    return;
  if (phase_ == phase::leaving && settings_.clock->monotonic_ns() - heard_ns_ > leaving_patience_ns)
    release();
  else
    speak();
}

void broker_registration_state::release() {
  phase_ = phase::ended;
  self_->send(settings_.owner, broker_released{});
}

void broker_registration_state::on_reply(const controller_reply& reply) {
  auto* heartbeat = std::get_if<metadata::broker_heartbeat_reply>(&reply.what);
  if (reply.code == errc::none && heartbeat && (phase_ == phase::serving || phase_ == phase::leaving)) {
    on_heartbeat(*heartbeat, reply.tag.request); // a late one is as good
    return;
  }
  if (reply.tag.request != round_ || phase_ == phase::ended)
    return;
  if (reply.code != errc::none) {
    if (phase_ == phase::forming || phase_ == phase::registering)
      speak_later(try_again_after);
  } else if (auto* formed = std::get_if<metadata::form_cluster_reply>(&reply.what)) {
    on_formed(*formed);
  } else if (auto* registered = std::get_if<metadata::register_broker_reply>(&reply.what)) {
    on_registered(*registered, reply.version);
  }
}

void broker_registration_state::on_formed(const metadata::form_cluster_reply& reply) {
  auto& mine = settings_.broker.cluster_id;
  if (!mine.empty() && mine != reply.cluster_id) {
    refuse("this node's data belong to the cluster " + mine + ", and its peers are the cluster " + reply.cluster_id
           + ": name the right peers, or another data directory");
    return;
  }
  mine = reply.cluster_id;
  go(phase::registering);
}

void broker_registration_state::on_registered(const metadata::register_broker_reply& reply,
                                              metadata::metadata_version version) {
  if (reply.what == errc::duplicate_broker) {
    auto waited_ns = settings_.clock->monotonic_ns() - began_ns_;
    if (waited_ns < settings_.duplicate_patience.count() * ns_per_ms)
      speak_later(try_again_after);
    else
      refuse("another node of the cluster lives under the id " + std::to_string(settings_.broker.node.value())
             + ": give each its own node_id");
    return;
  }
  if (reply.what.code != errc::none) {
    refuse("the controller refuses this broker: " + reply.what.message());
    return;
  }
  epoch_ = reply.epoch;
  self_->send(settings_.owner, broker_registered{epoch_, version, settings_.broker.cluster_id});
  phase_ = phase::serving;
  if (is_watched())
    speak();
}

void broker_registration_state::note_beat() {
  auto now = settings_.clock->monotonic_ns();
  if (beat_ns_ != 0 && now - beat_ns_ > settings_.heartbeat_interval.count() * ns_per_ms + asleep_ns)
    awake_ns_ = now + waking_ns;
  beat_ns_ = now;
  beats_ns_[round_ + 1] = now;
  if (beats_ns_.size() > beats_max)
    beats_ns_.erase(beats_ns_.begin());
}

/// It lasts from when the heartbeat was sent: nobody knows how long the answer was under way.
void broker_registration_state::renew_lease(std::uint64_t round, bool is_fenced) {
  auto beat = beats_ns_.find(round);
  if (!settings_.lease)
    return;
  if (is_fenced)
    settings_.lease->end();
  else if (beat != beats_ns_.end() && beat->second >= awake_ns_)
    settings_.lease->extend(beat->second + settings_.lease_time.count() * ns_per_ms);
}

void broker_registration_state::on_heartbeat(const metadata::broker_heartbeat_reply& reply, std::uint64_t round) {
  heard_ns_ = settings_.clock->monotonic_ns();
  renew_lease(round, reply.is_fenced || reply.what.code != errc::none);
  if (reply.what.code != errc::none) {
    if (phase_ == phase::leaving) {
      release();
      return;
    }
    spdlog::warn("broker_registration: the controller does not know this broker any more ({}): it registers anew",
                 reply.what.message());
    began_ns_ = settings_.clock->monotonic_ns();
    phase_ = phase::registering;
    speak_later(try_again_after);
    return;
  }
  if (std::exchange(is_fenced_, reply.is_fenced) != reply.is_fenced)
    spdlog::info("broker_registration: the broker {}", reply.is_fenced ? "is fenced" : "serves");
  if (phase_ == phase::leaving && reply.should_shutdown)
    release();
}

// A broker is unfenced as soon as it has the metadata: no need to wait for the next heartbeat's time.
void broker_registration_state::on_metadata(const metadata_update& update) {
  version_ = update.image->version();
  if (phase_ == phase::serving && is_watched() && is_fenced_ && can_serve_)
    speak();
}

void broker_registration_state::can_serve() {
  if (!std::exchange(can_serve_, true) && phase_ == phase::serving && is_watched())
    speak();
}

void broker_registration_state::leave() {
  if (phase_ == phase::serving && is_watched()) {
    heard_ns_ = settings_.clock->monotonic_ns();
    go(phase::leaving);
  } else {
    release();
  }
}

void broker_registration_state::refuse(std::string why) {
  phase_ = phase::ended;
  self_->send(settings_.owner, broker_refused{std::move(why)});
}

broker_registration_actor::behavior_type
broker_registration(broker_registration_actor::stateful_pointer<broker_registration_state> self,
                    broker_registration_settings settings) {
  auto* state = &self->state;
  state->start(std::move(settings));
  return {
      [state](const controller_reply& m) { state->on_reply(m); },
      [state](const metadata_update& m) { state->on_metadata(m); },
      [state](broker_can_serve) { state->can_serve(); },
      [state](leave_cluster) { state->leave(); },
      [state](registration_due m) { state->on_due(m); },
  };
}

} // namespace troupe
