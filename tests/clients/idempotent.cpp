// librdkafka's idempotent producer over many partitions, then a consumer, judged message by message:
// every message is reported delivered exactly once, at its own offset, and is found there, in order, byte for byte.
//
//   idempotent run --broker HOST:PORT --topic NAME --partitions N [--messages N] [--codec none]
//
// Exit code 0 and one summary line, or 1 and what was wrong.

#include "tests/support_cpp/rdkafka.hpp"

#include <chrono>
#include <vector>

namespace {

using namespace outside;

constexpr int64_t unknown = -1;

struct run {
  std::string broker, name, codec;
  int32_t partitions = 0;
  int64_t messages = 0;
  std::vector<int64_t> offset_of;                // by message number; unknown until its report
  std::vector<std::vector<int64_t>> sent;        // by partition: message numbers in order
  int64_t reports = 0, failures = 0;

  bool fail(const std::string& why) {
    if (++failures <= 10)
      std::printf("WRONG: %s\n", why.c_str());
    return false;
  }
};

std::string value_of(int64_t number) {
  auto value = "message " + std::to_string(number) + " ";
  value.append(static_cast<size_t>(number * 37 % 700), static_cast<char>('a' + number % 26));
  return value;
}

void on_report(rd_kafka_t*, const rd_kafka_message_t* m, void* opaque) {
  auto& state = *static_cast<run*>(opaque);
  const auto number = static_cast<int64_t>(reinterpret_cast<intptr_t>(m->_private));
  ++state.reports;
  if (m->err)
    state.fail("message " + std::to_string(number) + ": " + rd_kafka_err2str(m->err));
  else if (state.offset_of[number] != unknown)
    state.fail("message " + std::to_string(number) + " reported twice");
  else if (m->offset < 0)
    state.fail("message " + std::to_string(number) + " reported without an offset");
  else
    state.offset_of[number] = m->offset;
}

void produce(run& state) {
  auto* conf = settings({{"bootstrap.servers", state.broker}, {"enable.idempotence", "true"}, {"linger.ms", "1"},
                         {"batch.num.messages", "100"}, {"compression.codec", state.codec},
                         {"message.timeout.ms", "30000"}});
  rd_kafka_conf_set_dr_msg_cb(conf, on_report);
  rd_kafka_conf_set_opaque(conf, &state);
  auto producer = make(RD_KAFKA_PRODUCER, conf);
  topic where{rd_kafka_topic_new(producer.get(), state.name.c_str(), nullptr)};
  for (int64_t n = 0; n < state.messages; ++n) {
    const auto partition = static_cast<int32_t>(n % state.partitions);
    const auto value = value_of(n), key = std::to_string(n);
    while (rd_kafka_produce(where.get(), partition, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()), value.size(),
                            key.data(), key.size(), reinterpret_cast<void*>(static_cast<intptr_t>(n))) == -1)
      rd_kafka_poll(producer.get(), 10);
    state.sent[partition].push_back(n);
    rd_kafka_poll(producer.get(), 0);
  }
  rd_kafka_flush(producer.get(), 40'000);
  if (state.reports != state.messages)
    state.fail(std::to_string(state.reports) + " delivery reports for " + std::to_string(state.messages) + " messages");
}

void judge(run& state, const rd_kafka_message_t& m, std::vector<size_t>& next) {
  auto& position = next[m.partition];
  const auto& expected = state.sent[m.partition];
  if (position >= expected.size()) {
    state.fail("partition " + std::to_string(m.partition) + ": more records than were sent");
    return;
  }
  const auto number = expected[position++];
  const std::string value(static_cast<const char*>(m.payload), m.len), key(static_cast<const char*>(m.key), m.key_len);
  if (value != value_of(number) || key != std::to_string(number))
    state.fail("partition " + std::to_string(m.partition) + " offset " + std::to_string(m.offset) + ": key " + key
               + " where message " + std::to_string(number) + " was due");
  else if (m.offset != state.offset_of[number])
    state.fail("message " + key + " is at " + std::to_string(m.offset) + ", reported at "
               + std::to_string(state.offset_of[number]));
}

int64_t consume(run& state) {
  auto consumer = make(RD_KAFKA_CONSUMER, settings({{"bootstrap.servers", state.broker}, {"check.crcs", "true"},
                                                    {"enable.partition.eof", "true"}}));
  topic where{rd_kafka_topic_new(consumer.get(), state.name.c_str(), nullptr)};
  queue from{rd_kafka_queue_new(consumer.get())};
  for (int32_t p = 0; p < state.partitions; ++p)
    rd_kafka_consume_start_queue(where.get(), p, RD_KAFKA_OFFSET_BEGINNING, from.get());
  std::vector<size_t> next(state.partitions);
  int64_t read = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  for (int32_t ended = 0; ended < state.partitions;) {
    if (std::chrono::steady_clock::now() > deadline) {
      state.fail("consuming took over a minute");
      break;
    }
    message m{rd_kafka_consume_queue(from.get(), 100)};
    if (!m)
      continue;
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
      ++ended;
    else if (m->err)
      state.fail(rd_kafka_message_errstr(m.get()));
    else
      ++read, judge(state, *m, next);
  }
  for (int32_t p = 0; p < state.partitions; ++p)
    rd_kafka_consume_stop(where.get(), p);
  return read;
}

} // namespace

int main(int argc, char** argv) {
  options given{argc, argv};
  run state;
  state.broker = given.text("broker", "127.0.0.1:9092");
  state.name = given.text("topic", "idempotent-c");
  state.codec = given.text("codec", "none");
  state.partitions = static_cast<int32_t>(given.number("partitions", 32));
  state.messages = given.number("messages", 50'000);
  state.offset_of.assign(state.messages, unknown);
  state.sent.resize(state.partitions);
  produce(state);
  const auto read = consume(state);
  if (read != state.messages)
    state.fail("read " + std::to_string(read) + " of " + std::to_string(state.messages));
  std::printf("librdkafka %s: %lld messages, %d partitions, codec %s: %lld wrong\n", rd_kafka_version_str(),
              static_cast<long long>(read), state.partitions, state.codec.c_str(), static_cast<long long>(state.failures));
  return state.failures ? 1 : 0;
}
