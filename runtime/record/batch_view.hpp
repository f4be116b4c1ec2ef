// A view over one record batch v2 in memory of someone else: nothing is copied, the memory must outlive the
// view. `parse` checks the structure only; what a producer sends is checked by validator.hpp.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/cursor.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/record/batch_format.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::record {

/// A sequence number of an idempotent producer `delta` records later: after 2^31 - 1 comes 0.
constexpr std::int32_t sequence_after(std::int32_t sequence, std::int32_t delta) noexcept {
  return static_cast<std::int32_t>((static_cast<std::uint32_t>(sequence) + static_cast<std::uint32_t>(delta))
                                   & 0x7fffffffu);
}

class batch_view {
public:
  /// The batch at the front of `data`, which may go on behind it. Errors: end_of_input if `data` ends before
  /// the batch does, unsupported_version if the magic is not 2, malformed if a size in the header is
  /// impossible.
  static result<batch_view> parse(std::string_view data);

  /// The whole batch, header included.
  std::string_view data() const noexcept { return data_; }
  std::size_t size() const noexcept { return data_.size(); }

  offset base_offset() const noexcept { return offset{field<std::int64_t>(position::base_offset)}; }
  /// The length field: `size()` without the first 12 bytes.
  std::int32_t length() const noexcept { return field<std::int32_t>(position::length); }
  leader_epoch partition_leader_epoch() const noexcept {
    return leader_epoch{field<std::int32_t>(position::leader_epoch)};
  }
  std::int8_t magic() const noexcept { return field<std::int8_t>(position::magic); }
  std::uint32_t crc() const noexcept { return field<std::uint32_t>(position::crc); }

  std::int16_t attributes() const noexcept { return field<std::int16_t>(position::attributes); }
  /// May be a number that names no compression, 5 to 7: `parse` does not look.
  record::compression compression() const noexcept {
    return static_cast<record::compression>(attributes() & attribute::compression_mask);
  }
  record::timestamp_type timestamp_type() const noexcept {
    return (attributes() & attribute::log_append_time) != 0 ? record::timestamp_type::log_append_time
                                                            : record::timestamp_type::create_time;
  }
  bool is_transactional() const noexcept { return (attributes() & attribute::transactional) != 0; }
  bool is_control() const noexcept { return (attributes() & attribute::control) != 0; }
  bool has_delete_horizon() const noexcept { return (attributes() & attribute::delete_horizon) != 0; }

  std::int32_t last_offset_delta() const noexcept { return field<std::int32_t>(position::last_offset_delta); }
  /// What the records' timestamp deltas add to; if the batch has a delete horizon, that (KIP-534).
  timestamp_ms base_timestamp() const noexcept {
    return timestamp_ms{field<std::int64_t>(position::base_timestamp)};
  }
  timestamp_ms max_timestamp() const noexcept {
    return timestamp_ms{field<std::int64_t>(position::max_timestamp)};
  }
  std::optional<timestamp_ms> delete_horizon() const noexcept {
    return has_delete_horizon() ? std::optional{base_timestamp()} : std::nullopt;
  }

  troupe::producer_id producer_id() const noexcept {
    return troupe::producer_id{field<std::int64_t>(position::producer_id)};
  }
  troupe::producer_epoch producer_epoch() const noexcept {
    return troupe::producer_epoch{field<std::int16_t>(position::producer_epoch)};
  }
  bool has_producer_id() const noexcept { return producer_id().value() >= 0; }
  /// -1 is "none".
  std::int32_t base_sequence() const noexcept { return field<std::int32_t>(position::base_sequence); }
  std::int32_t last_sequence() const noexcept {
    return base_sequence() < 0 ? base_sequence() : sequence_after(base_sequence(), last_offset_delta());
  }
  std::int32_t record_count() const noexcept { return field<std::int32_t>(position::record_count); }

  /// The offset of the last record. Compaction may have removed it; the batch still covers it.
  offset last_offset() const noexcept { return base_offset() + last_offset_delta(); }
  /// The offset that follows the batch.
  offset next_offset() const noexcept { return last_offset() + 1; }
  bool contains(offset o) const noexcept { return base_offset() <= o && o <= last_offset(); }

  /// The records, still compressed if the batch is.
  std::string_view records_section() const noexcept { return data_.substr(position::records); }

  /// What the CRC field covers, and whether it agrees.
  std::string_view checksummed() const noexcept { return data_.substr(position::attributes); }
  bool crc_ok() const noexcept;

private:
  explicit batch_view(std::string_view data) noexcept : data_(data) {}

  template <class T>
  T field(std::size_t at) const noexcept {
    return load_be<T>(data_.data() + at);
  }

  std::string_view data_;
};

/// Walks over several batches that lie one behind the other.
///
///     batch_cursor batches{data};
///     for (auto batch = batches.next(); batch; batch = batches.next()) ...
///     if (!batches.ok()) ...                     // batches.error() says why it stopped at
///     batches.position()
class batch_cursor {
public:
  explicit batch_cursor(std::string_view data) noexcept : data_(data) {}

  /// Nothing at the end of the bytes, and nothing where they are no batch; then `ok()` is false.
  std::optional<batch_view> next();

  bool ok() const noexcept { return error_.code == errc::none; }
  /// Of the batch that `next` did not give: end_of_input if it is only incomplete.
  const troupe::error& error() const noexcept { return error_; }
  /// Where the batch begins that `next` gives next or could not give.
  std::size_t position() const noexcept { return position_; }

private:
  std::string_view data_;
  std::size_t position_ = 0;
  troupe::error error_;
};

/// Writes base offset and leader epoch into the batch at `batch`, whose structure must have been checked.
/// Both lie outside of what the CRC covers.
void assign_offsets(char* batch, offset base_offset, leader_epoch epoch) noexcept;
/// The same for bytes that nobody else reads as yet and that begin with a batch.
void assign_offsets(bytes& batch, offset base_offset, leader_epoch epoch) noexcept;

/// Gives all records of the batch the time at which it was appended: sets the attribute and the maximal
/// timestamp and computes the CRC anew. The structure must have been checked.
void assign_log_append_time(char* batch, timestamp_ms now) noexcept;
void assign_log_append_time(bytes& batch, timestamp_ms now) noexcept;

/// Sets the maximal timestamp and computes the CRC anew. The structure must have been checked.
void assign_max_timestamp(char* batch, timestamp_ms max) noexcept;

} // namespace troupe::record
