#include "tests/simulation/session_host.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::simulation {

namespace {

constexpr auto tick_interval = std::chrono::seconds{5};
constexpr std::size_t piece_max_bytes = 4'000;
constexpr std::size_t unsent_max_bytes = 20'000;

struct connection_state {
  static inline const char* name = "connection";

  connection_state() = default; // no aggregate: CAF would pass itself as the first member
  ~connection_state() {
    if (bytes) {
      bytes->node_gone = true;
      bytes->node = nullptr;
    }
  }

  pipe_ptr bytes;
  std::unique_ptr<kafka::session> core;
};

using self_pointer = pipe_actor::stateful_pointer<connection_state>;

void read_a_piece(self_pointer self) {
  auto& [bytes, core] = self->state;
  auto& waiting = bytes->to_node;
  if (waiting.empty() || !core->wants_input() || bytes->to_client.size() >= unsent_max_bytes)
    return;
  auto size = std::min(waiting.size(), 1 + static_cast<std::size_t>(bytes->random.below(piece_max_bytes)));
  std::vector<char> piece(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(size));
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(size));
  core->receive({piece.data(), piece.size()});
  self->send(self, pipe_moved{});
}

void pump(self_pointer self) {
  auto& [bytes, core] = self->state;
  if (bytes->client_gone || bytes->node_gone) {
    self->quit();
    return;
  }
  read_a_piece(self);
  if (bytes->to_client.size() < unsent_max_bytes)
    core->drain(bytes->to_client, unsent_max_bytes);
  if (core->failed())
    self->quit();
}

template <class Message>
auto pass_on(self_pointer self) {
  return [self](Message& message) {
    self->state.core->on(message);
    pump(self);
  };
}

pipe_actor::behavior_type host(self_pointer self, pipe_ptr bytes, kafka::session_environment environment,
                               view_ptr view) {
  self->state.bytes = std::move(bytes);
  environment.self = self;
  self->state.core = std::make_unique<kafka::session>(std::move(environment), std::move(view));
  self->delayed_send(self, tick_interval, pipe_tick{});
  return {
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
      pass_on<view_update>(self),
      pass_on<request_deadline>(self),
      [self](pipe_moved) { pump(self); },
      [self](pipe_tick) {
        self->state.core->tick();
        pump(self);
        self->delayed_send(self, tick_interval, pipe_tick{});
      },
  };
}

/// So many partitions are killed for each time that their manager is, and everything with it starts anew.
constexpr std::uint64_t partitions_per_manager = 6;

void kill_one(const broker_view& view, std::uint64_t dice) {
  std::vector<partition_actor> running;
  view.image->for_each_topic([&](const metadata::topic& topic) {
    for (std::size_t i = 0; i < topic.partitions.size(); ++i)
      if (auto* partition = view.find(topic.id, static_cast<std::int32_t>(i)))
        running.push_back(*partition);
  });
  if (!running.empty())
    caf::anon_send_exit(running[dice % running.size()], caf::exit_reason::kill);
}

} // namespace

front_actor::behavior_type front(front_actor::stateful_pointer<front_state> self, const node_access& node) {
  self->state.environment = node.sessions;
  self->state.view = node.view;
  self->state.manager = node.partitions;
  self->send(node.partitions, view_subscription{self});
  self->set_exit_handler([self](caf::exit_msg& message) {
    for (auto& connection : self->state.connections)
      self->send_exit(connection, message.reason);
    self->quit(message.reason);
  });
  self->set_down_handler([self](caf::down_msg& down) {
    std::erase_if(self->state.connections, [&](auto& one) { return one.address() == down.source; });
  });
  return {
      [self](const open_pipe& message) {
        auto& state = self->state;
        auto made = self->spawn<caf::monitored>(host, message.connection, state.environment, state.view);
        message.connection->node = caf::actor_cast<caf::actor>(made);
        state.connections.push_back(made);
        self->send(made, pipe_moved{});
      },
      [self](const kill_partition& message) {
        if (message.dice % partitions_per_manager == 0)
          caf::anon_send_exit(self->state.manager, caf::exit_reason::kill);
        else
          kill_one(*self->state.view, message.dice);
      },
      [self](const view_update& update) {
        self->state.view = update.view;
        for (auto& connection : self->state.connections)
          self->send(connection, update);
      },
  };
}

} // namespace troupe::simulation
