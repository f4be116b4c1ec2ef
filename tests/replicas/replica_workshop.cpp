#include "tests/replicas/replica_workshop.hpp"

#include "actors/partition/disk.hpp"
#include "actors/partition/flusher.hpp"
#include "actors/partition/reader_keeper.hpp"
#include "actors/testing/virtual_clock.hpp"
#include "runtime/base/check.hpp"
#include "runtime/record/builder.hpp"
#include "runtime/record/record_view.hpp"

#include <algorithm>
#include <limits>

namespace troupe {

namespace {

using testing_controller = controller_actor;

std::vector<node_id> nodes_of(const std::vector<int>& list) {
  std::vector<node_id> all;
  for (auto n : list)
    all.push_back(node_id{n});
  return all;
}

partition_client::behavior_type client(partition_client::pointer, replica_mail* mail) {
  return {
      [mail](append_reply& m) { mail->appended.push_back(std::move(m)); },
      [mail](fetch_reply& m) { mail->fetched.push_back(std::move(m)); },
      [mail](const fetch_wakeup&) { ++mail->woken; },
      [mail](list_offset_reply& m) { mail->found.push_back(std::move(m)); },
      [](const epoch_end_reply&) {},
  };
}

view_subscriber::behavior_type viewer(view_subscriber::pointer, replica_mail* mail) {
  return {[mail](const view_update& m) { mail->view = m.view; }};
}

controller_actor::behavior_type controller(controller_actor::pointer,
                                           const std::function<void(const controller_request&)>& ask) {
  return {[ask](const controller_request& m) { ask(m); }};
}

bytes batch_of(const std::string& value) {
  record::batch_builder builder{{}};
  CHECK(builder.add(timestamp_ms{1'700'000'000'000}, std::nullopt, value, {}));
  return builder.build();
}

} // namespace

struct replica_workshop::system_config : caf::actor_system_config {
  system_config() { set("scheduler.policy", caf::atom("testing")); }
};

class replica_workshop::clock final : public clock_port {
public:
  explicit clock(const caf::detail::test_actor_clock& of) : of_(of) {}
  timestamp_ms wall() const override { return of_.wall(); }
  std::int64_t monotonic_ns() const override { return of_.monotonic_ns(); }

private:
  testing::virtual_clock of_;
};

replica_workshop::replica_workshop(int nodes, std::uint64_t seed)
    : config_(std::make_unique<system_config>()), system_(std::make_unique<caf::actor_system>(*config_)),
      scheduler_(&dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler())),
      clock_(std::make_unique<clock>(scheduler_->clock())), random_(seed),
      network_(std::make_unique<simulated::simulated_network>(*system_, seed, simulated::simulated_network::settings{})),
      core_(metadata::controller_config{}) {
  scheduler_->advance_time(std::chrono::hours{1});
  decide<metadata::form_cluster_reply>(metadata::form_cluster{"test"});
  log_options.flush_ms = 200;
  for (int id = 1; id <= nodes; ++id) {
    nodes_[id] = std::make_unique<node>(seed * 100 + static_cast<std::uint64_t>(id));
    start(id);
  }
}

replica_workshop::~replica_workshop() {
  for (auto& [id, n] : nodes_)
    if (n->manager)
      crash(id);
  network_.reset();
  run();
}

void replica_workshop::run() {
  auto& jobs = scheduler_->jobs;
  while (!jobs.empty()) {
    std::swap(jobs.front(), jobs[random_.below(jobs.size())]);
    scheduler_->run_once();
  }
}

void replica_workshop::pass(std::chrono::milliseconds time) {
  for (run(); time.count() > 0; time -= std::chrono::milliseconds{1}) {
    scheduler_->advance_time(std::chrono::milliseconds{1});
    run();
  }
}

// --- the controller ---

template <class Reply>
Reply replica_workshop::decide(const metadata::command& what) {
  auto made = core_.decide(what, clock_->monotonic_ns() / ns_per_ms);
  if (!made.records.empty()) {
    ++version_;
    CHECK(core_.replay(made.records, version_).has_value());
    tell_everybody();
  }
  return std::get<Reply>(made.answer);
}

void replica_workshop::tell_everybody() {
  for (auto& [id, n] : nodes_)
    if (n->manager && !n->is_cut_off)
      publish(*n);
}

