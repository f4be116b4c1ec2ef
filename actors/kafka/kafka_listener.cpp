#include "actors/kafka/kafka_listener.hpp"

#include <chrono>

#include <spdlog/spdlog.h>
#include <sys/socket.h>

namespace troupe::kafka {

namespace {

constexpr auto tick_interval = std::chrono::seconds{1};
/// How long a stopping listener lets its connections answer what is under way.
constexpr auto drain_time = std::chrono::milliseconds{1'000};
constexpr std::int64_t refusals_reported_every_ns = 10'000 * ns_per_ms;

caf::result<std::uint16_t> open(listener_actor* self) {
  auto& settings = self->state.settings;
  auto doorman = self->add_tcp_doorman(settings.port, settings.host.c_str(), true);
  if (!doorman)
    return doorman.error();
  self->state.doorman = doorman->first;
  self->state.settings.port = doorman->second;
  return doorman->second;
}

void refuse(listener_actor* self, caf::io::connection_handle handle) {
  ::shutdown(static_cast<int>(handle.id()), SHUT_RDWR);
  self->close(handle);
}

/// What was set while the broker runs goes before its configuration.
std::size_t connections_max(const listener_state& state) {
  auto set = metadata::dynamic_number("max.connections",
                                      state.view->image->overrides_of(state.environment.options->self));
  return set ? static_cast<std::size_t>(*set) : state.settings.connections_max;
}

/// Once in a while: who is refused comes again at once.
void report_refusals(listener_state& state) {
  ++state.unreported_refusals;
  auto now_ns = state.environment.clock->monotonic_ns();
  if (state.refusals_reported_ns && now_ns - *state.refusals_reported_ns < refusals_reported_every_ns)
    return;
  state.refusals_reported_ns = now_ns;
  spdlog::warn("kafka_listener: refused {} connections: {} are open, which is connections_max",
               std::exchange(state.unreported_refusals, 0), state.connections.size());
}

void accept(listener_actor* self, caf::io::connection_handle handle) {
  auto& state = self->state;
  if (state.connections.size() >= connections_max(state)) {
    report_refusals(state);
    state.environment.metrics->connections_refused.add();
    refuse(self, handle);
    return;
  }
  auto child = self->fork(connection, handle, state.environment, state.view, caf::actor_cast<caf::actor>(self));
  self->monitor(child);
  state.connections.insert(std::move(child));
}

template <class Message>
void tell_all(listener_actor* self, const Message& message) {
  for (auto& child : self->state.connections)
    self->send(child, message);
}

void end_if_drained(listener_actor* self) {
  if (self->state.draining && self->state.connections.empty())
    self->quit(caf::exit_reason::user_shutdown);
}

void drain(listener_actor* self) {
  auto& state = self->state;
  if (std::exchange(state.draining, true))
    return;
  if (state.doorman)
    self->close(*state.doorman);
  tell_all(self, connection_drain{});
  self->delayed_send(self, drain_time, drain_over{});
  end_if_drained(self);
}

void end_now(listener_actor* self) {
  for (auto& child : self->state.connections)
    self->send_exit(child, caf::exit_reason::user_shutdown);
  self->quit(caf::exit_reason::user_shutdown);
}

} // namespace

caf::behavior kafka_listener(listener_actor* self, listener_settings settings, session_environment environment) {
  self->state.settings = std::move(settings);
  self->state.environment = std::move(environment);
  self->set_down_handler([self](caf::down_msg& down) {
    self->state.connections.erase(caf::actor_cast<caf::actor>(down.source));
    end_if_drained(self);
  });
  self->set_exit_handler([self](caf::exit_msg&) { drain(self); });
  self->delayed_send(self, tick_interval, connection_tick{});
  return {
      [self](const caf::io::new_connection_msg& m) { accept(self, m.handle); },
      [self](open_listener) { return open(self); },
      [self](drain_over) { end_now(self); },
      [self](const view_update& update) {
        self->state.view = update.view;
        tell_all(self, update);
      },
      [self](connection_tick tick) {
        tell_all(self, tick);
        self->delayed_send(self, tick_interval, tick);
      },
  };
}

} // namespace troupe::kafka
