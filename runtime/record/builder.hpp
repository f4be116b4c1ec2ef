// Builds record batches: for native producers, the command line and tests.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/record/batch_format.hpp"
#include "runtime/record/record_view.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace troupe::record {

/// What the header of a batch says besides what follows from its records.
struct batch_options {
  record::compression compression = compression::none;
  std::optional<int> compression_level; ///< nothing: the codec's own default
  timestamp_type timestamps = timestamp_type::create_time;
  troupe::producer_id producer_id{-1};
  troupe::producer_epoch producer_epoch{-1};
  std::int32_t base_sequence = -1;
  bool is_transactional = false;
  bool is_control = false;
  /// What a producer sends has 0 and -1 here; the broker assigns both.
  offset base_offset{0};
  leader_epoch epoch{-1};
};

class batch_builder {
public:
  explicit batch_builder(batch_options options = {});

  /// Adds one record. Error: too_large if the batch would not fit into what its length field can say, or if
  /// one of the sizes would not.
  result<void> add(timestamp_ms time, std::optional<std::string_view> key,
                   std::optional<std::string_view> value, std::span<const header_view> headers = {});

  std::int32_t record_count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  /// The size of the batch as it is now, without compression.
  std::size_t uncompressed_size_bytes() const noexcept { return used_; }
  /// No less than what adding this record makes the batch grow, without compression.
  static std::size_t size_bound(std::optional<std::string_view> key, std::optional<std::string_view> value,
                                std::span<const header_view> headers = {}) noexcept;

  /// The batch. Afterwards the builder is empty and can be used for the next one. Must not be empty.
  bytes build();

  /// For the next batch.
  batch_options& options() noexcept { return options_; }

private:
  void write_header(char* batch, std::size_t size) const noexcept;

  batch_options options_;
  std::vector<char> buffer_; // header, then the records; its size is the room there is
  std::size_t used_ = position::records;
  std::int32_t count_ = 0;
  std::int64_t base_timestamp_ = 0;
  std::int64_t max_timestamp_ = 0;
};

} // namespace troupe::record
