// One load for every broker: librdkafka on loopback, the same settings for all. Prints one JSON object a run.
//
//   load produce --broker B --topic T --partitions N [--producers 1] [--size 1024] [--seconds 10] [--rate MSGS_PER_S]
//                [--linger-ms 5] [--messages N] [--settle-ms 1000] [--pid BROKER] [--idempotent]
//   load consume --broker B --topic T --partitions N --messages N [--passes 1] [--deadline-s 120] [--pid BROKER]
//
// With --rate the load is open: a message's latency counts from the moment at which it was due, not from the one at
// which a slow broker let the client send it. Messages due in the first --settle-ms are not counted.

#include "tests/compare/measure.hpp"
#include "tests/support_cpp/rdkafka.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace {

using namespace outside;

struct tally {
  std::vector<uint32_t> latency_us;
  uint64_t acknowledged = 0;
  std::map<std::string, uint64_t> errors;
  int64_t counted_from_us = 0;
  bool open_loop = false;
};

void on_report(rd_kafka_t*, const rd_kafka_message_t* m, void* opaque) {
  auto& own = *static_cast<tally*>(opaque);
  if (m->err) {
    ++own.errors[rd_kafka_err2name(m->err)];
    return;
  }
  ++own.acknowledged;
  if (!own.open_loop)
    return;
  const auto due_us = static_cast<int64_t>(reinterpret_cast<intptr_t>(m->_private));
  if (due_us >= own.counted_from_us)
    own.latency_us.push_back(static_cast<uint32_t>(std::max<int64_t>(0, now_us() - due_us)));
}

class producer {
public:
  producer(const options& given, int index, int64_t start_us, tally& own) : given_(given), own_(own), start_us_(start_us) {
    auto* conf = settings({{"bootstrap.servers", given.text("broker", "")}, {"acks", "all"}, {"log_level", "3"},
                           {"linger.ms", given.text("linger-ms", "5")}, {"batch.size", "1000000"},
                           {"message.max.bytes", "8000000"}, {"batch.num.messages", "1000000"},
                           {"queue.buffering.max.kbytes", "262144"}, {"queue.buffering.max.messages", "1000000"},
                           {"message.timeout.ms", "60000"}, {"enable.idempotence", given.has("idempotent") ? "true" : "false"}});
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_opaque(conf, &own);
    client_ = make(RD_KAFKA_PRODUCER, conf);
    topic_.reset(rd_kafka_topic_new(client_.get(), given.text("topic", "load").c_str(), nullptr));
    partitions_ = given.number("partitions", 1);
    next_ = static_cast<uint64_t>(index);
    payload_.resize(given.number("size", 1024));
    uint64_t noise = 88172645463325252ULL + static_cast<uint64_t>(index);
    for (auto& byte : payload_) { // xorshift: bytes that no compression in between would shrink
      noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17;
      byte = static_cast<char>(noise);
    }
  }

