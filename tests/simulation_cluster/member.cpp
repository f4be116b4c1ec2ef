#include "tests/simulation_cluster/member.hpp"

#include <algorithm>
#include <utility>

namespace troupe::simulation::cluster {

namespace {

/// Seeds of nodes must not meet each other's.
constexpr std::uint64_t seeds_per_run = 1'000'003;
constexpr std::uint64_t seeds_per_node = 1'009;

/// Ten times what crystals do.
constexpr std::int64_t drift_max_ppm = 500;

std::int64_t draw_drift_ppm(const plan& drawn, random_source& random) {
  return drawn.clock_drift ? static_cast<std::int64_t>(random.below(2 * drift_max_ppm + 1)) - drift_max_ppm : 0;
}

std::int64_t up_for_ms(random_source& random) {
  return static_cast<std::int64_t>(1 + random.below(10'000'000));
}

} // namespace

member::member(const member_parts& parts, int number, observations watched)
    : parts_(parts), number_(number), watched_(std::move(watched)),
      random_(parts.drawn.seed * seeds_per_run + static_cast<std::uint64_t>(number) * seeds_per_node),
      clock_(parts.clock, up_for_ms(random_), draw_drift_ppm(parts.drawn, random_)) {
  wipe();
}

void member::note(const std::string& line) { parts_.report.note("node " + std::to_string(id().value()) + ": " + line); }

void member::wipe() {
  if (disks_++ > 0) {
    note("gets an empty disk");
    watched_.wiped();
  }
  disk_ = std::make_unique<test::simulated_file_system>(random_.next());
  disk_->on_durable_write = [this](const std::string& path, std::string_view data) {
    if (path.find("/journal/") != std::string::npos)
      watched_.journal_written(data);
  };
}

node_ports member::ports() {
  node_ports made;
  made.files = disk_.get();
  made.clock = &clock_;
  made.seed = random_.next();
  made.own_threads = false;
  made.open_listeners = false;
  made.sizes = parts_.drawn.sizes;
  made.open_peers = [network = &parts_.network, id = id()](caf::actor_system&, peer_incarnation incarnation) {
    network->close(id);
    return network->open(id, incarnation);
  };
  return made;
}

node_events member::events() {
  node_events told;
  told.ready = [life = life_](const node_access& access) {
    life->access = std::make_unique<node_access>(access);
    life->ready = true;
  };
  told.restarting = [life = life_](const std::string&) {
    life->access.reset();
    life->ready = false;
    life->restarting = true;
  };
  told.ended = [life = life_](const std::string& why) {
    life->ended = true;
    life->why = why;
  };
  return told;
}

bool member::start() {
  ++lives_;
  auto opened = open_node(options(), ports());
  if (!opened) {
    why_ = opened.error().message();
    note("life " + std::to_string(lives_) + " does not begin: " + why_);
    return false;
  }
  note("life " + std::to_string(lives_) + " begins");
  life_ = std::make_shared<life>();
  parts_.jobs.as(number_, [&] {
    supervisor_ = parts_.system.spawn(node_supervisor, std::make_shared<node_parts>(std::move(*opened)), events());
  });
  observe();
  return true;
}

void member::observe() {
  if (observer_)
    caf::anon_send_exit(observer_, caf::exit_reason::user_shutdown);
  parts_.jobs.as(number_, [&] { observer_ = parts_.system.spawn(observer, supervisor_, ++observers_, watched_); });
}

void member::settle() {
  if (!life_)
    return;
  if (std::exchange(life_->restarting, false)) {
    note("all actors start anew");
    end_front();
  }
  if (life_->access && !front_ && !life_->ended) {
    if (life_->access->partitions)
      parts_.jobs.as(number_, [&] { front_ = parts_.system.spawn(front, *life_->access); });
    life_->access.reset();
    observe();
    note("ready");
  }
  if (life_->ended)
    why_ = life_->why;
}

void member::kill_an_actor() {
  if (!front_)
    return;
  note("an actor dies");
  caf::anon_send(front_, kill_partition{random_.next()});
}

void member::crash(bool power_cut) {
  note(power_cut ? "power cut" : "crash");
  if (power_cut)
    disk_->power_cut(random_);
  disk_->restart();
  end_front();
  for (auto actor : {caf::actor_cast<caf::actor>(supervisor_), caf::actor_cast<caf::actor>(observer_)})
    if (actor)
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  parts_.network.close(id());
  supervisor_ = nullptr;
  observer_ = nullptr;
  if (life_)
    life_->access.reset();
  // Files and locks that were open are dead, and so is the gate: what the actors still try comes to nothing.
  if (!parts_.jobs.run_all_of(number_))
    parts_.report.fail(outcome::liveness, "the actors of a node that was crashed do not end");
  life_.reset();
}

void member::end_front() {
  for (auto& one : std::exchange(pipes_, {}))
    if (auto still_there = one.lock())
      still_there->node_gone = true;
  if (front_)
    caf::anon_send_exit(front_, caf::exit_reason::user_shutdown);
  front_ = nullptr;
}

void member::stop() {
  note("told to stop");
  caf::anon_send(supervisor_, stop_node{});
}

void member::pause() {
  note("paused");
  parts_.jobs.pause(number_);
}

void member::go_on() {
  note("goes on");
  parts_.jobs.go_on(number_);
}

pipe_ptr member::connect() {
  if (!front_)
    return nullptr;
  auto made = std::make_shared<pipe>(random_.next());
  std::erase_if(pipes_, [](auto& one) { return one.expired(); });
  pipes_.push_back(made);
  caf::anon_send(front_, open_pipe{made});
  return made;
}

void member::moved(const pipe_ptr& connection) {
  if (connection->node)
    caf::anon_send(connection->node, pipe_moved{});
}

} // namespace troupe::simulation::cluster
