// A partition log, and a flusher that carries out its orders at once: for its tests. To be included behind CAF's unit test
// header.
#pragma once

#include "runtime/storage/partition_log.hpp"
#include "tests/storage_log/log_workshop.hpp"

#include <optional>
#include <string>

namespace troupe::test {

using namespace troupe::storage;

constexpr offset everything{1'000'000};

struct log_fixture {
  explicit log_fixture(log_options options = {}) : log(log_partition(0), options, {}) {}

  void append(batch_plan plan, bool durable = true) {
    plan.base = log.log_end().value();
    auto made = make_batch(plan);
    log.append(made.data, made.facts, now);
    if (durable)
      commit();
  }

  /// The journal takes all that it is to get, and writes it.
  void commit() {
    while (log.next_for_journal()) {
    }
    log.mark_durable(log.log_end());
  }

  /// Flushes as if the flusher had done it at once.
  std::optional<flush_request> flush(bool force = true) {
    auto order = log.next_flush(now, force);
    if (order)
      log.on_flushed(flush_result{order->partition, order->checkpoint.flushed_end});
    return order;
  }

  /// Deletes as if the flusher had done it at once.
  void delete_before(std::int64_t before) {
    CAF_REQUIRE(log.delete_records_before(offset{before}, log.durable_end()));
    auto order = log.next_deletion(log.durable_end());
    CAF_REQUIRE(order);
    log.on_flushed(flush_result{order->partition, order->checkpoint.flushed_end});
  }

  std::string bases(std::int64_t from, offset limit = everything, std::size_t max_bytes = 1'000'000,
                    bool at_least_one = true) {
    auto plan = log.read(offset{from}, limit, max_bytes, at_least_one);
    if (!plan)
      return std::string{name(plan.error().code)};
    if (plan->segment)
      return "segment " + std::to_string(plan->segment->segments.front().base.value());
    std::string text;
    for (auto& b : plan->batches) {
      if (!text.empty())
        text += ' ';
      text += std::to_string(load_be<std::int64_t>(b.data()));
    }
    return text;
  }

  partition_log log;
  timestamp_ms now{10'000};
};

/// The size of a batch with the payload of the plan's default.
constexpr std::size_t batch_bytes = 101;

} // namespace troupe::test