  /// As fast as it goes, for the given time or number of messages.
  void flood(int64_t until_us, int64_t messages) {
    for (int64_t n = 0; messages ? n < messages : now_us() < until_us; ++n) {
      send(0, until_us);
      if ((n & 63) == 0)
        rd_kafka_poll(client_.get(), 0);
    }
    rd_kafka_flush(client_.get(), 60'000);
  }

  /// At a fixed rate; reports are taken by a thread of their own, so that their time is right.
  void pace(int64_t until_us, double per_second) {
    std::atomic<bool> ended = false;
    std::thread reports{[&] {
      while (!ended || rd_kafka_outq_len(client_.get()) > 0)
        if (rd_kafka_poll(client_.get(), 100) == 0 && ended && now_us() > until_us + 60'000'000)
          break;
    }};
    const double step_us = 1e6 / per_second;
    double due_us = static_cast<double>(start_us_);
    while (due_us < static_cast<double>(until_us)) {
      sleep_until_us(static_cast<int64_t>(due_us));
      const auto now = static_cast<double>(now_us());
      for (; due_us <= now; due_us += step_us)
        send(static_cast<int64_t>(due_us), until_us + 10'000'000);
    }
    ended = true;
    reports.join();
  }

private:
  void send(int64_t due_us, int64_t give_up_us) {
    std::memcpy(payload_.data(), &next_, std::min(payload_.size(), sizeof next_));
    const auto where = static_cast<int32_t>(next_++ % static_cast<uint64_t>(partitions_));
    while (rd_kafka_produce(topic_.get(), where, RD_KAFKA_MSG_F_COPY, payload_.data(), payload_.size(), nullptr, 0,
                            reinterpret_cast<void*>(static_cast<intptr_t>(due_us))) == -1) {
      if (own_.open_loop)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
      else
        rd_kafka_poll(client_.get(), 1);
      if (now_us() > give_up_us)
        return;
    }
  }

  const options& given_;
  tally& own_;
  int64_t start_us_, partitions_ = 1;
  uint64_t next_ = 0;
  client client_;
  topic topic_;
  std::vector<char> payload_;
};

int produce(const options& given) {
  const auto producers = given.number("producers", 1), rate = given.number("rate", 0);
  const auto pid = given.text("pid", "");
  std::vector<tally> tallies(producers);
  std::vector<std::thread> threads;
  const auto broker_before = cpu_seconds(pid), own_before = cpu_seconds("self");
  const auto start_us = now_us() + (rate ? 50'000 : 0), until_us = start_us + given.number("seconds", 10) * 1'000'000;
  for (int i = 0; i < producers; ++i)
    threads.emplace_back([&, i] {
      tallies[i].open_loop = rate > 0;
      tallies[i].counted_from_us = start_us + given.number("settle-ms", 1000) * 1000;
      producer one{given, i, start_us, tallies[i]};
      if (rate)
        one.pace(until_us, static_cast<double>(rate) / static_cast<double>(producers));
      else
        one.flood(until_us, given.number("messages", 0));
    });
  for (auto& thread : threads)
    thread.join();
  const auto took_s = static_cast<double>(now_us() - start_us) / 1e6;
  tally sum;
  for (auto& one : tallies) {
    sum.acknowledged += one.acknowledged;
    sum.latency_us.insert(sum.latency_us.end(), one.latency_us.begin(), one.latency_us.end());
    for (auto& [name, count] : one.errors)
      sum.errors[name] += count;
  }
  outcome result{"produce", sum.acknowledged, sum.acknowledged * given.number("size", 1024), took_s,
                 cpu_seconds(pid) - broker_before, cpu_seconds("self") - own_before};
  print(result, rate ? &sum.latency_us : nullptr, sum.errors);
  return sum.errors.empty() && sum.acknowledged ? 0 : 1;
}

struct received {
  uint64_t messages = 0, bytes = 0;
  int64_t took_us = 0; // to the last message: without the client's own end
};

/// One pass over the topic from its beginning.
received read_once(const options& given, int64_t give_up_us) {
  auto consumer = make(RD_KAFKA_CONSUMER,
                       settings({{"bootstrap.servers", given.text("broker", "")}, {"fetch.message.max.bytes", "4000000"},
                                 {"queued.max.messages.kbytes", "131072"}, {"fetch.wait.max.ms", "100"},
                                 {"check.crcs", "false"}, {"log_level", "3"}}));
  topic from{rd_kafka_topic_new(consumer.get(), given.text("topic", "load").c_str(), nullptr)};
  queue arrivals{rd_kafka_queue_new(consumer.get())};
  const auto partitions = static_cast<int32_t>(given.number("partitions", 1));
  const auto start_us = now_us();
  for (int32_t p = 0; p < partitions; ++p)
    rd_kafka_consume_start_queue(from.get(), p, RD_KAFKA_OFFSET_BEGINNING, arrivals.get());
  received sum;
  std::vector<rd_kafka_message_t*> some(10'000);
  const auto wanted = static_cast<uint64_t>(given.number("messages", 1));
  while (sum.messages < wanted && now_us() < give_up_us) {
    const auto count = rd_kafka_consume_batch_queue(arrivals.get(), 100, some.data(), some.size());
    for (ssize_t i = 0; i < count; ++i) {
      message one{some[i]};
      if (!one->err)
        ++sum.messages, sum.bytes += one->len;
    }
  }
  sum.took_us = now_us() - start_us;
  for (int32_t p = 0; p < partitions; ++p)
    rd_kafka_consume_stop(from.get(), p);
  return sum;
}

int consume(const options& given) {
  const auto pid = given.text("pid", "");
  const auto passes = given.number("passes", 1), wanted = given.number("messages", 1);
  const auto broker_before = cpu_seconds(pid), own_before = cpu_seconds("self");
  const auto give_up_us = now_us() + given.number("deadline-s", 120) * 1'000'000;
  outcome result{"consume"};
  for (int64_t pass = 0; pass < passes; ++pass) {
    const auto got = read_once(given, give_up_us);
    result.messages += got.messages;
    result.bytes += got.bytes;
    result.seconds += static_cast<double>(got.took_us) / 1e6;
  }
  result.broker_cpu_s = cpu_seconds(pid) - broker_before;
  result.client_cpu_s = cpu_seconds("self") - own_before;
  print(result, nullptr, {});
  return result.messages >= static_cast<uint64_t>(passes * wanted) ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2)
    give_up("usage: load produce|consume --broker HOST:PORT --topic T ... (see the head of load.cpp)");
  options given{argc, argv};
  const std::string mode = argv[1];
  if (mode == "produce")
    return produce(given);
  if (mode == "consume")
    return consume(given);
  give_up("unknown mode: " + mode);
}
