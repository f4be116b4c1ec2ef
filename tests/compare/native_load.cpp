// Speed of native producers and consumers, with a node embedded in this process. Prints one line of JSON.
//
//   native-load produce [--seconds 8] [--size 1024] [--partitions 1]    as fast as it goes; acknowledged is durable
//   native-load consume [--megabytes 400] [--passes 5] [--size 1024]    from the node's memory
//   native-load latency [--seconds 8] [--rate 1000] [--size 1024]       send to acknowledgement; beside it, at the same
//                                                                       rate, a bare durable write of 4 KiB
//   --folder PATH   where the data goes for the time of the run; /tmp by default
#include "actors/client/consumer.hpp"
#include "actors/client/producer.hpp"
#include "actors/node/embedded_node.hpp"
#include "runtime/base/random.hpp"
#include "tests/compare/measure.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>

namespace {

using namespace troupe;
using outside::now_us;

constexpr std::size_t records_per_message = 256;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "native-load: %s\n", why.c_str());
  std::exit(1);
}

class arguments {
public:
  arguments(int count, char** given) : count_(count), given_(given) {}

  std::string text(const std::string& name, std::string otherwise) const {
    for (int i = 2; i + 1 < count_; i += 2)
      if (given_[i] == "--" + name)
        return given_[i + 1];
    return otherwise;
  }
  std::size_t number(const std::string& name, std::size_t otherwise) const {
    auto given = text(name, "");
    return given.empty() ? otherwise : std::strtoull(given.c_str(), nullptr, 10);
  }

private:
  int count_;
  char** given_;
};

double own_cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// A node with an empty folder that goes with it.
class fresh_node {
public:
  explicit fresh_node(const arguments& given) : folder_(given.text("folder", "/tmp") + "/native-load-XXXXXX") {
    if (::mkdtemp(folder_.data()) == nullptr)
      give_up("no folder can be made in " + folder_);
    embedded_options options;
    options.data_directory = folder_ + "/data";
    options.log_level = "error"; // standard output is for the result
    node_.emplace(options);
    if (auto started = node_->start(); !started)
      give_up(started.error().message());
  }
  ~fresh_node() {
    static_cast<void>(node_->stop());
    node_.reset();
    std::filesystem::remove_all(folder_);
  }

  caf::actor_system& system() { return node_->system(); }
  const cluster_access& access() { return node_->access(); }
  const std::string& folder() const { return folder_; }

private:
  std::string folder_;
  std::optional<embedded_node> node_;
};

client::producer_actor start_producer(fresh_node& node, std::int32_t partitions) {
  client::producer_options options;
  options.topic = "load";
  options.allow_auto_create_topics = true;
  options.auto_create_partitions = partitions;
  options.batch_size_bytes = 1'000'000; // as load.cpp tells librdkafka
  auto made = client::spawn_producer(node.system(), node.access(), options);
  if (!made)
    give_up(made.error().message());
  return *made;
}

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  random_source random{1};
  for (auto& byte : bytes)
    byte = static_cast<char>(random.next());
  return bytes;
}

// --- as fast as it goes ---

struct flood_plan {
  client::producer_actor to;
  std::size_t record_bytes = 0;
  std::uint64_t records_max = 0; ///< 0: until the time is over
  std::int64_t until_us = 0;
  std::promise<std::uint64_t>* done = nullptr; ///< the records that were acknowledged
};

/// Sends as long as there is credit.
class flood_state {
public:
  void send_more(client::delivery_listener::pointer self) {
    auto cost = client::credit_cost_bytes(client::make_record(payload)) * records_per_message;
    while (credit >= cost && !is_over()) {
      std::vector<client::new_record> records;
      records.reserve(records_per_message);
      for (std::size_t i = 0; i < records_per_message; ++i) {
        auto value = bytes::copy_of(payload);
        std::memcpy(value.mutable_data(), &sent, std::min(sizeof sent, value.size()));
        records.emplace_back();
        records.back().value = std::move(value);
        ++sent;
      }
      credit -= cost;
      self->send(plan.to, client::send_records{sent - records_per_message, std::move(records), self});
    }
    if (is_over() && reported == sent && plan.done) {
      std::exchange(plan.done, nullptr)->set_value(reported);
      self->quit();
    }
  }
  void on_report(client::delivery_listener::pointer self, const client::delivery_report& report) {
    credit += report.credit_bytes;
    for (auto& delivery : report.deliveries) {
      if (!delivery.is_written())
        give_up(delivery.what.message());
      reported += delivery.count;
    }
    send_more(self);
  }
  bool is_over() const { return plan.records_max > 0 ? sent >= plan.records_max : now_us() >= plan.until_us; }

