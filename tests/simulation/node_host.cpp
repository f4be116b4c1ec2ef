#include "tests/simulation/node_host.hpp"

namespace troupe::simulation {

namespace {

/// Actors that were told to end are through after so many jobs.
constexpr int jobs_to_end_max = 200'000;

} // namespace

node_host::node_host(caf::actor_system& system, test::simulated_file_system& disk, const virtual_clock& clock,
                     const plan& drawn, history& report)
    : system_(system), scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())),
      disk_(disk), clock_(clock), plan_(drawn), report_(report) {}

bool node_host::start() {
  ++lives_;
  node_ports ports;
  ports.files = &disk_;
  ports.clock = &clock_;
  ports.seed = plan_.seed * 1'000 + static_cast<std::uint64_t>(lives_);
  ports.own_threads = false;
  ports.open_listeners = false;
  ports.sizes = plan_.sizes;
  auto parts = open_node(plan_.node, ports);
  if (!parts) {
    why_ = parts.error().message();
    report_.note("node: life " + std::to_string(lives_) + " does not begin: " + why_);
    return false;
  }
  report_.note("node: life " + std::to_string(lives_) + " begins");
  life_ = std::make_shared<life>();
  node_events events;
  events.ready = [life = life_](const node_access& access) {
    life->access = std::make_unique<node_access>(access);
  };
  events.restarting = [life = life_](const std::string&) {
    life->access.reset();
    life->restarting = true;
  };
  events.ended = [life = life_](const std::string& why) {
    life->ended = true;
    life->why = why;
  };
  supervisor_ = system_.spawn(node_supervisor, std::make_shared<node_parts>(std::move(*parts)), events);
  return true;
}

void node_host::settle() {
  if (!life_)
    return;
  if (std::exchange(life_->restarting, false))
    end_front();
  if (life_->access && !front_ && !life_->ended) {
    front_ = system_.spawn(front, *life_->access);
    life_->access.reset();
    report_.note("node: ready");
  }
  if (life_->ended)
    why_ = life_->why;
}

void node_host::kill_partition(random_source& random) {
  report_.note("node: a partition dies");
  caf::anon_send(front_, simulation::kill_partition{random.next()});
}

void node_host::crash(bool power_cut, random_source& random) {
  report_.note(power_cut ? "node: power cut" : "node: crash");
  if (power_cut)
    disk_.power_cut(random);
  disk_.restart();
  end_front();
  if (supervisor_)
    caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
  supervisor_ = nullptr;
  if (life_)
    life_->access.reset();
  // Files and locks that were open are dead: what the actors still try comes to nothing.
  for (int jobs = 0; scheduler_.has_job(); ++jobs) {
    scheduler_.run_once();
    if (jobs > jobs_to_end_max) {
      report_.fail(outcome::liveness, "the actors of a node that was crashed do not end");
      break;
    }
  }
  life_.reset();
}

void node_host::end_front() {
  for (auto& one : std::exchange(pipes_, {}))
    if (auto still_there = one.lock())
      still_there->node_gone = true;
  if (front_)
    caf::anon_send_exit(front_, caf::exit_reason::user_shutdown);
  front_ = nullptr;
}

void node_host::stop() {
  report_.note("node: told to stop");
  caf::anon_send(supervisor_, stop_node{});
}

pipe_ptr node_host::connect() {
  if (!front_)
    return nullptr;
  auto made = std::make_shared<pipe>(plan_.seed + ++pipes_made_);
  pipes_.push_back(made);
  caf::anon_send(front_, open_pipe{made});
  return made;
}

void node_host::moved(const pipe_ptr& connection) {
  if (connection->node)
    caf::anon_send(connection->node, pipe_moved{});
}

bool node_host::run_job(random_source& random) {
  auto& jobs = scheduler_.jobs;
  if (jobs.empty())
    return false;
  std::swap(jobs.front(), jobs[random.below(jobs.size())]);
  scheduler_.run_once();
  settle();
  return true;
}

} // namespace troupe::simulation
