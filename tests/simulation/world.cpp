#include "tests/simulation/world.hpp"

#include "tests/simulation/admin.hpp"
#include "tests/simulation/auditor.hpp"
#include "tests/simulation/consumer.hpp"
#include "tests/simulation/janitor.hpp"
#include "tests/simulation/producer.hpp"

#include <algorithm>

namespace troupe::simulation {

namespace {

constexpr std::int64_t settle_max_ms = 200'000;
constexpr std::uint64_t settle_max_turns = 400'000;

caf::actor_system_config& for_testing(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

caf::scheduler::test_coordinator& scheduler_of(caf::actor_system& system) {
  return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
}

} // namespace

world::world(const plan& drawn, bool verbose)
    : plan_(drawn), report_(verbose), system_(for_testing(config_)), scheduler_(scheduler_of(system_)),
      clock_(scheduler_.clock()), disk_(drawn.seed), random_(drawn.seed ^ 0x5eed), checks_(known_, report_),
      node_(system_, disk_, clock_, plan_, report_),
      faults_(plan_, node_, disk_, clock_, checks_, report_, drawn.seed ^ 0xfa17) {
  disk_.set_direct(plan_.direct_disk);
  report_.note(plan_.to_string());
  make_clients();
}

world::~world() {
  clients_.clear();
  node_.crash(false, random_);
}

void world::make_clients() {
  world_parts parts{node_, clock_, known_, checks_, report_, plan_};
  clients_.push_back(std::make_unique<admin>(parts, random_.next()));
  for (int i = 0; i < plan_.producers; ++i)
    clients_.push_back(std::make_unique<producer>(parts, i, random_.next()));
  for (int i = 0; i < plan_.consumers; ++i)
    clients_.push_back(std::make_unique<consumer>(parts, i, random_.next()));
  if (plan_.deletions)
    clients_.push_back(std::make_unique<janitor>(parts, random_.next()));
}

void world::turn() {
  ++turns_;
  report_.now(clock_.ms());
  faults_.strike();
  if (report_.failed())
    return;
  auto choice = random_.below(16);
  if (choice < 11 && node_.run_job(random_))
    return;
  if (choice < 15 || (plan_.slow_start == false && !scheduler_.jobs.empty())) {
    auto& one = *clients_[random_.below(clients_.size())];
    if (plan_.lost_connections && !faults_.is_healed() && random_.one_in(400))
      one.disconnect();
    else
      one.step();
    return;
  }
  let_time_pass();
}

void world::let_time_pass() {
  auto ms = random_.one_in(16) ? random_.below(2'000) : random_.below(12);
  scheduler_.advance_time(std::chrono::milliseconds{ms} + std::chrono::microseconds{1 + random_.below(900)});
}

void world::live() {
  for (std::uint64_t i = 0; i < plan_.steps && !report_.failed(); ++i)
    turn();
}

bool world::all_done() const {
  return std::all_of(clients_.begin(), clients_.end(), [](auto& one) { return one->is_done(); });
}

void world::settle(const char* what) {
  auto begin_ms = clock_.ms();
  for (std::uint64_t turns = 0; !report_.failed() && !(node_.is_ready() && all_done()); ++turns) {
    turn();
    if (clock_.ms() - begin_ms < settle_max_ms && turns < settle_max_turns)
      continue;
    std::string who;
    for (auto& one : clients_)
      if (!one->is_done())
        who += " [" + one->name() + ": " + one->status() + "]";
    report_.fail(outcome::liveness, std::string{what} + " does not come to an end:" + who);
  }
}

void world::write_everywhere() {
  constexpr int number = 1'000; // nobody else's
  world_parts parts{node_, clock_, known_, checks_, report_, plan_};
  auto last = std::make_unique<producer>(parts, number, random_.next());
  last->write_everywhere();
  clients_.clear();
  clients_.push_back(std::move(last));
  settle("a write to every partition");
}

void world::audit() {
  world_parts parts{node_, clock_, known_, checks_, report_, plan_};
  clients_.clear();
  clients_.push_back(std::make_unique<auditor>(parts, random_.next()));
  settle("the audit");
}

/// Nobody writes while it is found out what is missing: the offsets at the end may be given once more.
void world::outlive_rot() {
  auto rotten = faults_.rot_and_start(known_);
  auto said = disk_.content(plan_.node.data_directory + "/damage").value_or("");
  audit();
  if (!report_.failed() && said.find(rotten) == std::string::npos)
    report_.fail(outcome::correctness, "rot: the node does not say that " + rotten + " is damaged");
  if (!report_.failed())
    write_everywhere();
  if (!report_.failed()) {
    faults_.crash_and_start();
    audit();
  }
}

run_result world::run() {
  live();
  if (!report_.failed())
    faults_.heal();
  for (auto& one : clients_)
    one->finish();
  settle("what is under way");
  if (!report_.failed())
    write_everywhere();
  if (!report_.failed())
    audit();
  if (!report_.failed()) {
    faults_.crash_and_start();
    audit();
  }
  if (plan_.journal_rot && !report_.failed())
    outlive_rot();
  run_result result;
  result.what = report_.result();
  result.why = report_.why();
  report_.mix(disk_.trace());
  report_.mix(turns_);
  result.trace = report_.hash();
  result.events = turns_;
  result.virtual_ms = clock_.ms();
  result.lives = node_.lives();
  for (auto& [where, facts] : known_.partitions())
    result.records += facts.at.size();
  return result;
}

} // namespace troupe::simulation
