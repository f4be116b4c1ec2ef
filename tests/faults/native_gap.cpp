// A native idempotent producer that measures how long each partition went without an acknowledgement: what gap.cpp does
// with librdkafka, in the same words.
//
//   native_gap run --broker A,B,C --topic T --partitions N [--rate 1000] [--above-ms 50] [--timeout-ms 120000]

#include "actors/client/producer.hpp"
#include "actors/remote/remote_cluster.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

namespace {

using namespace troupe;
using clock_type = std::chrono::steady_clock;

std::atomic<bool> stopping = false;

struct settings {
  std::vector<std::string> servers;
  std::string topic = "gap";
  std::size_t partitions = 1;
  double rate = 1000;
  std::chrono::milliseconds above{50};
  std::int64_t timeout_ms = 120'000;
};

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> all;
  std::istringstream in{list};
  for (std::string one; std::getline(in, one, ',');)
    all.push_back(one);
  return all;
}

settings read_settings(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 2; i + 1 < argc; i += 2)
    given[argv[i]] = argv[i + 1];
  settings all;
  all.servers = parts_of(given["--broker"]);
  auto number = [&](const char* key, std::int64_t otherwise) {
    return given.contains(key) ? std::stoll(given[key]) : otherwise;
  };
  if (given.contains("--topic"))
    all.topic = given["--topic"];
  all.partitions = static_cast<std::size_t>(std::max<std::int64_t>(1, number("--partitions", 1)));
  all.rate = static_cast<double>(number("--rate", 1000));
  all.above = std::chrono::milliseconds{number("--above-ms", 50)};
  all.timeout_ms = number("--timeout-ms", 120'000);
  return all;
}

class meter {
public:
  explicit meter(const settings& given) : given_(given), last_(given.partitions) {}

  void take(const client::delivery_report& report) {
    for (auto& one : report.deliveries) {
      reported_ += one.count;
      if (!one.is_written()) {
        failed_ += one.count;
        errors_[std::string{name(one.what.code)}] += one.count;
        continue;
      }
      acknowledged_ += one.count;
      heard_of(static_cast<std::size_t>(one.partition.value()));
    }
  }

  bool is_steady() const {
    auto now = clock_type::now();
    return std::all_of(last_.begin(), last_.end(), [&](auto at) { return now - at < given_.above; });
  }

  std::uint64_t reported() const { return reported_; }

  int end() const {
    std::printf("done %llu %llu", static_cast<unsigned long long>(acknowledged_), static_cast<unsigned long long>(failed_));
    for (auto& [name, count] : errors_)
      std::printf(" %s:%llu", name.c_str(), static_cast<unsigned long long>(count));
    std::printf("\n");
    return failed_ ? 1 : 0;
  }

private:
  void heard_of(std::size_t partition) {
    auto now = clock_type::now();
    auto& last = last_.at(partition);
    if (last != clock_type::time_point{} && now - last > given_.above) {
      std::printf("gap %zu %lld\n", partition,
                  static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(now - last).count()));
      std::fflush(stdout);
    }
    last = now;
  }

  const settings& given_;
  std::vector<clock_type::time_point> last_;
  std::uint64_t reported_ = 0, acknowledged_ = 0, failed_ = 0;
  std::map<std::string, std::uint64_t> errors_;
};

/// The number of records sent.
std::uint64_t produce(const settings& given, caf::scoped_actor& self, const client::producer_actor& producer, meter& own) {
  auto me = caf::actor_cast<client::delivery_listener>(self);
  const auto step = std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>{1.0 / given.rate});
  std::uint64_t sent = 0;
  auto due = clock_type::now(), look = due;
  while (!stopping) {
    auto now = clock_type::now();
    if (now >= look) {
      look += std::chrono::milliseconds{500};
      std::puts(own.is_steady() ? "steady" : "unsteady");
      std::fflush(stdout);
    }
    for (; due <= now && sent - own.reported() < 50'000; due += step) {
      auto record = client::make_record(std::string(100, 'x'));
      record.partition = partition_id{static_cast<std::int32_t>(sent % given.partitions)};
      self->send(producer, client::send_records{sent++, {std::move(record)}, me});
    }
    self->receive([&](const client::delivery_report& report) { own.take(report); },
                  caf::after(std::chrono::milliseconds{1}) >> [] {});
  }
  return sent;
}

} // namespace

int main(int argc, char** argv) {
  auto given = read_settings(argc, argv);
  std::signal(SIGTERM, [](int) { stopping = true; });
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system system{config};
  remote::remote_cluster cluster{system, {.servers = given.servers}};
  client::producer_options options;
  options.topic = given.topic;
  options.delivery_timeout_ms = given.timeout_ms;
  auto producer = client::spawn_producer(system, cluster.access(), options);
  if (!producer) {
    std::fprintf(stderr, "%s\n", producer.error().message().c_str());
    return 2;
  }
  meter own{given};
  caf::scoped_actor self{system};
  auto sent = produce(given, self, *producer, own);
  for (auto until = clock_type::now() + std::chrono::milliseconds{given.timeout_ms};
       own.reported() < sent && clock_type::now() < until;)
    self->receive([&](const client::delivery_report& report) { own.take(report); },
                  caf::after(std::chrono::milliseconds{100}) >> [] {});
  self->request(*producer, caf::infinite, client::close_producer{1'000})
      .receive([](const client::producer_closed&) {}, [](const caf::error&) {});
  return own.end();
}
