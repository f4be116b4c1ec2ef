#include "actors/kafka/connection.hpp"

#include <algorithm>

#include <caf/io/middleman.hpp>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

namespace troupe::kafka {

namespace {

// Reads begin small, so that thousands of idle connections cost little, and grow while they come back full.
constexpr std::size_t read_size_min_bytes = 4 * limits::kib;
constexpr std::size_t read_size_max_bytes = 256 * limits::kib;
/// A long answer is handed to CAF in pieces of this size, two at a time: the thread that serves all connections turns to
/// the others in between, and a piece that was just copied is still in the processor's cache when the kernel copies it.
constexpr std::size_t piece_bytes = 256 * limits::kib;
/// How soon a connection that was halted for the sake of all others looks whether it may go on.
constexpr auto retry_after = std::chrono::milliseconds{10};

void set_read_size(connection_actor* self, std::size_t size) {
  auto& state = self->state;
  if (state.read_size_bytes != size) {
    state.read_size_bytes = size;
    self->configure_read(state.handle, caf::io::receive_policy::at_most(size));
  }
}

// Whoever monitors stays in a list of the one that is monitored until he says so.
void end(connection_actor* self) {
  self->demonitor(self->state.listener);
  self->quit();
}

// A graceful close waits for a peer that may never read; this one does not.
void close_hard(connection_actor* self, std::string_view why) {
  spdlog::debug("connection {}: closed: {}", self->state.handle.id(), why);
  ::shutdown(static_cast<int>(self->state.handle.id()), SHUT_RDWR);
  self->close(self->state.handle);
  end(self);
}

void write_what_is_ready(connection_actor* self) {
  auto& core = *self->state.core;
  if (core.undelivered() > piece_bytes)
    return;
  auto& out = self->wr_buf(self->state.handle);
  auto before = out.size();
  core.drain(out, piece_bytes);
  if (out.size() > before) {
    core.set_undelivered(core.undelivered() + out.size() - before);
    self->state.entry->sent_bytes.add_alone(out.size() - before);
    self->flush(self->state.handle);
  }
}

/// For those who watch.
void show(connection_state& state) {
  state.entry->requests.set(static_cast<std::int64_t>(state.core->requests()));
  state.entry->waiting_requests.set(static_cast<std::int64_t>(state.core->waiting_requests()));
  state.entry->unsent_bytes.set(static_cast<std::int64_t>(state.core->unsent()));
  if (!state.has_name && !state.core->client_name().empty()) {
    state.has_name = true;
    state.entry.client(state.core->client_name());
  }
}

bool may_read(const connection_state& state) {
  return !state.draining && state.core->unsent() < state.core->unsent_limit() && state.core->wants_input();
}

// CAF loses a `trigger` that comes in the same round of its event loop as the `halt`, and the other way round: the
// connection would never be read again. So a connection is only halted while it is being read (in on_data), and only
// triggered by way of a function that is posted to the loop, which runs in a later round; a mere message to itself may
// still be handled in this one.
void halt_if_needed(connection_actor* self) {
  auto& state = self->state;
  if (!state.halted && !may_read(state)) {
    state.halted = true;
    self->halt(state.handle);
  }
}

void resume_if_possible(connection_actor* self) {
  auto& state = self->state;
  if (!state.halted || state.resume_sent)
    return;
  if (may_read(state)) {
    state.resume_sent = true;
    self->system().middleman().backend().post(
        [me = caf::actor_cast<caf::actor>(self)] { caf::anon_send(me, connection_resume{}); });
  } else if (state.core->waits_for_others()) { // which do not say when they are done
    state.resume_sent = true;
    self->delayed_send(self, retry_after, connection_resume{});
  }
}

void resume(connection_actor* self) {
  auto& state = self->state;
  state.resume_sent = false;
  if (state.halted && may_read(state)) {
    state.halted = false;
    self->trigger(state.handle);
  }
}

/// Writes what is ready, and reads on if there is room again.
void pump(connection_actor* self) {
  auto& state = self->state;
  write_what_is_ready(self);
  if (state.core->failed() && state.core->unsent() == 0)
    close_hard(self, state.core->failure());
  else if (state.draining && state.core->idle() && state.core->unsent() == 0)
    close_hard(self, "the node stops");
  else
    resume_if_possible(self);
}

void on_data(connection_actor* self, caf::io::new_data_msg& message) {
  auto& state = self->state;
  state.last_moved_ns = state.core->now_ns();
  auto size = message.buf.size();
  if (!state.draining)
    state.core->receive({message.buf.data(), size});
  state.entry->received_bytes.add_alone(size);
  show(state);
  if (size >= state.read_size_bytes && size < read_size_max_bytes)
    set_read_size(self, std::min(size * 4, read_size_max_bytes));
  halt_if_needed(self);
  pump(self);
}

void on_sent(connection_actor* self, const caf::io::data_transferred_msg& message) {
  auto& state = self->state;
  state.last_moved_ns = state.core->now_ns();
  state.core->set_undelivered(message.remaining);
  pump(self);
  show(state);
}

void on_tick(connection_actor* self) {
  auto& state = self->state;
  state.core->tick();
  auto why = state.core->overdue(state.core->now_ns() - state.last_moved_ns, state.core->unsent() > 0);
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
                         view_ptr view, const caf::actor& listener) {
  auto& state = self->state;
  state.handle = handle;
  environment.self = caf::actor_cast<session_client>(self);
  environment.metrics->connections_accepted.add();
  state.entry = metrics::connection_table::add(environment.metrics->connections,
                                               self->remote_addr(handle) + ":" + std::to_string(self->remote_port(handle)),
                                               environment.clock->wall());
  state.core = std::make_unique<session>(std::move(environment), std::move(view));
  state.last_moved_ns = state.core->now_ns();
  self->ack_writes(handle, true);
  set_read_size(self, read_size_min_bytes);
  self->set_exit_handler([self](caf::exit_msg&) { close_hard(self, "the node stops"); });
  // Nobody would count it any more, give it new views, or end it.
  state.listener = listener.address();
  self->monitor(listener);
  self->set_down_handler([self](caf::down_msg&) { close_hard(self, "the listener ended"); });
  return {
      [self](caf::io::new_data_msg& m) { on_data(self, m); },
      [self](const caf::io::data_transferred_msg& m) { on_sent(self, m); },
      [self](const caf::io::connection_closed_msg&) { end(self); },
      pass_on<append_reply>(self),
      pass_on<fetch_reply>(self),
      pass_on<fetch_wakeup>(self),
      pass_on<list_offset_reply>(self),
      pass_on<epoch_end_reply>(self),
      pass_on<delete_records_reply>(self),
      pass_on<partition_size_reply>(self),
      pass_on<active_producers_reply>(self),
      pass_on<controller_reply>(self),
      pass_on<producer_id_reply>(self),
      pass_on<request_deadline>(self),
      pass_on<view_update>(self),
      [self](connection_tick) { on_tick(self); },
      [self](connection_resume) {
        resume(self);
        pump(self);
      },
      [self](connection_drain) {
        self->state.draining = true;
        pump(self);
      },
  };
}

} // namespace troupe::kafka