  static inline const char* name = "flood";
  flood_state() = default;
  flood_plan plan;
  std::string payload;
  std::size_t credit = 0;
  std::uint64_t sent = 0;
  std::uint64_t reported = 0;
};

client::delivery_listener::behavior_type flood(client::delivery_listener::stateful_pointer<flood_state> self,
                                               flood_plan plan) {
  self->state.payload = noise(plan.record_bytes);
  self->state.plan = plan;
  self->send(plan.to, client::join_sender{self});
  return {[self](const client::delivery_report& report) { self->state.on_report(self, report); }};
}

/// How many records were acknowledged.
std::uint64_t run_flood(fresh_node& node, std::size_t size, std::int32_t partitions, std::uint64_t records,
                        std::int64_t seconds) {
  auto producer = start_producer(node, partitions);
  std::promise<std::uint64_t> done;
  node.system().spawn<caf::detached>(flood, flood_plan{producer, size, records, now_us() + seconds * 1'000'000, &done});
  auto count = done.get_future().get();
  caf::anon_send_exit(producer, caf::exit_reason::user_shutdown);
  return count;
}

int produce(const arguments& given) {
  fresh_node node{given};
  auto size = given.number("size", 1024);
  auto partitions = static_cast<std::int32_t>(given.number("partitions", 1));
  run_flood(node, size, partitions, 100'000, 0); // the journal's files are new otherwise
  auto cpu = own_cpu_seconds();
  auto start = now_us();
  auto count = run_flood(node, size, partitions, 0, static_cast<std::int64_t>(given.number("seconds", 8)));
  outside::outcome result{"native-produce", count, count * size, static_cast<double>(now_us() - start) / 1e6, 0,
                          own_cpu_seconds() - cpu};
  result.broker_cpu_s = result.client_cpu_s; // one process
  outside::print(result, nullptr, {});
  return 0;
}

// --- reading ---

struct pass_tally {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_bytes = 0; ///< so that each record is touched
  std::promise<void> done;
  std::uint64_t wanted = 0;
};

client::batch_handler::behavior_type count_records(client::batch_handler::pointer self, pass_tally* tally) {
  return {
      [self, tally](const client::handed_batch& batch) {
        for (auto& record : batch.records) {
          ++tally->records;
          tally->bytes += record.value->size();
          tally->first_bytes += static_cast<unsigned char>(record.value->front());
        }
        self->send(batch.from, client::batch_done{batch.id});
        if (tally->records == tally->wanted)
          tally->done.set_value();
      },
      [](const client::partition_notice&) {},
  };
}

int consume(const arguments& given) {
  fresh_node node{given};
  auto size = given.number("size", 1024);
  auto records = given.number("megabytes", 400) * 1'000'000 / size / records_per_message * records_per_message;
  run_flood(node, size, 1, records, 0);
  auto cpu = own_cpu_seconds();
  outside::outcome result{"native-consume"};
  for (std::size_t pass = 0; pass < given.number("passes", 5); ++pass) {
    pass_tally tally;
    tally.wanted = records;
    client::consumer_options options;
    options.assignments = {{"load"}};
    auto start = now_us();
    auto consumer = client::spawn_consumer(node.system(), node.access(), options, [&](caf::actor_system& system) {
      return system.spawn(count_records, &tally);
    });
    tally.done.get_future().get();
    result.seconds += static_cast<double>(now_us() - start) / 1e6;
    result.messages += tally.records;
    result.bytes += tally.bytes;
    caf::scoped_actor self{node.system(), true};
    self->request(*consumer, caf::infinite, client::close_consumer{}).receive([](client::consumer_closed) {}, [](caf::error&) {});
  }
  result.broker_cpu_s = result.client_cpu_s = own_cpu_seconds() - cpu;
  outside::print(result, nullptr, {});
  return 0;
}

// --- one after the other ---

struct metronome_plan {
  client::producer_actor to;
  std::size_t record_bytes = 0;
  std::uint64_t count = 0;
  std::chrono::microseconds step{0};
  std::promise<std::vector<std::uint32_t>>* took_us = nullptr;
};

using metronome_actor = client::delivery_listener::extend<caf::reacts_to<caf::tick_atom>>;

/// Sends a record at each step, and takes the time from each send to its report.
class metronome_state {
public:
  static inline const char* name = "metronome";

  void start(metronome_actor::pointer self, metronome_plan wanted) {
    plan = wanted;
    payload = noise(plan.record_bytes);
    next = caf::actor_clock::clock_type::now() + std::chrono::milliseconds{10};
    self->scheduled_send(self, next, caf::tick_atom::value);
  }
  void on_tick(metronome_actor::pointer self) {
    sent_us.push_back(now_us());
    self->send(plan.to, client::send_records{sent_us.size() - 1, {client::make_record(payload)}, self});
    next += plan.step;
    if (sent_us.size() < plan.count)
      self->scheduled_send(self, next, caf::tick_atom::value);
  }
  void on_report(metronome_actor::pointer self, const client::delivery_report& report) {
    auto now = now_us();
    for (auto& delivery : report.deliveries) {
      if (!delivery.is_written())
        give_up(delivery.what.message());
      for (std::uint32_t i = 0; i < delivery.count; ++i)
        took_us.push_back(static_cast<std::uint32_t>(now - sent_us[delivery.first_id + i]));
    }
    if (took_us.size() == plan.count) {
      plan.took_us->set_value(std::move(took_us));
      self->quit();
    }
  }

  metronome_plan plan;
  std::string payload;
  caf::actor_clock::time_point next;
  std::vector<std::int64_t> sent_us; ///< by record
  std::vector<std::uint32_t> took_us;
};

metronome_actor::behavior_type metronome(metronome_actor::stateful_pointer<metronome_state> self, metronome_plan plan) {
  self->state.start(self, plan);
  return {
      [self](const client::delivery_report& report) { self->state.on_report(self, report); },
      [self](caf::tick_atom) { self->state.on_tick(self); },
  };
}

/// Durable writes of 4 KiB to blocks that were written before: what the disk takes at its barest.
std::vector<std::uint32_t> bare_writes(const std::string& folder, std::size_t count, std::int64_t step_us) {
  constexpr std::size_t block = 4096, blocks = 4096;
  auto path = folder + "/bare";
  auto file = ::open(path.c_str(), O_CREAT | O_RDWR | O_DIRECT | O_DSYNC, 0600);
  void* memory = std::aligned_alloc(block, block * blocks);
  std::memset(memory, 1, block * blocks);
  if (file < 0 || ::pwrite(file, memory, block * blocks, 0) != static_cast<ssize_t>(block * blocks))
    give_up("no direct writes in " + folder);
  std::vector<std::uint32_t> took;
  auto due = now_us();
  for (std::size_t i = 0; i < count; ++i, due += step_us) {
    outside::sleep_until_us(due);
    auto start = now_us();
    if (::pwrite(file, memory, block, static_cast<off_t>(i % blocks * block)) != static_cast<ssize_t>(block))
      give_up("a bare write failed");
    took.push_back(static_cast<std::uint32_t>(now_us() - start));
  }
  ::close(file);
  std::free(memory);
  return took;
}

double median_ms(std::vector<std::uint32_t> of) {
  std::sort(of.begin(), of.end());
  return of.empty() ? 0 : of[of.size() / 2] / 1000.0;
}

int latency(const arguments& given) {
  fresh_node node{given};
  auto size = given.number("size", 1024);
  auto seconds = given.number("seconds", 8), rate = given.number("rate", 1000);
  auto step_us = static_cast<std::int64_t>(1'000'000 / rate);
  auto count = seconds * rate;
  // A node that is idle after its first use fills its journal's blocks; the bare writes, too, go to blocks that were written
  // before.
  run_flood(node, size, 1, 1'000, 0);
  outside::sleep_until_us(now_us() + 1'000'000);
  auto producer = start_producer(node, 1);
  auto cpu = own_cpu_seconds();
  auto start = now_us();
  std::promise<std::vector<std::uint32_t>> done;
  node.system().spawn(metronome, metronome_plan{producer, size, count, std::chrono::microseconds{step_us}, &done});
  auto reported = done.get_future();
  if (reported.wait_for(std::chrono::seconds{seconds + 60}) != std::future_status::ready)
    give_up("records were not acknowledged");
  auto took_us = reported.get();
  outside::outcome result{"native-latency", count, count * size, static_cast<double>(now_us() - start) / 1e6};
  result.broker_cpu_s = result.client_cpu_s = own_cpu_seconds() - cpu;
  result.bare_p50_ms = median_ms(bare_writes(node.folder(), count, step_us));
  outside::print(result, &took_us, {});
  caf::anon_send_exit(producer, caf::exit_reason::user_shutdown);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  std::string mode = argc > 1 ? argv[1] : "";
  arguments given{argc, argv};
  // As the node's own program: batches come and go without page faults.
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  if (mode == "produce")
    return produce(given);
  if (mode == "consume")
    return consume(given);
  if (mode == "latency")
    return latency(given);
  give_up("usage: native-load produce|consume|latency [--OPTION VALUE]... (see the head of native_load.cpp)");
}
