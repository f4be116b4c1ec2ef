#include "actors/admin/admin_connection.hpp"

#include "actors/admin/health.hpp"

#include <sys/socket.h>

namespace troupe::admin {

namespace {

constexpr std::size_t read_size_bytes = 4 * limits::kib;
/// How long a client may take to notice that no more is read: closing at once would lose what was just sent to it.
constexpr int linger_ticks = 2;

int socket_of(const admin_connection_state& state) { return static_cast<int>(state.handle.id()); }

void end(admin_connection_actor* self) {
  self->demonitor(self->state.listener);
  self->quit();
}

// A graceful close waits for a peer that may never read; this one does not.
void close_hard(admin_connection_actor* self) {
  ::shutdown(socket_of(self->state), SHUT_RDWR);
  self->close(self->state.handle);
  end(self);
}

/// Tells the client that all was said, and lets it go. What it still sends is thrown away.
void let_go(admin_connection_actor* self) {
  auto& state = self->state;
  if (state.ticks_to_close >= 0)
    return;
  ::shutdown(socket_of(state), SHUT_WR);
  state.ticks_to_close = linger_ticks;
}

void pump(admin_connection_actor* self) {
  auto& state = self->state;
  // Health is answered here: it must not depend on whoever makes the other pages.
  while (auto request = state.core->take_request()) {
    ++state.requests;
    if (auto health = health_page(state.environment, *request))
      state.core->answer(*health);
    else
      self->send(state.pages,
                 page_request{state.requests, std::move(*request), caf::actor_cast<page_client>(self)});
  }
  if (auto out = state.core->take_output(); !out.empty()) {
    self->write(state.handle, out.size(), out.data());
    self->flush(state.handle);
  }
  if (state.core->is_over())
    close_hard(self);
  else if (state.core->is_last())
    let_go(self);
}

void on_tick(admin_connection_actor* self) {
  auto& state = self->state;
  if (state.ticks_to_close == 0) {
    close_hard(self);
    return;
  }
  if (state.ticks_to_close > 0)
    --state.ticks_to_close;
  state.core->tick();
  pump(self);
}

void on_page(admin_connection_actor* self, const page_reply& reply) {
  if (reply.number != self->state.requests)
    return; // of a request that was given up
  self->state.core->answer(reply.response);
  pump(self);
}

} // namespace

caf::behavior admin_connection(admin_connection_actor* self, caf::io::connection_handle handle,
                               admin_environment environment, std::string listener_host, pages_actor pages,
                               const caf::actor& listener) {
  auto& state = self->state;
  state.handle = handle;
  state.core = std::make_unique<http_session>(*environment.clock, std::move(listener_host));
  state.environment = std::move(environment);
  state.pages = std::move(pages);
  self->ack_writes(handle, true);
  self->configure_read(handle, caf::io::receive_policy::at_most(read_size_bytes));
  self->set_exit_handler([self](caf::exit_msg&) { close_hard(self); });
  // It makes the clock tick here: without it a slow client would stay for ever.
  state.listener = listener.address();
  self->monitor(listener);
  self->set_down_handler([self](caf::down_msg&) { close_hard(self); });
  return {
      [self](const caf::io::new_data_msg& m) {
        self->state.core->receive({m.buf.data(), m.buf.size()});
        pump(self);
      },
      [self](const caf::io::data_transferred_msg& m) {
        self->state.core->sent(m.remaining);
        pump(self);
      },
      [self](const caf::io::connection_closed_msg&) { end(self); },
      [self](const page_reply& m) { on_page(self, m); },
      [self](admin_tick) { on_tick(self); },
  };
}

} // namespace troupe::admin
