// A stock consumer that follows a topic while its leaders die: every offset comes once and in order, and no
// error.
//
//   reader run --broker B --topic T --partitions N [--deadline-s 60]
//
// SIGTERM: reads on to the end of each partition, and ends with "done READ WRONG"; before it a line for each
// of the first twenty things that are wrong. Exit code 1: some were.

#include "tests/support_cpp/rdkafka.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <vector>

namespace {

using namespace outside;
using clock_type = std::chrono::steady_clock;

std::atomic<bool> stopping = false;

class judge {
public:
  explicit judge(std::size_t partitions) : due_(partitions) {}

  void take(const rd_kafka_message_t& m) {
    auto where = std::to_string(m.partition) + ":" + std::to_string(m.offset) + ": ";
    if (m.err) {
      wrong(where + rd_kafka_err2name(m.err) + ": " + rd_kafka_message_errstr(&m));
      return;
    }
    ++read_;
    auto& due = due_.at(static_cast<std::size_t>(m.partition));
    if (m.offset != due)
      wrong(where + "offset " + std::to_string(due) + " was due");
    due = m.offset + 1;
  }

  void wrong(const std::string& what) {
    if (++wrong_ <= 20)
      std::printf("WRONG: %s\n", what.c_str());
  }

  bool has_read_up_to(const std::vector<int64_t>& ends) const {
    return std::equal(due_.begin(), due_.end(), ends.begin(), std::greater_equal<>{});
  }

  int end() const {
    std::printf("done %llu %llu\n", static_cast<unsigned long long>(read_),
                static_cast<unsigned long long>(wrong_));
    return wrong_ || !read_ ? 1 : 0;
  }

private:
  std::vector<int64_t> due_; ///< by partition
  uint64_t read_ = 0, wrong_ = 0;
};

std::vector<int64_t> ends_of(rd_kafka_t* consumer, const std::string& topic, std::size_t partitions,
                             judge& verdict) {
  std::vector<int64_t> ends(partitions);
  for (std::size_t p = 0; p < partitions; ++p) {
    int64_t low = 0;
    if (rd_kafka_query_watermark_offsets(consumer, topic.c_str(), static_cast<int32_t>(p), &low, &ends[p],
                                         10'000))
      verdict.wrong("the end of partition " + std::to_string(p) + " cannot be found out");
  }
  return ends;
}

void follow(const options& given, std::size_t partitions, judge& verdict) {
  auto name = given.text("topic", "gap");
  auto consumer = make(RD_KAFKA_CONSUMER, settings({{"bootstrap.servers", given.text("broker", "")},
                                                    {"check.crcs", "true"},
                                                    {"log_level", "0"},
                                                    {"auto.offset.reset", "error"}}));
  topic from{rd_kafka_topic_new(consumer.get(), name.c_str(), nullptr)};
  queue arrivals{rd_kafka_queue_new(consumer.get())};
  for (std::size_t p = 0; p < partitions; ++p)
    rd_kafka_consume_start_queue(from.get(), static_cast<int32_t>(p), RD_KAFKA_OFFSET_BEGINNING,
                                 arrivals.get());
  auto read_on = [&] {
    if (message m{rd_kafka_consume_queue(arrivals.get(), 100)}; m)
      verdict.take(*m);
  };
  while (!stopping)
    read_on();
  auto ends = ends_of(consumer.get(), name, partitions, verdict);
  for (auto until = clock_type::now() + std::chrono::seconds{given.number("deadline-s", 60)};
       !verdict.has_read_up_to(ends);)
    if (clock_type::now() < until)
      read_on();
    else
      return verdict.wrong("the deadline passed before every partition was read to its end");
  for (std::size_t p = 0; p < partitions; ++p)
    rd_kafka_consume_stop(from.get(), static_cast<int32_t>(p));
}

} // namespace

int main(int argc, char** argv) {
  options given{argc, argv};
  std::signal(SIGTERM, [](int) { stopping = true; });
  auto partitions = static_cast<std::size_t>(std::max<int64_t>(1, given.number("partitions", 1)));
  judge verdict{partitions};
  follow(given, partitions, verdict);
  return verdict.end();
}