/// All of the image each time: the delta is only an advice.
void replica_workshop::publish(node& to) {
  auto delta = std::make_shared<metadata::metadata_delta>();
  delta->everything = true;
  to.knows = version_;
  caf::anon_send(to.manager, metadata_update{core_.image(), delta});
}

void replica_workshop::ask(int from, const controller_request& request) {
  if (nodes_.at(from)->is_cut_off)
    return;
  auto made = core_.decide(request.what, clock_->monotonic_ns() / ns_per_ms);
  if (!made.records.empty()) {
    ++version_;
    CHECK(core_.replay(made.records, version_).has_value());
    tell_everybody();
  }
  caf::anon_send(request.reply_to, controller_reply{request.tag, errc::none, std::move(made.answer), version_});
}

void replica_workshop::make_topic(std::vector<int> replicas, std::vector<metadata::config_entry> configs) {
  metadata::new_topic wanted;
  wanted.name = "t";
  wanted.assignments = {{partition_id{0}, nodes_of(replicas)}};
  wanted.configs = std::move(configs);
  auto made = decide<metadata::create_topics_reply>(metadata::create_topics{{wanted}, false});
  CHECK(made.topics[0].what.code == errc::none, made.topics[0].what.message());
  topic_ = made.topics[0].id;
  run();
}

void replica_workshop::reassign(std::vector<int> replicas) {
  metadata::alter_reassignments wanted;
  wanted.partitions.push_back({{"t", partition_id{0}}, nodes_of(replicas)});
  auto made = decide<metadata::alter_reassignments_reply>(wanted);
  CHECK(made.partitions.size() == 1 && made.partitions[0].what.code == errc::none);
  run();
}

void replica_workshop::set_option(const std::string& key, const std::string& value) {
  metadata::altered_resource resource{metadata::resource_kind::topic, "t",
                                      {{key, metadata::config_operation::set, value}}, false};
  decide<metadata::alter_configs_reply>(metadata::alter_configs{{resource}, false});
  run();
}

void replica_workshop::set_broker_option(int id, const std::string& key, const std::string& value) {
  metadata::altered_resource resource{metadata::resource_kind::broker,
                                      std::to_string(id),
                                      {{key, metadata::config_operation::set, value}},
                                      false};
  decide<metadata::alter_configs_reply>(metadata::alter_configs{{resource}, false});
  run();
}

std::int64_t replica_workshop::now_ms() const { return clock_->monotonic_ns() / ns_per_ms; }

void replica_workshop::fence(int id) {
  decide<metadata::fencing_reply>(metadata::fence_broker{node_id{id}, core_.image()->find_broker(node_id{id})->epoch});
  run();
}

void replica_workshop::end_lease(int id) { nodes_.at(id)->lease->end(); }

void replica_workshop::unfence(int id) {
  decide<metadata::fencing_reply>(metadata::unfence_broker{node_id{id}, core_.image()->find_broker(node_id{id})->epoch});
  run();
}

const metadata::partition& replica_workshop::state() const {
  return *core_.image()->find_partition({topic_, partition_id{0}});
}

std::string replica_workshop::isr() const {
  auto sorted = state().isr;
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (auto node : sorted)
    text += (text.empty() ? "" : " ") + std::to_string(node.value());
  return text;
}

std::string replica_workshop::describe() const {
  auto& p = state();
  std::string text = "node " + std::to_string(p.leader.value()) + " leads in epoch "
                     + std::to_string(p.leader_epoch.value()) + ", state " + std::to_string(p.partition_epoch.value())
                     + ", in sync " + isr() + ", eligible";
  for (auto node : p.elr)
    text += " " + std::to_string(node.value());
  core_.image()->for_each_broker([&](const metadata::broker& b) {
    text += ", broker " + std::to_string(b.node.value()) + (b.fenced ? " fenced" : "") + " in life "
            + std::to_string(b.epoch.value());
  });
  return text;
}

// --- nodes ---

