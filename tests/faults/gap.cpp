// A stock idempotent producer that measures how long each partition went without an acknowledgement.
//
//   gap run --broker B --topic T --partitions N [--rate 1000] [--above-ms 50] [--timeout-ms 120000]
//
// Writes to each partition in turn, `rate` records a second in all; acks=all; all else is librdkafka's default. Prints a line
// for each gap of more than --above-ms as it ends: "gap PARTITION MILLISECONDS", and twice a second "steady" if all partitions
// were acknowledged within the last --above-ms. SIGTERM: waits for the reports and ends,
// with "done ACKNOWLEDGED FAILED [ERROR:COUNT ...]". Exit code 1: some failed.

#include "tests/support_cpp/rdkafka.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <vector>

namespace {

using namespace outside;
using clock_type = std::chrono::steady_clock;

std::atomic<bool> stopping = false;

struct tally {
  std::vector<clock_type::time_point> last; ///< by partition; zero: none yet
  std::chrono::milliseconds above{50};
  uint64_t acknowledged = 0, failed = 0;
  std::map<std::string, uint64_t> errors;
};

void on_report(rd_kafka_t*, const rd_kafka_message_t* m, void* opaque) {
  auto& own = *static_cast<tally*>(opaque);
  if (m->err) {
    ++own.failed;
    ++own.errors[rd_kafka_err2name(m->err)];
    return;
  }
  ++own.acknowledged;
  const auto now = clock_type::now();
  auto& last = own.last.at(static_cast<std::size_t>(m->partition));
  if (last != clock_type::time_point{} && now - last > own.above) {
    std::printf("gap %d %lld\n", m->partition,
                static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(now - last).count()));
    std::fflush(stdout);
  }
  last = now;
}

client make_producer(const options& given, tally& own) {
  auto* conf = settings({{"bootstrap.servers", given.text("broker", "")}, {"enable.idempotence", "true"}, {"log_level", "0"},
                         {"message.timeout.ms", given.text("timeout-ms", "120000")}});
  rd_kafka_conf_set_dr_msg_cb(conf, on_report);
  rd_kafka_conf_set_opaque(conf, &own);
  return make(RD_KAFKA_PRODUCER, conf);
}

bool is_steady(const tally& own) {
  const auto now = clock_type::now();
  return std::all_of(own.last.begin(), own.last.end(), [&](auto last) { return now - last < own.above; });
}

void produce(const options& given, tally& own) {
  auto producer = make_producer(given, own);
  topic to{rd_kafka_topic_new(producer.get(), given.text("topic", "gap").c_str(), nullptr)};
  const auto step = std::chrono::duration<double>{1.0 / static_cast<double>(given.number("rate", 1000))};
  std::string value(100, 'x');
  auto due = clock_type::now(), look = due;
  for (uint64_t sent = 0; !stopping;) {
    if (clock_type::now() >= look) {
      look += std::chrono::milliseconds{500};
      std::puts(is_steady(own) ? "steady" : "unsteady");
      std::fflush(stdout);
    }
    if (clock_type::now() >= due && rd_kafka_outq_len(producer.get()) < 50'000) {
      due += std::chrono::duration_cast<clock_type::duration>(step);
      if (rd_kafka_produce(to.get(), static_cast<int32_t>(sent % own.last.size()), RD_KAFKA_MSG_F_COPY, value.data(), value.size(),
                           nullptr, 0, nullptr) == 0)
        ++sent;
    }
    rd_kafka_poll(producer.get(), clock_type::now() < due ? 1 : 0);
  }
  rd_kafka_flush(producer.get(), static_cast<int>(given.number("timeout-ms", 120'000)));
}

} // namespace

int main(int argc, char** argv) {
  options given{argc, argv};
  std::signal(SIGTERM, [](int) { stopping = true; });
  tally own;
  own.last.resize(static_cast<std::size_t>(std::max<int64_t>(1, given.number("partitions", 1))));
  own.above = std::chrono::milliseconds{given.number("above-ms", 50)};
  produce(given, own);
  std::printf("done %llu %llu", static_cast<unsigned long long>(own.acknowledged), static_cast<unsigned long long>(own.failed));
  for (const auto& [name, count] : own.errors)
    std::printf(" %s:%llu", name.c_str(), static_cast<unsigned long long>(count));
  std::printf("\n");
  return own.failed ? 1 : 0;
}
