// The loads of `troupe bench`. Open loop: every record has a time at which it is due, whatever became of
// those before it, and its latency counts from that time.
#pragma once

#include "actors/node/command/consumer.hpp"
#include "actors/node/command/latency_histogram.hpp"
#include "actors/node/command/producer.hpp"
#include "actors/node/command/record_collector.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace troupe::command {

/// The first bytes of a record can say when it was due.
constexpr std::size_t stamp_bytes = sizeof(std::int64_t);

/// When the records of one producer are due. Without a rate a record is due when there is room for it.
class due_times {
public:
  /// `per_second` 0: no rate.
  due_times(std::int64_t start_ns, double per_second) noexcept
      : start_ns_(start_ns), interval_ns_(per_second > 0 ? 1e9 / per_second : 0) {}

  bool has_rate() const noexcept { return interval_ns_ > 0; }
  std::int64_t of(std::uint64_t number) const noexcept {
    return start_ns_ + static_cast<std::int64_t>(static_cast<double>(number) * interval_ns_);
  }
  /// How many are due at that time.
  std::uint64_t count_at(std::int64_t now_ns) const noexcept;

private:
  std::int64_t start_ns_;
  double interval_ns_;
};

struct bench_options {
  producer_options producing;
  collector_options collecting;
  std::int64_t record_size_bytes = 1024;
  double rate = 0; // of all producers together; 0: as fast as they can
  std::int64_t duration_ms = 10'000;
  /// At the beginning; not counted.
  std::int64_t warmup_ms = 1000;
  std::int32_t producers = 1;
  std::int32_t partitions = 1;
  bool has_stamps = false;
};

struct bench_result {
  std::uint64_t records = 0;
  std::uint64_t failed = 0;
  std::uint64_t bytes = 0;
  std::int64_t duration_ns = 0; // of what was counted
  latency_histogram latency;
  std::string problem; // a sentence if it ended early

  void add(const bench_result& other);
};

/// Runs one of `options.producers` producers until its time is over and everything is answered.
class bench_producer {
public:
  bench_producer(kafka_client& client, const bench_options& options, std::int64_t start_ns);

  bench_result run();
  /// Read by another thread, for progress.
  std::uint64_t acknowledged() const noexcept { return acknowledged_.load(std::memory_order_relaxed); }

private:
  void make_due_records(std::int64_t now_ns);
  void hand_over(std::int64_t now_ns);
  void take_outcomes(std::int64_t now_ns);
  std::int64_t wait_us(std::int64_t now_ns) const noexcept;
  std::string_view payload(std::uint64_t number);

  bench_options options_;
  producer producer_;
  due_times due_;
  std::int64_t count_from_ns_;
  std::int64_t end_ns_;
  record::batch_builder builder_;
  std::string pool_;
  std::string payload_;
  std::uint64_t made_ = 0;
  std::uint64_t batch_first_ = 0;
  std::int64_t batch_opened_ns_ = 0;
  std::int32_t partition_ = 0;
  std::map<std::uint64_t, std::int64_t> opened_at_ns_; // of batches under way, without a rate
  std::int64_t last_answer_ns_ = 0;
  bench_result result_;
  std::atomic<std::uint64_t> acknowledged_ = 0;
};

/// Reads stamped records until `stop` and nothing has come for a while.
bench_result measure_arrivals(kafka_client& client, const topic_info& topic,
                              const std::map<partition_id, offset>& from, std::int64_t count_from_ns,
                              const std::atomic<bool>& stop);

/// Reads from the given offsets until the ends, or until the time is over. `watch` gets the records so far.
bench_result measure_reading(kafka_client& client, const topic_info& topic,
                             const std::map<partition_id, offset>& from, std::map<partition_id, offset> ends,
                             std::int64_t duration_ms, const std::function<void(std::uint64_t)>& watch);

} // namespace troupe::command
