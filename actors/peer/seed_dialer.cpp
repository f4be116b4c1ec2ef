#include "actors/peer/seed_dialer.hpp"

#include "actors/peer/peer_link.hpp"
#include "runtime/base/clock.hpp"

#include <algorithm>
#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe::peer {

namespace {

/// Whoever has answered gets so long to become connected before the next one is tried.
constexpr std::int64_t answer_pause_ms = 2'000;

std::int64_t seed_now_ms() { return system_clock{}.monotonic_ns() / ns_per_ms; }

/// Seeds are counted among the nodes that may refuse this one, by numbers that no node has.
node_id stand_in(std::size_t place) { return node_id{-2 - static_cast<std::int32_t>(place)}; }

} // namespace

void seed_dialer_state::start(std::shared_ptr<const link_environment> environment) {
  environment_ = std::move(environment);
  random_ = random_source{environment_->self.incarnation.value()};
}

void seed_dialer_state::want(const seeds_wanted& wanted) {
  auto was_on = search_.is_on();
  search_.want(wanted.seeds, seed_now_ms());
  if (search_.is_on() && !was_on) {
    retry_ms_ = 0;
    dial();
  } else if (!search_.is_on()) {
    ++number_;
  }
}

void seed_dialer_state::dial() {
  if (dialing_ != 0 || !search_.is_on())
    return;
  auto& seed = search_.current();
  auto number = ++number_;
  if (auto written = resolve(seed.host, seed.port, false)) {
    seed_resolved at_once{number, std::move(written)};
    on_resolved(at_once);
    return;
  }
  auto answer = [dialer = caf::actor_cast<seed_dialer_actor>(self_), host = seed.host, port = seed.port, number] {
    caf::anon_send(dialer, seed_resolved{number, resolve(host, port, true)});
  };
  self_->system().spawn<caf::detached + caf::hidden>([answer = std::move(answer)](caf::event_based_actor*) { answer(); });
}

void seed_dialer_state::on_resolved(seed_resolved& message) {
  if (message.number != number_ || !search_.is_on())
    return;
  auto addresses = std::move(message.addresses);
  if (environment_->loopback_only)
    addresses = only_loopback(std::move(addresses), search_.current().host);
  if (!addresses) {
    failed(addresses.error().message(), false);
    return;
  }
  dialing_ = environment_->entrance->next_attempt();
  environment_->entrance->dial(dialing_, any_node, std::move(*addresses), random_.next());
}

void seed_dialer_state::on_outcome(const seed_outcome& outcome) {
  if (outcome.attempt != dialing_)
    return;
  dialing_ = 0;
  if (!search_.is_on())
    return;
  if (outcome.node == any_node) {
    failed(outcome.why, outcome.turned_away);
  } else {
    search_.answered();
    dial_later(answer_pause_ms);
  }
}

void seed_dialer_state::failed(const std::string& why, bool turned_away) {
  if (turned_away)
    environment_->welcome->turned_away(stand_in(search_.place()), why, seed_now_ms());
  else
    environment_->welcome->not_reached(stand_in(search_.place()));
  auto was_last = search_.failed(why);
  if (auto report = search_.report(seed_now_ms()); !report.empty())
    spdlog::error("peer_gate: {}", report);
  if (!was_last) {
    dial_later(0);
    return;
  }
  auto& timeouts = environment_->timeouts;
  retry_ms_ = std::clamp(retry_ms_ * 2, timeouts.retry_first_ms, timeouts.retry_last_ms);
  dial_later(retry_ms_ + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(retry_ms_ / 2 + 1))));
}

void seed_dialer_state::dial_later(std::int64_t wait_ms) {
  self_->delayed_send(self_, std::chrono::milliseconds{wait_ms}, seed_due{++number_});
}

void seed_dialer_state::on_due(seed_due message) {
  if (message.number == number_)
    dial();
}

seed_dialer_actor::behavior_type seed_dialer(seed_dialer_actor::stateful_pointer<seed_dialer_state> self,
                                             std::shared_ptr<const link_environment> environment) {
  auto* state = &self->state;
  state->start(std::move(environment));
  return {
      [state](const seeds_wanted& m) { state->want(m); },
      [state](const seed_outcome& m) { state->on_outcome(m); },
      [state](seed_due m) { state->on_due(m); },
      [state](seed_resolved& m) { state->on_resolved(m); },
  };
}

} // namespace troupe::peer
