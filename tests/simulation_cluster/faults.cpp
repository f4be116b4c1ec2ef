#include "tests/simulation_cluster/faults.hpp"

#include "tests/simulation_cluster/stored.hpp"

#include <algorithm>
#include <functional>

namespace troupe::simulation::cluster {

namespace {

constexpr std::int64_t silence_ms = 1'000; ///< as the network's
constexpr std::int64_t look_again_ms = 200;
constexpr std::uint64_t never = std::uint64_t{1} << 60;

} // namespace

faults::faults(const plan& drawn, members& nodes, simulated::simulated_network& network, const virtual_clock& clock,
               simulation::judge& checks, history& report, std::uint64_t seed)
    : plan_(drawn), nodes_(nodes), network_(network), clock_(clock), checks_(checks), report_(report), random_(seed),
      troubles_(drawn.nodes.size()) {
  calm_ms_ = 300 + random_.below(8'000);
}

void faults::tick() {
  auto now = clock_.ms();
  for (int node = 0; node < static_cast<int>(nodes_.size()); ++node) {
    auto& trouble = of(node);
    if (!at(node).is_up() && now >= trouble.down_until_ms)
      start(node);
    if (trouble.silent_at_ms > 0 && now >= trouble.silent_at_ms) {
      trouble.silent_at_ms = 0;
      for (auto& other : nodes_)
        if (other->number() != node)
          network_.end_of_silence(at(node).id(), other->id());
    }
    if (at(node).is_paused() && now >= trouble.paused_until_ms)
      wake(node);
  }
  if (!falling_silent_.empty() && now >= silent_at_ms_)
    end_silence();
  if (!cuts_.empty() && now >= cuts_until_ms_)
    heal_network();
  roll();
  if (!healed_ && now >= strike_at_ms_) {
    strike_at_ms_ = in(2 * calm_ms_);
    strike();
  }
  next_ms_ = std::min(now + look_again_ms, healed_ ? now + look_again_ms : strike_at_ms_);
}

void faults::strike() {
  std::vector<std::function<void()>> choices;
  auto add = [&](bool may, std::function<void()> what) {
    if (may)
      choices.push_back(std::move(what));
  };
  add(plan_.crashes, [this] { crash(any(), false, 3'000); });
  add(plan_.power_cuts, [this] { crash(any(), true, 3'000); });
  add(plan_.blackouts && random_.one_in(3), [this] { blackout(); });
  add(plan_.torn_writes, [this] { at(any()).disk().crash_after(random_.below(60)); });
  add(plan_.orderly_stops, [this] {
    if (random_.one_in(3))
      rolling_ = 0;
    else
      hit(any());
  });
  add(plan_.pauses, [this] { pause(any()); });
  add(plan_.partitions && cuts_.empty(), [this] { partition_network(); });
  add(plan_.hold_ups, [this] { hold_up(); });
  add(plan_.partition_deaths, [this] { at(any()).kill_an_actor(); });
  add(plan_.clock_jumps, [this] {
    auto node = any();
    report_.note("the clock of node " + std::to_string(at(node).id().value()) + " jumps");
    at(node).clock().jump(static_cast<std::int64_t>(random_.below(2'400'000)) - 1'200'000);
  });
  add(plan_.wipes && may_wipe(), [this] { wipe(any()); });
  add(plan_.rot, [this] { rot(any()); });
  if (!choices.empty())
    choices[random_.below(choices.size())]();
}

/// Stops in order.
void faults::hit(int node) {
  if (!at(node).is_ready() || of(node).stopping || at(node).is_paused())
    return;
  of(node).stopping = true;
  at(node).stop();
}

void faults::roll() {
  if (!rolling_)
    return;
  for (auto& node : nodes_)
    if (!node->is_ready() || of(node->number()).stopping)
      return;
  if (*rolling_ == static_cast<int>(nodes_.size())) {
    rolling_.reset();
    return;
  }
  hit((*rolling_)++);
}

void faults::crash(int node, bool power_cut, std::uint64_t down_ms_max) {
  auto& trouble = of(node);
  if (at(node).is_paused())
    wake(node);
  trouble.stopping = false;
  trouble.down_until_ms = random_.one_in(3) ? clock_.ms() + 10 : in(down_ms_max);
  at(node).disk().crash_after(never);
  at(node).crash(power_cut);
}

void faults::start(int node) {
  if (at(node).start())
    return;
  // The power went in the middle of the recovery. What else keeps a node from starting is a fault of its own.
  if (!at(node).disk().is_off())
    report_.fail(outcome::correctness, "a node does not start: " + at(node).why());
  crash(node, true, 1'000);
}

void faults::look_after(int node) {
  if (at(node).disk().is_off()) {
    crash(node, true, 3'000);
  } else if (at(node).has_ended()) {
    report_.note("node " + std::to_string(at(node).id().value()) + ": ended: " + at(node).why());
    if (!of(node).stopping || !at(node).why().empty())
      report_.fail(outcome::correctness, "node " + std::to_string(at(node).id().value()) + " ended by itself: " + at(node).why());
    crash(node, false, 1'000);
  }
}

// --- pauses ---

void faults::pause(int node) {
  if (at(node).is_paused() || !at(node).is_up())
    return;
  at(node).pause();
  of(node).paused_until_ms = in(random_.one_in(2) ? 1'000 : 8'000);
  of(node).silent_at_ms = clock_.ms() + silence_ms;
}

void faults::wake(int node) {
  at(node).go_on();
  auto was_silent = std::exchange(of(node).silent_at_ms, 0) == 0;
  if (!was_silent)
    return;
  for (auto& other : nodes_) {
    pair_of_nodes pair{std::min(node, other->number()), std::max(node, other->number())};
    auto is_silent = other->is_paused() && of(other->number()).silent_at_ms == 0;
    if (other->number() != node && !cuts_.contains(pair) && !is_silent)
      network_.heal(at(node).id(), other->id());
  }
}

// --- wipes ---

// Whoever was wiped before has everything again.
bool faults::may_wipe() const {
  if (!is_whole())
    return false;
  if (!wiped_)
    return true;
  auto* broker = newest_->find_broker(*wiped_);
  return broker && broker->epoch > wiped_in_;
}

void faults::wipe(int node) {
  if (!at(node).is_broker())
    return;
  wiped_ = at(node).id();
  wiped_in_ = newest_->find_broker(*wiped_)->epoch;
  crash(node, true, 3'000);
  at(node).wipe();
}

// --- rot ---

// Only what others have as well can be had again; one of those that have it may be wiped before.
void faults::rot(int node) {
  if (!at(node).is_broker() || at(node).disk().is_off())
    return;
  auto mine = copies_on(at(node));
  if (!mine || mine->empty())
    return;
  auto& [where, copy] = *std::next(mine->begin(), static_cast<std::ptrdiff_t>(random_.below(mine->size())));
  auto* state = newest_->find_partition(where.first);
  auto has = [&](int id) {
    return std::find(state->replicas.begin(), state->replicas.end(), node_id{id}) != state->replicas.end();
  };
  if (!state || state->is_reassigned() || !has(at(node).id().value())) // who is none may be one again, the only one
    return;
  auto others = plan_.wipes ? 2 : 1;
  for (auto& other : nodes_) {
    if (other->number() == node || !has(other->id().value()) || other->disk().is_off())
      continue;
    auto theirs = copies_on(*other);
    auto found = theirs ? theirs->find(where) : stored_copies::iterator{};
    others -= theirs && found != theirs->end() && found->second.bytes == copy.bytes;
  }
  if (others > 0 || at(node).disk().is_off())
    return;
  auto position = copy.position + random_.below(copy.bytes.size());
  report_.note("rot on node " + std::to_string(at(node).id().value()) + ": " + copy.file + " at " + std::to_string(position));
  at(node).disk().flip_bit(copy.file, position, static_cast<unsigned>(random_.below(8)));
}

bool faults::learn(const metadata::image_ptr& image) {
  if (image->version() <= newest_->version())
    return false;
  newest_ = image;
  return true;
}

bool faults::is_whole() const { return what_is_missing().empty(); }

std::string faults::what_is_missing() const {
  std::string missing;
  for (auto& node : nodes_) {
    if (!node->is_ready())
      missing += " node " + std::to_string(node->id().value()) + " is not ready;";
    auto* broker = newest_->find_broker(node->id());
    if (node->is_broker() && (!broker || broker->fenced))
      missing += " broker " + std::to_string(node->id().value()) + " is fenced;";
  }
  newest_->for_each_topic([&](const metadata::topic& topic) {
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
      auto& one = topic.partitions[i];
      auto name = " " + topic.name + "-" + std::to_string(i);
      if (one.leader == metadata::no_leader)
        missing += name + " has no leader;";
      if (one.isr.size() != one.replicas.size())
        missing += name + " has " + std::to_string(one.isr.size()) + " of " + std::to_string(one.replicas.size())
                   + " replicas in sync;";
      if (one.is_reassigned())
        missing += name + " is being reassigned;";
    }
  });
  return missing;
}

// --- the network ---

void faults::partition_network() {
  std::vector<int> side(nodes_.size());
  auto shape = random_.below(4);
  auto alone = any();
  for (std::size_t i = 0; i < side.size(); ++i)
    side[i] = shape == 0 ? static_cast<int>(i) == alone : static_cast<int>(random_.below(2));
  std::string line = "network:";
  for (int a = 0; a < static_cast<int>(nodes_.size()); ++a)
    for (int b = a + 1; b < static_cast<int>(nodes_.size()); ++b) {
      auto apart = side[static_cast<std::size_t>(a)] != side[static_cast<std::size_t>(b)];
      if (shape == 2) // a ring
        apart = b - a != 1 && !(a == 0 && b + 1 == static_cast<int>(nodes_.size()));
      if (shape == 3)
        apart = random_.one_in(3);
      if (apart) {
        cut(a, b);
        line += " " + std::to_string(at(a).id().value()) + "|" + std::to_string(at(b).id().value());
      }
    }
  cuts_until_ms_ = std::max(silence_ms + 1 + clock_.ms(), in(random_.one_in(2) ? 2'000 : 12'000));
  silent_at_ms_ = clock_.ms() + silence_ms;
  report_.note(line + (falling_silent_.empty() ? "" : " in part in one direction only"));
}

void faults::cut(int a, int b) {
  cuts_.insert({a, b});
  if (!plan_.one_way || random_.one_in(2)) {
    network_.cut(at(a).id(), at(b).id());
    return;
  }
  falling_silent_.insert({a, b});
  if (random_.one_in(2))
    std::swap(a, b);
  network_.cut_one_way(at(a).id(), at(b).id());
}

void faults::end_silence() {
  for (auto& [a, b] : std::exchange(falling_silent_, {}))
    network_.end_of_silence(at(a).id(), at(b).id());
}

void faults::heal_network() {
  report_.note("network: healed");
  end_silence();
  for (auto& [a, b] : std::exchange(cuts_, {})) {
    auto silent = [&](int node) { return at(node).is_paused() && of(node).silent_at_ms == 0; };
    if (!silent(a) && !silent(b))
      network_.heal(at(a).id(), at(b).id());
  }
}

void faults::hold_up() {
  auto from = any();
  auto to = any();
  if (from != to)
    network_.hold_up(at(from).id(), at(to).id(), std::chrono::milliseconds{random_.below(900)});
}

// --- all at once ---

void faults::blackout() {
  report_.note("blackout");
  for (auto& node : nodes_)
    crash(node->number(), true, healed_ ? 10 : 2'000);
  checks_.node_restarts();
}

void faults::heal() {
  report_.note("all faults are healed");
  healed_ = true;
  rolling_.reset();
  for (auto& node : nodes_) {
    node->disk().crash_after(never);
    of(node->number()).down_until_ms = 0;
    if (node->is_paused())
      wake(node->number());
  }
  heal_network();
  tick();
}

} // namespace troupe::simulation::cluster
