#include "tests/simulation_cluster/world.hpp"

#include "tests/simulation_cluster/admin.hpp"
#include "tests/simulation_cluster/auditor.hpp"
#include "tests/simulation_cluster/consumer.hpp"
#include "tests/simulation_cluster/janitor.hpp"
#include "tests/simulation_cluster/peer_words.hpp"
#include "tests/simulation_cluster/producer.hpp"

#include <algorithm>

namespace troupe::simulation::cluster {

namespace {

constexpr std::int64_t settle_max_ms = 120'000;
/// The audit reads in small pieces, one after the other.
constexpr std::int64_t audit_record_ms = 5;
/// It takes about as long as everything else in a second.
constexpr std::int64_t look_interval_ms = 30'000;
/// As on machines that have been up for a while: no moment is 0, which some take for "none".
constexpr auto up_for = std::chrono::hours{1};
/// Who asked an actor that is gone ends at its own deadline; until then the actor system does not.
constexpr auto last_deadline = std::chrono::minutes{1};

caf::actor_system_config& for_testing(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

simulated::simulated_network::settings network_of(const plan& drawn) {
  simulated::simulated_network::settings settings;
  if (drawn.slow_links) {
    settings.delay_min = std::chrono::microseconds{200};
    settings.delay_max = std::chrono::microseconds{40'000};
  }
  return settings;
}

} // namespace

world::world(const plan& drawn, bool verbose, bool messages)
    : plan_(drawn), report_(verbose), system_(for_testing(config_)), jobs_(system_), clock_(jobs_.scheduler().clock()),
      network_(system_, drawn.seed ^ 0x4e7, network_of(drawn)), random_(drawn.seed ^ 0x5eed), messages_(messages),
      checks_(known_, report_), cluster_checks_(report_, disks_),
      faults_(plan_, nodes_, network_, clock_, checks_, report_, drawn.seed ^ 0xfa17) {
  report_.note(plan_.to_string());
  jobs_.scheduler().advance_time(up_for);
  disks_.expect_rot(plan_.rot);
  disks_.on_cut([this](node_id node, const place& where, std::int64_t at) { cluster_checks_.on(log_cut{node, where, at}); });
  make_nodes();
  network_.on_send([this](node_id from, const peer_send& what, bool is_lost) { overhear(from, what, is_lost); });
  make_clients();
}

void world::make_nodes() {
  for (int i = 0; i < static_cast<int>(plan_.nodes.size()); ++i)
    nodes_.push_back(
        std::make_unique<member>(member_parts{system_, jobs_, network_, clock_, plan_, report_}, i, watch(i)));
}

observations world::watch(int node) {
  node_id id{plan_.nodes[static_cast<std::size_t>(node)].node_id};
  observations watched;
  watched.metadata = [this, node](int observer, const metadata::image_ptr& image) {
    if (faults_.learn(image)) {
      if (messages_)
        report_.note(describe(*image));
      told_.learn(*image);
      disks_.learn(*image);
    }
    cluster_checks_.on(metadata_seen{node, observer, image});
  };
  watched.leader = [this, node](int observer, const quorum_leader& leader) {
    cluster_checks_.on(quorum_leader_seen{node, observer, leader});
  };
  watched.journal_written = [this, id](std::string_view group) { disks_.wrote(id, group); };
  watched.wiped = [this, id] {
    disks_.wiped(id);
    cluster_checks_.on(node_wiped{id});
  };
  return watched;
}

void world::overhear(node_id from, const peer_send& what, bool is_lost) {
  if (messages_)
    report_.note(describe(from, what) + (is_lost ? " LOST" : ""));
  auto known = high_watermark_in(what);
  auto where = known ? disks_.place_of(known->partition) : std::nullopt;
  if (where)
    cluster_checks_.on(high_watermark_known{from, *where, known->high_watermark, known->from_leader});
}

world::~world() {
  network_.on_send({}); // what the last actors say nobody is there to hear
  clients_.clear();
  for (auto& node : nodes_)
    node->crash(false);
  while (jobs_.run_one(random_)) {
  }
  jobs_.scheduler().advance_time(last_deadline);
  while (jobs_.run_one(random_)) {
  }
}

world_parts world::parts() {
  return {nodes_, clock_, known_, told_, checks_, cluster_checks_, report_, plan_};
}

void world::make_clients() {
  clients_.push_back(std::make_unique<admin>(parts(), random_.next()));
  if (plan_.deletions)
    clients_.push_back(std::make_unique<janitor>(parts(), random_.next()));
  for (int i = 0; i < plan_.producers; ++i)
    clients_.push_back(std::make_unique<producer>(parts(), i, random_.next()));
  for (int i = 0; i < plan_.consumers; ++i)
    clients_.push_back(std::make_unique<consumer>(parts(), i, random_.next()));
}

void world::turn() {
  if (!random_.one_in(24))
    if (auto node = jobs_.run_one(random_)) {
      if (*node >= 0) {
        nodes_[static_cast<std::size_t>(*node)]->settle();
        faults_.look_after(*node);
      }
      return;
    }
  if (!let_a_client_act())
    let_time_pass();
}

bool world::let_a_client_act() {
  auto first = random_.below(clients_.size());
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    auto& one = *clients_[(first + i) % clients_.size()];
    if (!one.wants_turn())
      continue;
    if (plan_.lost_connections && !faults_.is_healed() && random_.one_in(500))
      one.lose_a_connection();
    else
      one.step();
    return true;
  }
  return false;
}

void world::let_time_pass() {
  auto& scheduler = jobs_.scheduler();
  auto now = clock_.ms();
  using std::chrono::microseconds;
  if (jobs_.has_job()) {
    if (plan_.slow_nodes)
      scheduler.advance_time(microseconds{1 + random_.below(400)});
  } else {
    auto until_ms = faults_.next_ms();
    for (auto& one : clients_)
      until_ms = std::min(until_ms, one->next_ms());
    caf::actor_clock::duration_type wait = std::chrono::milliseconds{std::max<std::int64_t>(until_ms - now, 1)};
    auto& alarms = scheduler.clock().schedule();
    if (!alarms.empty())
      wait = std::min(wait, alarms.begin()->first - scheduler.clock().now());
    scheduler.advance_time(std::max<caf::actor_clock::duration_type>(wait, microseconds{1}));
  }
  report_.now(clock_.ms());
  if (clock_.ms() >= faults_.next_ms())
    faults_.tick();
  if (clock_.ms() >= look_at_ms_) {
    look_at_ms_ = clock_.ms() + look_interval_ms;
    look_at_disk(static_cast<int>(random_.below(nodes_.size())));
  }
}

void world::live() {
  auto end_ms = clock_.ms() + plan_.fault_time_ms;
  while (clock_.ms() < end_ms && !report_.failed())
    turn();
}

bool world::all_done() const {
  return std::all_of(clients_.begin(), clients_.end(), [](auto& one) { return one->is_done(); }) && faults_.is_whole();
}

void world::settle(const char* what, std::int64_t limit_ms) {
  auto begin_ms = clock_.ms();
  for (std::uint64_t turns = 1; !report_.failed(); ++turns) {
    turn();
    if (turns % 64 == 0 && all_done())
      return;
    if (clock_.ms() - begin_ms < limit_ms)
      continue;
    std::string who;
    for (auto& one : clients_)
      if (!one->is_done())
        who += " [" + one->name() + ": " + one->status() + "]";
    report_.fail(outcome::liveness, std::string{what} + " does not come to an end:" + who + faults_.what_is_missing());
  }
}

void world::write_everywhere() {
  auto one = std::make_unique<producer>(parts(), next_producer_++, random_.next());
  one->write_everywhere();
  clients_.push_back(std::move(one));
}

void world::recover() {
  faults_.heal();
  cluster_checks_.on(cluster_healed{});
  for (auto& one : clients_)
    one->finish();
  write_everywhere();
  settle("what is under way", settle_max_ms);
  cluster_checks_.on(cluster_whole{});
  clients_.clear();
  write_everywhere();
  settle("a write to every partition", settle_max_ms);
}

void world::audit() {
  clients_.clear();
  clients_.push_back(std::make_unique<auditor>(parts(), random_.next()));
  settle("the audit", settle_max_ms + static_cast<std::int64_t>(records_seen()) * audit_record_ms);
}

void world::look_at_disk(int node) {
  auto gone = disks_.look_again(nodes_[static_cast<std::size_t>(node)]->id());
  if (!gone.empty() && !plan_.reassignments) // which take away what was there
    report_.fail(outcome::correctness, "disks: " + gone);
}

void world::look_at_disks() {
  for (auto& node : nodes_)
    look_at_disk(node->number());
  cluster_checks_.on(cluster_at_rest{});
}

run_result world::run() {
  live();
  if (!report_.failed())
    recover();
  if (!report_.failed())
    audit();
  if (!report_.failed()) {
    faults_.blackout();
    audit();
  }
  if (!report_.failed())
    look_at_disks();
  return sum_up();
}

run_result world::sum_up() {
  run_result result;
  result.what = report_.result();
  result.why = report_.why();
  for (auto& node : nodes_) {
    report_.mix(node->disk().trace());
    result.lives += node->lives();
  }
  report_.mix(jobs_.jobs_run());
  result.trace = report_.hash();
  result.jobs = jobs_.jobs_run();
  result.messages = network_.delivered();
  result.virtual_ms = clock_.ms() - std::chrono::milliseconds{up_for}.count();
  result.records = records_seen();
  return result;
}

std::uint64_t world::records_seen() const {
  std::uint64_t sum = 0;
  for (auto& [where, facts] : known_.partitions())
    sum += facts.at.size();
  return sum;
}

} // namespace troupe::simulation::cluster
