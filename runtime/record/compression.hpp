// Compressing and decompressing the records of a batch. Both directions are what Kafka's clients understand:
//
//     gzip    RFC 1952, one member
//     snappy  written in snappy-java's framing, as Java clients do: "\x82SNAPPY\0" version:int32=1
//     compatible:int32=1,
//             then blocks (size:int32, raw snappy of up to 32 KiB). Read: that, or one raw snappy block, as
//             librdkafka sends it. Every client reads both.
//     lz4     one LZ4 frame, independent blocks of 64 KiB
//     zstd    one frame
//
// Reading is strict: exactly one frame and no byte behind it, because clients differ in what they do with
// more. The output is counted while it comes out, against a cap for the batch and a budget for the whole
// request, so that a few bytes that claim to be gigabytes never cost more memory than the cap.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/record/batch_format.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe::record {

/// What the batches of one request may decompress to, each and all together.
class decompression_budget {
public:
  explicit decompression_budget(std::size_t request_max_bytes = limits::decompressed_request_max_bytes,
                                std::size_t batch_max_bytes = limits::decompressed_batch_max_bytes) noexcept
      : left_(request_max_bytes), batch_max_(batch_max_bytes) {}

  /// What is left for all further batches together.
  std::size_t left_bytes() const noexcept { return left_; }
  /// What the next batch may take.
  std::size_t next_batch_bytes() const noexcept { return std::min(left_, batch_max_); }
  void spend(std::size_t size) noexcept { left_ -= std::min(size, left_); }

private:
  std::size_t left_;
  std::size_t batch_max_;
};

/// True for 0 to 4: what the lowest bits of the attributes may say.
constexpr bool is_known(compression c) noexcept { return c <= compression::zstd; }
std::string_view name(compression c) noexcept;

/// Gives the decompressed bytes piece by piece. Holds no more of them than a codec's window. The input and
/// the budget must outlive it.
class decompressor {
public:
  virtual ~decompressor() = default;

  /// unsupported_compression if `c` names none (`none` is no compression either).
  static result<std::unique_ptr<decompressor>> open(compression c, std::string_view input,
                                                    decompression_budget& budget);

  /// Fills `out` as far as there is something, which may be less than `size` before the end; 0 is the end.
  /// malformed: the input is damaged, ends too early or goes on too long; too_large: beyond the budget.
  result<std::size_t> read(char* out, std::size_t size);

  /// What the input says that comes out, if it says so: a claim and no more, 0 if there is none.
  virtual std::size_t announced_bytes() const noexcept { return 0; }

protected:
  explicit decompressor(decompression_budget& budget) noexcept
      : budget_(budget), left_(budget.next_batch_bytes()) {}

  /// Like `read`, but does not count. `size` is never 0.
  virtual result<std::size_t> produce(char* out, std::size_t size) = 0;
  /// What may still come out.
  std::size_t left_bytes() const noexcept { return left_; }

private:
  decompression_budget& budget_;
  std::size_t left_;
};

/// Memory that grows in place where the allocator can, so that growing does not take twice the cap.
class growing_buffer {
public:
  std::string_view view() const noexcept { return {data_.get(), size_}; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  /// Room for `size` bytes altogether, of which those beyond `size()` have unspecified content.
  char* reserve(std::size_t size);
  /// How much of the room counts as content; at most the capacity.
  void resize(std::size_t size) noexcept { size_ = size; }

private:
  struct release {
    void operator()(char* data) const noexcept;
  };

  std::unique_ptr<char, release> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// The whole output. Allocates as it comes out, never more than the budget allows. Errors as `decompressor`.
result<growing_buffer> decompress(compression c, std::string_view input, decompression_budget& budget);

/// Appends the compressed form of `input`; for `none` the input itself. `level` means what it means to the codec's
/// library, whose own default counts without it; snappy has none.
void compress(compression c, std::string_view input, std::vector<char>& out, std::optional<int> level = {});

} // namespace troupe::record