void replica_workshop::start(int id) {
  auto& n = *nodes_.at(id);
  CHECK(open(n, id), "the directory can be opened");
  auto& system = *system_;
  auto metrics = std::make_shared<storage_metrics>();
  auto supervision = std::make_shared<supervision_log>(*clock_);
  partition_manager_settings settings;
  auto& environment = settings.environment;
  environment.disk = system.spawn(troupe::disk, std::shared_ptr{std::move(n.directory.journal)},
                                  static_cast<storage::file_system*>(&n.disk), std::string{"data"}, metrics);
  storage::segment_reader_options reading;
  reading.directory = "data";
  make_reader make = [&system, &n, reading, metrics](reader_keeper_actor keeper) -> reader_actor {
    return system.spawn(reader, static_cast<storage::file_system*>(&n.disk), reading, std::move(keeper), metrics);
  };
  environment.reader = system.spawn(reader_keeper, std::move(make), supervision);
  environment.flusher = system.spawn(flusher, std::shared_ptr{std::move(n.directory.segments)}, environment.disk,
                                     environment.reader, metrics);
  environment.clock = clock_.get();
  environment.cache = std::make_shared<cache_budget>(1 << 20);
  environment.self = node_id{id};
  environment.gate = network_->open(node_id{id});
  environment.lease = n.lease = std::make_shared<broker_lease>();
  n.lease->extend(std::numeric_limits<std::int64_t>::max());
  environment.lag_max_ms = lag_max_ms;
  environment.log = log_options;
  std::vector<peer_address> peers;
  for (auto& [other, unused] : nodes_)
    peers.push_back({node_id{other}, "", 1});
  caf::anon_send(environment.gate, peers_wanted{peers});
  std::function<void(const controller_request&)> asks = [this, id](const controller_request& m) { ask(id, m); };
  settings.controller = system.spawn(controller, asks);
  n.counters = nullptr;
  settings.table = n.table = std::make_shared<metrics::partition_table>();
  settings.supervision = supervision;
  metadata::register_broker broker;
  broker.node = node_id{id};
  broker.incarnation = metadata::broker_incarnation{++lives_};
  broker.endpoints = {{"kafka", "127.0.0.1", 9092}};
  broker.fenced = true;
  broker.storage_kept = std::exchange(n.was_kept, true);
  auto* before = core_.image()->find_broker(node_id{id});
  if (before && !before->fenced)
    fence(id);
  n.life = decide<metadata::register_broker_reply>(broker).epoch;
  settings.plays_from = version_;
  n.client = system.spawn(client, &n.mail);
  n.viewer = system.spawn(viewer, &n.mail);
  auto of = [](auto& actor) { return caf::actor_cast<caf::strong_actor_ptr>(actor); };
  n.parts = {of(settings.controller), of(environment.disk), of(environment.reader), of(environment.flusher),
             of(n.client), of(n.viewer)};
  auto recovered = std::make_shared<recovered_partitions>(std::move(n.directory.partitions));
  n.manager = system.spawn(partition_manager, std::move(settings), recovered);
  caf::anon_send(n.manager, view_subscription{n.viewer});
  publish(n);
  run();
  unfence(id);
}

bool replica_workshop::open(node& n, int id) {
  storage::data_directory_options options;
  options.path = "data";
  options.cluster_id = "test";
  options.node = node_id{id};
  options.fresh_directory_id = {1, static_cast<std::uint8_t>(id)};
  options.journal.file_size_bytes = 4 * limits::mib;
  options.journal.group_max_bytes = limits::mib;
  auto opened = storage::open_data_directory(n.disk, options);
  if (opened)
    n.directory = std::move(*opened);
  return opened.has_value();
}

void replica_workshop::crash(int id, bool power_cut) {
  auto& n = *nodes_.at(id);
  if (power_cut)
    n.disk.power_cut(random_);
  n.disk.restart(); // what the dying still write comes to nothing
  network_->close(node_id{id});
  caf::anon_send_exit(n.manager, caf::exit_reason::kill);
  for (auto& part : n.parts)
    caf::anon_send_exit(caf::actor_cast<caf::actor>(part), caf::exit_reason::kill);
  n.parts.clear();
  n.manager = nullptr;
  n.client = nullptr;
  n.viewer = nullptr;
  n.mail = {};
  n.directory.lock.reset();
  run();
}

void replica_workshop::wipe(int id) {
  auto& n = *nodes_.at(id);
  if (n.manager)
    crash(id);
  CHECK(n.disk.remove_all("data").has_value());
  n.was_kept = false;
}

void replica_workshop::kill_partition(int id) {
  if (auto* actor = partition_at(id))
    caf::anon_send_exit(caf::actor_cast<caf::actor>(*actor), caf::exit_reason::kill);
  run();
}

