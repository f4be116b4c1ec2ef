#include "actors/admin/admin_listener.hpp"

#include <chrono>

#include <spdlog/spdlog.h>
#include <sys/socket.h>

namespace troupe::admin {

namespace {

constexpr auto tick_interval = std::chrono::seconds{1};

caf::result<std::uint16_t> open(admin_listener_actor* self) {
  auto& settings = self->state.settings;
  auto doorman = self->add_tcp_doorman(settings.port, settings.host.c_str(), true);
  if (!doorman)
    return doorman.error();
  self->state.doorman = doorman->first;
  settings.port = doorman->second;
  return doorman->second;
}

void accept(admin_listener_actor* self, caf::io::connection_handle handle) {
  auto& state = self->state;
  if (state.connections.size() >= state.settings.connections_max) {
    spdlog::debug("admin_listener: refused a connection: {} are open", state.connections.size());
    ::shutdown(static_cast<int>(handle.id()), SHUT_RDWR);
    self->close(handle);
    return;
  }
  auto child = self->fork(admin_connection, handle, state.environment, state.settings.host, state.pages,
                          caf::actor_cast<caf::actor>(self));
  self->monitor(child);
  state.connections.insert(std::move(child));
}

void end_if_alone(admin_listener_actor* self) {
  auto& state = self->state;
  if (!state.ends_with || !state.connections.empty())
    return;
  // A tick may still come: CAF keeps it, and with it this actor and all that it has, for as long as the process lives.
  state.pages = nullptr;
  self->quit(*state.ends_with);
}

// Its connections first: whoever of them is left when the multiplexer stops is never destroyed, and with it the handle to
// whoever makes the pages, for whose thread the process would wait.
void end(admin_listener_actor* self, const caf::error& reason) {
  auto& state = self->state;
  if (state.ends_with)
    return;
  state.ends_with = reason;
  if (state.doorman)
    self->close(*state.doorman);
  for (auto& child : state.connections)
    self->send_exit(child, caf::exit_reason::user_shutdown);
  self->send_exit(state.pages, caf::exit_reason::user_shutdown);
  end_if_alone(self);
}

void on_down(admin_listener_actor* self, const caf::down_msg& down) {
  if (self->state.pages && down.source == self->state.pages.address()) {
    end(self, down.reason ? down.reason : caf::make_error(caf::exit_reason::unhandled_exception));
    return;
  }
  self->state.connections.erase(caf::actor_cast<caf::actor>(down.source));
  end_if_alone(self);
}

pages_actor start_pages(admin_listener_actor* self, const admin_environment& environment) {
  return environment.own_thread ? self->spawn<caf::detached + caf::monitored>(pages, environment)
                                : self->spawn<caf::monitored>(pages, environment);
}

} // namespace

caf::behavior admin_listener(admin_listener_actor* self, admin_settings settings, admin_environment environment) {
  auto& state = self->state;
  state.settings = std::move(settings);
  state.environment = std::move(environment);
  state.pages = start_pages(self, state.environment);
  self->set_down_handler([self](caf::down_msg& down) { on_down(self, down); });
  self->set_exit_handler([self](caf::exit_msg& message) { end(self, message.reason); });
  self->delayed_send(self, tick_interval, admin_tick{});
  return {
      [self](const caf::io::new_connection_msg& m) { accept(self, m.handle); },
      [self](open_admin_listener) { return open(self); },
      [self](const view_update& update) {
        if (self->state.pages)
          self->send(self->state.pages, update);
      },
      [self](admin_tick tick) {
        if (self->state.ends_with)
          return;
        for (auto& child : self->state.connections)
          self->send(child, tick);
        self->send(self->state.pages, pages_tick{});
        self->delayed_send(self, tick_interval, tick);
      },
  };
}

} // namespace troupe::admin
