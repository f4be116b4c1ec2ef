#include "actors/remote/link.hpp"

#include <algorithm>
#include <chrono>

#include <caf/io/middleman.hpp>

namespace troupe::remote {

namespace {

constexpr auto link_tick_interval = std::chrono::milliseconds{100};
/// A node that was paused is quiet, and its connections stay: who waits so long for it asks who leads now.
constexpr std::int64_t link_slow_ms = 500;
/// Longer than it takes for everybody to hear that the connection is lost.
constexpr auto link_refusing_time = std::chrono::seconds{3};
// Reads begin small and grow while they come back full.
constexpr std::size_t link_read_min_bytes = 4 * limits::kib;
constexpr std::size_t link_read_max_bytes = 256 * limits::kib;
/// So much lies in the socket's buffer here before requests wait as calls, which share their bytes.
constexpr std::size_t link_unsent_max_bytes = 1 * limits::mib;

std::int64_t now_ns(link_actor* self) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(self->clock().now().time_since_epoch()).count();
}

// A graceful close waits for a peer that may never read; this one does not.
void lose_connection(link_actor* self, const std::string& why) {
  auto& state = self->state;
  if (!state.core)
    return;
  if (std::exchange(state.connected, false)) {
    ::shutdown(static_cast<int>(state.handle.id()), SHUT_RDWR);
    self->close(state.handle);
  }
  state.core.reset(); // fails what is under way
  self->send(state.settings.owner, link_trouble{caf::actor_cast<link_handle>(self),
                                                state.settings.server.to_string() + ": " + why});
  if (state.announced)
    self->delayed_send(self, link_refusing_time, link_over{});
  else
    self->quit(); // nobody but the owner knows it
}

void pump_link(link_actor* self) {
  auto& state = self->state;
  if (!state.core || !state.connected || state.unsent_bytes >= link_unsent_max_bytes)
    return;
  auto& out = self->wr_buf(state.handle);
  auto before = out.size();
  state.core->drain(out, link_unsent_max_bytes, now_ns(self));
  if (out.size() > before) {
    state.unsent_bytes += out.size() - before;
    self->flush(state.handle);
  }
}

void set_link_read_size(link_actor* self, std::size_t size) {
  self->state.read_size_bytes = size;
  self->configure_read(self->state.handle, caf::io::receive_policy::at_most(size));
}

void connect_link(link_actor* self, const result<std::vector<socket_address>>& addresses) {
  auto& state = self->state;
  if (!state.core)
    return;
  if (!addresses) {
    lose_connection(self, addresses.error().message());
    return;
  }
  auto fd = begin_connect((*addresses)[state.settings.attempt % addresses->size()]);
  if (!fd) {
    lose_connection(self, fd.error().message());
    return;
  }
  // Still connecting: it can be written once it is connected, and is closed if it cannot be.
  state.handle = self->add_scribe(*fd);
  state.connected = true;
  self->ack_writes(state.handle, true);
  set_link_read_size(self, link_read_min_bytes);
  pump_link(self);
}

void resolve_elsewhere(link_actor* self) {
  self->system().spawn<caf::detached>(
      [server = self->state.settings.server, link = caf::actor_cast<caf::actor>(self)] {
        caf::anon_send(link, link_resolved{resolve(server, true)});
      });
}

void on_link_data(link_actor* self, const caf::io::new_data_msg& message) {
  auto& state = self->state;
  auto size = message.buf.size();
  if (!state.core)
    return;
  if (auto taken = state.core->receive({message.buf.data(), size}, now_ns(self)); !taken) {
    lose_connection(self, taken.error().message());
    return;
  }
  if (state.core->is_ready() && !std::exchange(state.announced, true))
    self->send(state.settings.owner, link_up{caf::actor_cast<link_handle>(self)});
  if (size >= state.read_size_bytes && size < link_read_max_bytes)
    set_link_read_size(self, std::min(size * 4, link_read_max_bytes));
  pump_link(self);
}

bool is_link_left(link_actor* self) { return self->state.leaving && self->state.core->is_idle(); }

void on_link_tick(link_actor* self) {
  if (!self->state.core)
    return;
  if (auto fine = self->state.core->tick(now_ns(self)); !fine) {
    lose_connection(self, fine.error().detail);
    return;
  }
  if (is_link_left(self)) {
    lose_connection(self, "it is not needed any more");
    return;
  }
  if (self->state.core->late_ms(now_ns(self)) >= link_slow_ms)
    self->send(self->state.settings.owner, link_slow{caf::actor_cast<link_handle>(self)});
  pump_link(self);
  self->delayed_send(self, link_tick_interval, link_tick{});
}

} // namespace

caf::behavior link(link_actor* self, link_settings settings) {
  auto& state = self->state;
  state.settings = std::move(settings);
  state.core = std::make_unique<pipeline>(state.settings.options, now_ns(self));
  self->set_exit_handler([self](caf::exit_msg&) {
    lose_connection(self, "it is not needed any more");
    self->quit();
  });
  self->delayed_send(self, link_tick_interval, link_tick{});
  if (auto addresses = resolve(state.settings.server, false))
    self->send(self, link_resolved{std::move(addresses)});
  else
    resolve_elsewhere(self);
  return {
      [self](const link_call& m) {
        if (!self->state.core) {
          m.call->refuse(errc::not_leader);
          return;
        }
        self->state.core->submit(m.call);
        pump_link(self);
      },
      [self](link_leave) { self->state.leaving = true; },
      [self](link_close) { lose_connection(self, "it is not needed any more"); },
      [self](const caf::io::new_data_msg& m) { on_link_data(self, m); },
      [self](const caf::io::data_transferred_msg& m) {
        self->state.unsent_bytes = m.remaining;
        pump_link(self);
      },
      [self](const caf::io::connection_closed_msg&) {
        self->state.connected = false;
        lose_connection(self,
                        self->state.announced ? "the node closed the connection" : "no node answers there");
      },
      [self](const link_resolved& m) { connect_link(self, m.addresses); },
      [self](link_tick) { on_link_tick(self); },
      [self](link_over) { self->quit(); },
  };
}

link_handle open_link(caf::actor_system& system, link_settings settings) {
  return caf::actor_cast<link_handle>(system.middleman().spawn_broker(link, std::move(settings)));
}

} // namespace troupe::remote
