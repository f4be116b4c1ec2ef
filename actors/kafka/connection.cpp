#include "actors/kafka/connection.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>
#include <sys/socket.h>

namespace troupe::kafka {

namespace {

// Reads begin small, so that thousands of idle connections cost little, and grow while they come back full.
constexpr std::size_t read_size_min_bytes = 4 * limits::kib;
constexpr std::size_t read_size_max_bytes = 256 * limits::kib;
/// How soon a connection that was halted for the sake of all others looks whether it may go on.
constexpr auto retry_after = std::chrono::milliseconds{10};

void set_read_size(connection_actor* self, std::size_t size) {
  auto& state = self->state;
  if (state.read_size_bytes != size) {
    state.read_size_bytes = size;
    self->configure_read(state.handle, caf::io::receive_policy::at_most(size));
  }
}

// A graceful close waits for a peer that may never read; this one does not.
void close_hard(connection_actor* self, std::string_view why) {
  spdlog::debug("connection {}: closed: {}", self->state.handle.id(), why);
  ::shutdown(static_cast<int>(self->state.handle.id()), SHUT_RDWR);
  self->close(self->state.handle);
  self->quit();
}

void write_what_is_ready(connection_actor* self) {
  auto& state = self->state;
  if (state.unsent_bytes >= limits::connection_unsent_max_bytes)
    return;
  auto& out = self->wr_buf(state.handle);
  auto before = out.size();
  state.core->drain(out, limits::connection_unsent_max_bytes);
  if (out.size() > before) {
    state.unsent_bytes += out.size() - before;
    self->flush(state.handle);
  }
}

void read_or_halt(connection_actor* self) {
  auto& state = self->state;
  auto may_read = !state.draining && state.unsent_bytes < limits::connection_unsent_max_bytes
                  && state.core->wants_input();
  if (may_read == state.halted) {
    state.halted = !may_read;
    if (may_read)
      self->trigger(state.handle);
    else
      self->halt(state.handle);
  }
  // The other connections do not say when they are done.
  if (state.halted && state.core->waits_for_others() && !std::exchange(state.retry_armed, true))
    self->delayed_send(self, retry_after, connection_retry{});
}

/// Writes what is ready, and decides whether more may be read.
void pump(connection_actor* self) {
  auto& state = self->state;
  write_what_is_ready(self);
  if (state.core->failed() && state.unsent_bytes == 0)
    close_hard(self, state.core->failure());
  else if (state.draining && state.core->idle() && state.unsent_bytes == 0)
    close_hard(self, "the node stops");
  else
    read_or_halt(self);
}

void on_data(connection_actor* self, caf::io::new_data_msg& message) {
  auto& state = self->state;
  state.last_moved_ns = state.core->now_ns();
  auto size = message.buf.size();
  state.core->receive({message.buf.data(), size});
  if (size >= state.read_size_bytes && size < read_size_max_bytes)
    set_read_size(self, std::min(size * 4, read_size_max_bytes));
  pump(self);
}

void on_sent(connection_actor* self, const caf::io::data_transferred_msg& message) {
  auto& state = self->state;
  state.last_moved_ns = state.core->now_ns();
  state.unsent_bytes = message.remaining;
  pump(self);
}

void on_tick(connection_actor* self) {
  auto& state = self->state;
  state.core->tick();
  auto why = state.core->overdue(state.core->now_ns() - state.last_moved_ns, state.unsent_bytes > 0);
  if (!why.empty()) {
    close_hard(self, why);
    return;
  }
  pump(self);
}

template <class Message>
auto pass_on(connection_actor* self) {
  return [self](Message& message) {
    self->state.core->on(message);
    pump(self);
  };
}

} // namespace

caf::behavior connection(connection_actor* self, caf::io::connection_handle handle, session_environment environment,
                         view_ptr view) {
  auto& state = self->state;
  state.handle = handle;
  environment.self = caf::actor_cast<session_client>(self);
  state.core = std::make_unique<session>(std::move(environment), std::move(view));
  state.last_moved_ns = state.core->now_ns();
  self->ack_writes(handle, true);
  set_read_size(self, read_size_min_bytes);
  self->set_exit_handler([self](caf::exit_msg&) { close_hard(self, "the node stops"); });
  return {
      [self](caf::io::new_data_msg& m) { on_data(self, m); },
      [self](const caf::io::data_transferred_msg& m) { on_sent(self, m); },
      [self](const caf::io::connection_closed_msg&) { self->quit(); },
      pass_on<append_reply>(self),
      pass_on<fetch_reply>(self),
      pass_on<fetch_wakeup>(self),
      pass_on<list_offset_reply>(self),
      pass_on<epoch_end_reply>(self),
      pass_on<controller_reply>(self),
      pass_on<producer_id_reply>(self),
      pass_on<request_deadline>(self),
      pass_on<view_update>(self),
      [self](connection_tick) { on_tick(self); },
      [self](connection_retry) {
        self->state.retry_armed = false;
        pump(self);
      },
      [self](connection_drain) {
        self->state.draining = true;
        pump(self);
      },
  };
}

} // namespace troupe::kafka
