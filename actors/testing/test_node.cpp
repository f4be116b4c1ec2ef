#include "actors/testing/test_node.hpp"

#include "actors/node/node_front.hpp"
#include "actors/testing/test_reader.hpp"
#include "actors/testing/virtual_clock.hpp"
#include "runtime/base/check.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/record/builder.hpp"
#include "runtime/record/record_view.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

namespace troupe::testing {

namespace {

/// Actors that were told to end are through after so many jobs.
constexpr int jobs_to_end_max = 1'000'000;
constexpr auto answer_time = std::chrono::seconds{60};
constexpr std::uint32_t read_size_bytes = 1 << 20;

} // namespace

struct test_system_config : caf::actor_system_config {
  test_system_config() { set("scheduler.policy", caf::atom("testing")); }
};

/// What a life says; shared with its supervisor.
struct test_life {
  bool ready = false;
  bool ended = false;
  std::string why;
};

namespace {

/// Small enough for a disk in memory.
config::node_options on_small_disk(config::node_options node) {
  config::node_options defaults;
  node.data_directory = "data";
  if (node.journal_file_bytes == defaults.journal_file_bytes)
    node.journal_file_bytes = static_cast<std::int64_t>(32 * limits::mib);
  if (node.cache_bytes == 0)
    node.cache_bytes = static_cast<std::int64_t>(64 * limits::mib);
  return node;
}

std::optional<std::string> owned(const std::optional<std::string_view>& text) {
  return text ? std::optional<std::string>{*text} : std::nullopt;
}

} // namespace

class test_node::parts {
public:
  explicit parts(test_node_options options)
      : options_(std::move(options)), system_(config_),
        scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())),
        clock_(scheduler_.clock()), disk_(options_.seed), random_(options_.seed ^ 0x7e57),
        front_(system_.spawn(node_front, front_settings{})), access_(access_by(front_)),
        answers_(std::make_shared<test_answers>()), reader_(system_.spawn(test_reader, answers_)) {
    options_.node = on_small_disk(options_.node);
    access_.clock = &clock_;
    // As on a machine that has been up for a while: no moment is 0, which some take for "none".
    scheduler_.advance_time(std::chrono::hours{1});
    if (!options_.log_level.empty())
      spdlog::set_level(spdlog::level::from_str(options_.log_level));
    caf::anon_send(front_, view_subscription{reader_});
  }

  ~parts() {
    crash(false);
    caf::anon_send_exit(reader_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(front_, caf::exit_reason::user_shutdown);
    finish_jobs();
  }

  bool run_job() {
    auto& jobs = scheduler_.jobs;
    if (jobs.empty())
      return false;
    std::swap(jobs.front(), jobs[random_.below(jobs.size())]);
    scheduler_.run_once();
    return true;
  }

  void advance(std::chrono::milliseconds time) {
    run();
    for (; time.count() > 0; time -= std::chrono::milliseconds{1}) {
      scheduler_.advance_time(std::chrono::milliseconds{1});
      run();
    }
  }

  void run() {
    while (run_job()) {
    }
  }

  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
    for (auto end_ms = clock_.ms() + limit.count(); !done();) {
      if (run_job())
        continue;
      if (clock_.ms() >= end_ms)
        return false;
      scheduler_.advance_time(std::chrono::milliseconds{1});
    }
    return true;
  }

  result<void> start() {
    if (life_)
      return fail(errc::in_use, "this node runs already");
    ++lives_;
    node_ports ports;
    ports.files = &disk_;
    ports.clock = &clock_;
    ports.seed = options_.seed * 1'000 + lives_;
    ports.own_threads = false;
    ports.open_listeners = false;
    auto opened = open_node(options_.node, ports);
    if (!opened)
      return fail(std::move(opened));
    life_ = std::make_shared<test_life>();
    supervisor_ = system_.spawn(node_supervisor, std::make_shared<node_parts>(std::move(*opened)), events());
    run_until([this] { return life_->ready || life_->ended; }, answer_time);
    if (life_->ready)
      return {};
    auto why = life_->ended ? life_->why : "the node does not get ready";
    crash(false);
    return fail(errc::io_error, why);
  }

  result<void> stop() {
    if (!life_)
      return {};
    caf::anon_send(supervisor_, stop_node{});
    auto in_time = run_until([this] { return life_->ended; }, answer_time);
    crash(false);
    return in_time ? result<void>{} : fail(errc::timed_out, "the node does not end");
  }

  void crash(bool power_cut) {
    if (!life_)
      return;
    // The files and locks that were open are dead now: what the actors still try comes to nothing.
    if (power_cut)
      disk_.power_cut(random_);
    disk_.restart();
    caf::anon_send(front_, node_detached{});
    caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
    supervisor_ = nullptr;
    finish_jobs();
    life_ = nullptr;
  }

  void kill_partition(const std::string& topic, std::int32_t partition) {
    run();
    if (auto* actor = find(topic, partition)) {
      caf::anon_send_exit(*actor, caf::exit_reason::kill);
      run();
    }
  }

  result<void> create_topic(const std::string& name, std::int32_t partitions) {
    metadata::create_topics what;
    what.topics.push_back({name, partitions, -1, {}, {}});
    answers_->controller.reset();
    caf::anon_send(access_.controller, controller_request{{}, std::move(what), reader_});
    if (!run_until([this] { return answers_->controller.has_value(); }, answer_time))
      return fail(errc::timed_out, "the controller does not answer");
    auto& reply = *answers_->controller;
    if (reply.code != errc::none)
      return fail(reply.code);
    auto& made = std::get<metadata::create_topics_reply>(reply.what).topics.at(0);
    if (made.what.code != errc::none)
      return tl::unexpected<error>(made.what);
    run_until([&] { return answers_->view->image->version() >= reply.version && find(name, partitions - 1); },
              answer_time);
    return {};
  }

  result<offset> write(const std::string& topic, const std::vector<key_and_value>& records,
                       std::int32_t partition) {
    CHECK(!records.empty(), "a batch has records");
    record::batch_builder builder;
    for (auto& [key, value] : records)
      if (auto added = builder.add(clock_.wall(), key, value); !added)
        return fail(std::move(added));
    run();
    auto* actor = find(topic, partition);
    if (!actor)
      return fail(errc::unknown_topic_or_partition, topic);
    answers_->append.reset();
    caf::anon_send(*actor, append_request{{}, builder.build(), -1, true, reader_});
    if (!run_until([this] { return answers_->append.has_value(); }, answer_time))
      return fail(errc::timed_out, "the partition does not answer");
    auto& reply = *answers_->append;
    return reply.code == errc::none ? result<offset>{reply.base_offset} : fail(reply.code, reply.message);
  }

  std::vector<stored_record> records(const std::string& topic, std::int32_t partition) {
    std::vector<stored_record> found;
    offset next{0};
    run();
    while (auto* actor = find(topic, partition)) {
      answers_->fetch.reset();
      caf::anon_send(*actor, fetch_request{{}, next, no_leader_epoch, read_size_bytes, true, 0, reader_});
      if (!run_until([this] { return answers_->fetch.has_value(); }, answer_time))
        break;
      auto& reply = *answers_->fetch;
      if (reply.code == errc::offset_out_of_range && next < reply.log_start) {
        next = reply.log_start;
        continue;
      }
      if (reply.code != errc::none || reply.batches.empty())
        break;
      for (auto& slice : reply.batches)
        collect(slice, next, found);
    }
    return found;
  }

  caf::actor_system& system() { return system_; }
  const cluster_access& access() const { return access_; }
  const clock_port& clock() const { return clock_; }
  test::simulated_file_system& disk() { return disk_; }
  bool is_running() const { return life_ && !life_->ended; }

