// Gathers records into one batch for each partition until it is large or old enough. Pure: what is ready is
// taken out.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/record/builder.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace troupe::command {

struct collector_options {
  record::compression compression = record::compression::none;
  /// Before compression. A record that is larger goes alone.
  std::int64_t batch_max_bytes = 512 * limits::kib;
  std::int64_t linger_ms = 5;
};

struct collected_batch {
  partition_id partition;
  bytes data;
  /// What the caller called each record, in order.
  std::vector<std::uint64_t> records;
};

class record_collector {
public:
  record_collector(std::int32_t partition_count, collector_options options);

  /// too_large: the record does not fit into any batch.
  result<void> add(partition_id to, std::uint64_t number, timestamp_ms time,
                   std::optional<std::string_view> key, std::optional<std::string_view> value,
                   std::span<const record::header_view> headers, std::int64_t now_ms);

  /// Batches that are full, or old enough, or all there are.
  std::vector<collected_batch> take_ready(std::int64_t now_ms, bool everything);
  /// When the oldest batch will be old enough; nothing if there is none.
  std::optional<std::int64_t> due_at_ms() const noexcept;
  std::size_t collected_bytes() const noexcept { return collected_bytes_; }

private:
  struct open_batch {
    record::batch_builder builder;
    std::vector<std::uint64_t> records;
    std::int64_t opened_ms = 0;
  };

  void close(std::int32_t partition);

  collector_options options_;
  std::vector<open_batch> open_; // by partition; empty builders are not open
  std::vector<std::int32_t> used_;
  std::vector<collected_batch> ready_;
  std::size_t collected_bytes_ = 0;
};

} // namespace troupe::command
