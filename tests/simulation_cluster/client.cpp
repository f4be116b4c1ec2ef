#include "tests/simulation_cluster/client.hpp"

#include "runtime/wire/error_code.hpp"

#include <algorithm>

namespace troupe::simulation::cluster {

namespace {

/// A client gives a connection up when it has waited for an answer for so long.
constexpr std::int64_t patience_ms = 12'000;
constexpr wire::api_version epochs_since = 7; ///< of Metadata

} // namespace

client::client(const world_parts& world, std::string name, std::uint64_t seed)
    : world_(world), random_(seed), name_(std::move(name)) {
  for (auto& node : world_.nodes)
    links_.emplace_back(*node, world_.report, random_.next());
}

bool client::wants_turn() const {
  return world_.clock.ms() >= next_ms_
         || std::any_of(links_.begin(), links_.end(),
                        [](auto& one) { return one.connected && (one.wire.has_news() || one.wire.was_cut()); });
}

bool client::waits_for_answers() const {
  return std::any_of(links_.begin(), links_.end(), [](auto& one) { return one.wire.unanswered() > 0; });
}

void client::step() {
  for (int i = 0; i < static_cast<int>(links_.size()); ++i)
    look_at(i);
  auto now = world_.clock.ms();
  if (now < next_ms_)
    return;
  next_ms_ = now + 1 + static_cast<std::int64_t>(random_.below(finishing_ ? 50 : world_.drawn.think_max_ms));
  refresh_routes();
  act();
}

void client::look_at(int node) {
  auto& to = links_[static_cast<std::size_t>(node)];
  if (!to.connected)
    return;
  auto now = world_.clock.ms();
  while (auto came = to.wire.receive()) {
    to.waiting_since_ms = now;
    if (came->key != wire::api_key::metadata) {
      on_answer(node, *came);
    } else if (auto said = to.wire.open<wire::metadata_response>(*came)) {
      asking_ = false;
      take_routes(node, *said);
    }
  }
  if (to.wire.unanswered() == 0)
    to.waiting_since_ms = now;
  if (to.wire.was_cut() || now - to.waiting_since_ms > patience_ms)
    drop(node);
}

void client::drop(int node) {
  auto& to = links_[static_cast<std::size_t>(node)];
  if (!to.connected)
    return;
  note("loses its connection to node " + std::to_string(world_.nodes[static_cast<std::size_t>(node)]->id().value()));
  to.wire.drop();
  to.connected = false;
  to.connect_at_ms = world_.clock.ms() + static_cast<std::int64_t>(random_.below(100));
  if (asked_ == node)
    asking_ = false;
  stale_ = true;
  on_lost(node);
}

void client::lose_a_connection() { drop(static_cast<int>(random_.below(links_.size()))); }

wire_client* client::link_to(int node) {
  auto& to = links_[static_cast<std::size_t>(node)];
  auto now = world_.clock.ms();
  if (to.connected)
    return &to.wire;
  if (now < to.connect_at_ms || !to.wire.connect())
    return nullptr;
  to.connected = true;
  to.waiting_since_ms = now;
  return &to.wire;
}

int client::any_node() {
  auto node = static_cast<int>(random_.below(links_.size()));
  return link_to(node) ? node : -1;
}

client::route client::route_to(const place& where) const {
  auto found = routes_.find(where);
  return found == routes_.end() ? route{} : found->second;
}

snapshot client::shown_by_leader(const place& where, std::int32_t epoch) {
  return world_.drawn.partition_deaths ? snapshot{} : world_.told.in(where, epoch);
}

void client::refresh_routes() {
  auto now = world_.clock.ms();
  if (asking_ || now < refresh_at_ms_ || (!stale_ && !random_.one_in(100)))
    return;
  asked_ = any_node();
  if (asked_ < 0)
    return;
  refresh_at_ms_ = now + 20 + static_cast<std::int64_t>(random_.below(100));
  asking_ = true;
  stale_ = false;
  link_to(asked_)->send(wire::metadata_request{}, true, epochs_since);
}

void client::take_routes(int node, const wire::metadata_response& said) {
  auto life = world_.nodes[static_cast<std::size_t>(node)]->observers();
  for (auto& topic : said.topics) {
    if (topic.error_code != 0 || !topic.name)
      continue;
    for (auto& part : topic.partitions) {
      place where{*topic.name, part.partition_index};
      world_.cluster_checks.on(leader_told{where, part.leader_epoch, part.leader_id, node, life, name_});
      auto& known = routes_[where];
      if (part.leader_epoch < known.epoch) {
        stale_ = true;
        continue;
      }
      known = {-1, part.leader_epoch};
      for (std::size_t i = 0; i < world_.nodes.size(); ++i)
        if (world_.nodes[i]->id().value() == part.leader_id)
          known.node = static_cast<int>(i);
      stale_ |= known.node < 0;
    }
  }
}

std::string error_name(std::int16_t code) { return wire::name(static_cast<wire::error_code>(code)); }

} // namespace troupe::simulation::cluster
