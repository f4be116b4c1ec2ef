// Walks over the records of a batch, compressed or not, for what only looks at their times, offsets and keys.
// Compressed records pass through a window of fixed size, so a walk takes no memory for what comes out of
// them. Only for this room.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/record/compression.hpp"
#include "runtime/record/record_parse.hpp"

#include <cstdint>
#include <memory>

namespace troupe::record::detail {

struct record_head {
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
  bool has_key = false;
};

class record_scan {
public:
  /// Batch and budget must outlive it. Errors: unsupported_compression.
  static result<record_scan> open(const batch_view& batch, decompression_budget& budget);

  /// False at the end of the section and where something is wrong with it: see `error`.
  bool next(record_head& head) {
    record_layout r;
    if (auto* behind = at_ == end_ ? nullptr : read_record(at_, end_, r)) {
      at_ = behind;
      head = {r.timestamp_delta, r.offset_delta, r.key_size >= 0};
      return true;
    }
    return next_slowly(head);
  }

  /// Why `next` gave nothing: errc::none at the end of a good section, invalid_record for a damaged one,
  /// too_large.
  const troupe::error& error() const noexcept { return error_; }

private:
  record_scan() = default;

  bool next_slowly(record_head& head);
  bool next_in_pieces(record_head& head);
  bool refill();
  bool fill_window();
  bool piece_byte(std::uint8_t& byte);
  bool piece_varint(std::int32_t& value);
  bool piece_varlong(std::int64_t& value);
  bool piece_skip(std::int32_t size);
  bool piece_sized(std::int32_t least, std::int32_t& size);
  bool damaged(const char* what);

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::unique_ptr<decompressor> codec_; // null if the batch is not compressed
  growing_buffer window_;
  std::uint64_t consumed_ = 0; // what went through the window before its present content
  bool drained_ = false;       // the codec has nothing more
  troupe::error error_;
};

} // namespace troupe::record::detail
