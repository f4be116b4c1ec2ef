// What a consumer hands out: records, as views into what was fetched, and notices.
//
//     for (auto record : batch)
//       use(record.offset, record.key, record.value);
#pragma once

#include "actors/client/new_record.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/record/record_view.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::client {

/// One record. Valid as long as any copy of its record_batch.
struct received_record {
  troupe::offset offset;
  timestamp_ms timestamp;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;

  std::vector<record::header_view> headers() const { return raw.headers(); }
  record::record_view raw;
};

/// Consecutive records of one partition: part of what one fetch gave. Immutable and shared: copying copies no record, and
/// any thread may read. Memory of the node's cache (or of what was read from disk) stays pinned as long as a copy lives,
/// so keep copies of records rather than batches. Only compressed records lie in memory of the batch's own.
class record_batch {
public:
  struct content; // of record_batch.cpp

  /// Nothing.
  record_batch();
  explicit record_batch(std::shared_ptr<const content> what) : content_(std::move(what)) {}

  const std::string& topic() const noexcept;
  partition_id partition() const noexcept;
  /// The range of offsets that it covers: [first_offset, next_offset). Some may have no record: deleted by compaction.
  offset first_offset() const noexcept;
  offset next_offset() const noexcept;
  std::size_t record_count() const noexcept;
  bool empty() const noexcept { return record_count() == 0; }
  /// What was fetched, before decompression, and the memory that decompression took.
  std::size_t size_bytes() const noexcept;

  /// Walks over the records in the order of their offsets.
  class iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = received_record;
    using difference_type = std::ptrdiff_t;
    using pointer = const received_record*;
    using reference = const received_record&;

    iterator() = default;
    reference operator*() const noexcept { return now_; }
    pointer operator->() const noexcept { return &now_; }
    iterator& operator++() {
      advance();
      return *this;
    }
    void operator++(int) { advance(); }
    /// Only to be compared with end().
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.left_ == b.left_; }

  private:
    friend class record_batch;
    explicit iterator(const content* in);
    void advance();
    void load();

    const content* in_ = nullptr;
    std::size_t section_ = 0; ///< the next one
    std::size_t left_ = 0;    ///< records, the present one included
    std::int64_t base_offset_ = 0;
    std::int64_t base_timestamp_ = 0;
    bool broker_time_ = false;
    record::record_cursor cursor_{{}};
    received_record now_;
  };

  iterator begin() const;
  iterator end() const { return {}; }

private:
  std::shared_ptr<const content> content_;
};

/// Records as if they had been fetched from `first` on: for tests of what handles them. The records' `partition` is not
/// looked at. Error: a record that fits into no batch.
result<record_batch> make_batch(std::string topic, partition_id partition, offset first,
                                const std::vector<new_record>& records);

/// To the handler, between batches: something other than records.
struct partition_notice {
  enum class kind : std::uint8_t {
    end_of_partition, ///< everything below `next` has been handed out. Again whenever it is so again
    gap,              ///< [from, next) is not there: compaction or retention deleted it
    reset,            ///< `from` is out of range; it goes on at `next` (auto_offset_reset)
    stopped,          ///< it cannot go on at `from`: see `why`. Until somebody seeks
  };

  kind what = kind::end_of_partition;
  std::string topic{};
  partition_id partition{};
  offset from = no_offset;
  offset next = no_offset;
  error why{}; ///< of `stopped`: offset_out_of_range, checksum_mismatch, ...
};

} // namespace troupe::client