private:
  node_events events() {
    node_events events;
    events.ready = [life = life_, front = front_](const node_access& node) {
      caf::anon_send(front, node_attached{node});
      life->ready = true;
    };
    events.restarting = [front = front_](const std::string&) { caf::anon_send(front, node_detached{}); };
    events.ended = [life = life_, front = front_](const std::string& why) {
      caf::anon_send(front, node_detached{});
      life->ended = true;
      life->why = why;
    };
    return events;
  }

  void finish_jobs() {
    for (int jobs = 0; scheduler_.has_job(); ++jobs) {
      scheduler_.run_once();
      CHECK(jobs < jobs_to_end_max, "actors that were told to end do so");
    }
  }

  const partition_actor* find(const std::string& topic, std::int32_t partition) const {
    auto* known = answers_->view ? answers_->view->image->find_topic(topic) : nullptr;
    return known ? answers_->view->find(known->id, partition) : nullptr;
  }

  static void collect(const bytes& slice, offset& next, std::vector<stored_record>& into) {
    record::batch_cursor batches{slice.view()};
    while (auto batch = batches.next()) {
      record::decompression_budget budget;
      auto records = record::batch_records::open(*batch, budget);
      CHECK(records.has_value(), "a batch that was stored can be read");
      while (auto one = records->next())
        if (auto at = records->offset_of(*one); at >= next)
          into.push_back({at, records->timestamp_of(*one), owned(one->key), owned(one->value)});
      next = std::max(next, batch->next_offset());
    }
  }

  test_node_options options_;
  test_system_config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  virtual_clock clock_;
  test::simulated_file_system disk_;
  random_source random_;
  node_front_actor front_;
  cluster_access access_;
  std::shared_ptr<test_answers> answers_;
  test_reader_actor reader_;
  std::shared_ptr<test_life> life_;
  node_supervisor_actor supervisor_;
  std::uint64_t lives_ = 0;
};

test_node::test_node(test_node_options options) : parts_(std::make_unique<parts>(std::move(options))) {
  auto started = parts_->start();
  CHECK(started.has_value(), "a node starts on an empty disk");
}

test_node::~test_node() = default;

caf::actor_system& test_node::system() { return parts_->system(); }
const cluster_access& test_node::access() const { return parts_->access(); }
const clock_port& test_node::clock() const { return parts_->clock(); }
test::simulated_file_system& test_node::disk() { return parts_->disk(); }
void test_node::run() { parts_->run(); }
void test_node::advance(std::chrono::milliseconds time) { parts_->advance(time); }
bool test_node::run_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  return parts_->run_until(done, limit);
}
void test_node::crash() { parts_->crash(false); }
void test_node::power_cut() { parts_->crash(true); }
result<void> test_node::stop() { return parts_->stop(); }
result<void> test_node::start() { return parts_->start(); }
bool test_node::is_running() const { return parts_->is_running(); }
void test_node::kill_partition(const std::string& topic, std::int32_t partition) {
  parts_->kill_partition(topic, partition);
}
result<void> test_node::create_topic(const std::string& name, std::int32_t partitions) {
  return parts_->create_topic(name, partitions);
}
result<offset> test_node::write(const std::string& topic, const std::vector<key_and_value>& records,
                                std::int32_t partition) {
  return parts_->write(topic, records, partition);
}
std::vector<stored_record> test_node::records(const std::string& topic, std::int32_t partition) {
  return parts_->records(topic, partition);
}

} // namespace troupe::testing