void replica_workshop::cut_off(int id) {
  for (auto& [other, n] : nodes_)
    if (other != id)
      network_->cut(node_id{id}, node_id{other});
  nodes_.at(id)->is_cut_off = true;
}

void replica_workshop::mend(int id) {
  for (auto& [other, n] : nodes_)
    if (other != id)
      network_->heal(node_id{id}, node_id{other});
  nodes_.at(id)->is_cut_off = false;
  if (is_up(id))
    publish(*nodes_.at(id));
  run();
}

const metrics::partition_counters& replica_workshop::counters(int id) const {
  auto& n = *nodes_.at(id);
  if (!n.counters)
    n.counters = n.table->add(topic_, "t", partition_id{0});
  return *n.counters;
}

// --- clients ---

const partition_actor* replica_workshop::partition_at(int id) {
  auto& view = mail(id).view;
  return view ? view->find(topic_, 0) : nullptr;
}

void replica_workshop::send(int id, const std::string& value, std::int16_t acks, std::uint64_t number) {
  auto& n = *nodes_.at(id);
  if (auto* to = partition_at(id))
    caf::anon_send(*to, append_request{{number, acks == -1 ? 1u : 0u}, batch_of(value), acks, true, n.client});
}

void replica_workshop::send_numbered(int id, std::int64_t producer, std::int32_t sequence) {
  record::batch_options options;
  options.producer_id = producer_id{producer};
  options.producer_epoch = producer_epoch{0};
  options.base_sequence = sequence;
  record::batch_builder builder{options};
  CHECK(builder.add(timestamp_ms{1'700'000'000'000}, std::nullopt, std::to_string(sequence), {}));
  auto& n = *nodes_.at(id);
  if (auto* to = partition_at(id))
    caf::anon_send(*to, append_request{{static_cast<std::uint64_t>(sequence), 1}, builder.build(), -1, true, n.client});
}

std::int64_t replica_workshop::write(const std::string& value, std::int16_t acks) {
  auto id = leader();
  if (id < 0)
    return -1;
  auto count = mail(id).appended.size();
  send(id, value, acks);
  pass_until([&] { return mail(id).appended.size() > count; }, std::chrono::seconds{5});
  if (mail(id).appended.size() == count || mail(id).appended.back().code != errc::none)
    return -1;
  return mail(id).appended.back().base_offset.value();
}

std::vector<std::string> replica_workshop::read_all() {
  std::vector<std::string> values;
  auto id = leader();
  for (offset from{0};;) {
    auto* to = id < 0 ? nullptr : partition_at(id);
    if (!to)
      return values;
    auto count = mail(id).fetched.size();
    caf::anon_send(*to, fetch_request{{}, from, no_leader_epoch, 1 << 20, true, 0, nodes_.at(id)->client});
    pass_until([&] { return mail(id).fetched.size() > count; }, std::chrono::seconds{5});
    if (mail(id).fetched.size() == count || mail(id).fetched.back().batches.empty())
      return values;
    for (auto& slice : mail(id).fetched.back().batches) {
      record::batch_cursor batches{slice.view()};
      while (auto batch = batches.next()) {
        record::decompression_budget budget;
        auto records = record::batch_records::open(*batch, budget);
        CHECK(records.has_value());
        while (auto one = records->next())
          values.emplace_back(one->value.value_or(""));
        from = batch->next_offset();
      }
    }
  }
}

void replica_workshop::fetch_any(int id, std::int64_t from, bool waits, leader_epoch epoch) {
  auto& n = *nodes_.at(id);
  auto* to = partition_at(id);
  if (!to && n.mail.view)
    to = n.mail.view->find_follower(topic_, 0);
  CHECK(to != nullptr, "the node has a replica");
  caf::anon_send(*to, fetch_request{{}, offset{from}, epoch, 1 << 20, true, waits ? 1u : 0u, n.client, true});
  run();
}

std::string replica_workshop::latest() {
  auto id = leader();
  auto* to = id < 0 ? nullptr : partition_at(id);
  if (!to)
    return "no leader";
  auto count = mail(id).found.size();
  caf::anon_send(*to, list_offset_request{{}, list_offset::latest, no_leader_epoch, nodes_.at(id)->client});
  run();
  if (mail(id).found.size() == count)
    return "no answer";
  auto& found = mail(id).found.back();
  return found.code == errc::none ? std::to_string(found.found.value()) : std::string{name(found.code)};
}

} // namespace troupe
