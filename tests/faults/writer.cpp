// Idempotent producers that go on while the broker dies under them, and note what was acknowledged.
//
//   writer run --broker B --topic T --partitions N --journals DIR [--writers 3] [--rate 1500] [--timeout-ms 120000]
//
// Writer i appends to DIR/i.journal (see made_record.hpp), within some milliseconds of the report. Each writer uses
// another compression. SIGTERM: no new records, wait for the reports, end. Exit code 1: an error that may not be
// (fatal for the producer, or an offset reported twice); records that timed out are only counted.

#include "tests/faults/made_record.hpp"
#include "tests/support_cpp/rdkafka.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <thread>
#include <vector>

namespace {

using namespace outside;

std::atomic<bool> stopping = false;

struct writer_state {
  record_id next;
  journal_header header;
  FILE* journal = nullptr;
  uint64_t acknowledged = 0, failed = 0;
  std::map<std::string, uint64_t> errors;
  bool wrong = false;
};

void on_report(rd_kafka_t*, const rd_kafka_message_t* m, void* opaque) {
  auto& own = *static_cast<writer_state*>(opaque);
  if (m->err) {
    ++own.failed;
    ++own.errors[rd_kafka_err2name(m->err)];
    return;
  }
  const journal_entry entry{reinterpret_cast<uint64_t>(m->_private), m->offset};
  if (std::fwrite(&entry, sizeof entry, 1, own.journal) != 1)
    give_up("the journal can't be written");
  ++own.acknowledged;
}

rd_kafka_resp_err_t send(rd_kafka_t* producer, const std::string& name, const made_record& made, uint64_t number) {
  auto* headers = rd_kafka_headers_new(made.headers.size());
  for (const auto& [key, value] : made.headers)
    rd_kafka_header_add(headers, key.data(), static_cast<ssize_t>(key.size()), value ? value->data() : nullptr,
                        value ? static_cast<ssize_t>(value->size()) : 0);
  auto* value = made.value ? const_cast<char*>(made.value->data()) : nullptr;
  auto* key = made.key ? made.key->data() : nullptr;
  const auto value_size = made.value ? made.value->size() : 0, key_size = made.key ? made.key->size() : 0;
  const auto error = rd_kafka_producev(
    producer, RD_KAFKA_V_TOPIC(name.c_str()), RD_KAFKA_V_PARTITION(made.partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
    RD_KAFKA_V_VALUE(value, value_size), RD_KAFKA_V_KEY(key, key_size),
    RD_KAFKA_V_TIMESTAMP(made.timestamp_ms), RD_KAFKA_V_HEADERS(headers),
    RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(number)), RD_KAFKA_V_END);
  if (error)
    rd_kafka_headers_destroy(headers);
  return error;
}

client make_producer(const options& given, uint32_t index, writer_state& own) {
  static constexpr const char* codecs[] = {"none", "lz4", "zstd", "snappy", "gzip"};
  auto* conf = settings({{"bootstrap.servers", given.text("broker", "")}, {"enable.idempotence", "true"},
                         {"linger.ms", "2"}, {"compression.codec", codecs[index % 5]}, {"retry.backoff.ms", "20"},
                         {"reconnect.backoff.ms", "10"}, {"reconnect.backoff.max.ms", "100"},
                         {"topic.metadata.refresh.fast.interval.ms", "50"}, {"log_level", "0"},
                         {"message.timeout.ms", given.text("timeout-ms", "120000")}});
  rd_kafka_conf_set_dr_msg_cb(conf, on_report);
  rd_kafka_conf_set_opaque(conf, &own);
  return make(RD_KAFKA_PRODUCER, conf);
}

void begin_journal(const options& given, uint32_t index, writer_state& own) {
  own.next.writer = index;
  own.header.writer = index;
  own.header.partitions = static_cast<int32_t>(given.number("partitions", 1));
  own.header.base_ms = int64_t{std::time(nullptr)} * 1000 - 5000;
  const auto path = given.text("journals", ".") + "/" + std::to_string(index) + ".journal";
  own.journal = std::fopen(path.c_str(), "w+b");
  if (!own.journal || std::fwrite(&own.header, sizeof own.header, 1, own.journal) != 1)
    give_up("the journal can't be made: " + path);
}

/// The number of records that were tried, once there will be no more.
void end_journal(writer_state& own) {
  own.header.attempted = own.next.number;
  if (std::fseek(own.journal, 0, SEEK_SET) != 0 || std::fwrite(&own.header, sizeof own.header, 1, own.journal) != 1
      || std::fclose(own.journal) != 0)
    give_up("the journal can't be ended");
}

void write(const options& given, uint32_t index, writer_state& own) {
  begin_journal(given, index, own);
  const auto name = given.text("topic", "faults");
  auto producer = make_producer(given, index, own);
  const auto step = std::chrono::duration<double>{1.0 / static_cast<double>(given.number("rate", 1500))};
  auto due = std::chrono::steady_clock::now();
  while (!stopping) {
    // No more than a second's worth waits while the broker is away.
    if (rd_kafka_outq_len(producer.get()) < 3000 && std::chrono::steady_clock::now() >= due) {
      due += std::chrono::duration_cast<std::chrono::nanoseconds>(step);
      due = std::max(due, std::chrono::steady_clock::now() - std::chrono::milliseconds{100});
      const auto made = make_record(own.next, own.header.partitions, own.header.base_ms);
      if (send(producer.get(), name, made, own.next.number) == RD_KAFKA_RESP_ERR_NO_ERROR)
        ++own.next.number;
    }
    if (rd_kafka_poll(producer.get(), std::chrono::steady_clock::now() < due ? 1 : 0) > 0)
      std::fflush(own.journal);
    char why[512];
    if (rd_kafka_fatal_error(producer.get(), why, sizeof why)) {
      std::printf("writer %u: fatal: %s\n", index, why);
      own.wrong = true;
      break;
    }
  }
  rd_kafka_flush(producer.get(), static_cast<int>(given.number("timeout-ms", 120'000)));
  producer.reset();
  end_journal(own);
}

} // namespace

int main(int argc, char** argv) {
  options given{argc, argv};
  std::signal(SIGTERM, [](int) { stopping = true; });
  std::vector<writer_state> states(given.number("writers", 3));
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < states.size(); ++i)
    threads.emplace_back([&, i] { write(given, i, states[i]); });
  for (auto& thread : threads)
    thread.join();
  int exit_code = 0;
  for (const auto& one : states) {
    std::printf("writer %u: %llu attempted, %llu acknowledged, %llu failed", one.next.writer,
                static_cast<unsigned long long>(one.next.number), static_cast<unsigned long long>(one.acknowledged),
                static_cast<unsigned long long>(one.failed));
    for (const auto& [name, count] : one.errors)
      std::printf(" %s:%llu", name.c_str(), static_cast<unsigned long long>(count));
    std::printf("\n");
    if (one.wrong)
      exit_code = 1;
  }
  return exit_code;
}
