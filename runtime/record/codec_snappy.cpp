// Raw snappy gives a block's size at its start, and libsnappy decompresses a block as a whole. What a block
// claims is checked against the budget and against what its bytes could possibly give before any memory is
// taken.
#include "runtime/base/check.hpp"
#include "runtime/base/cursor.hpp"
#include "runtime/record/codec.hpp"

#include <cstring>
#include <utility>

#include <snappy.h>

namespace troupe::record::detail {

namespace {

constexpr std::string_view java_magic{"\x82SNAPPY\0", 8};
constexpr std::size_t java_header_size = 16;
constexpr std::int32_t java_version = 1;
constexpr std::size_t java_block_size = 32 * limits::kib;
/// The best that the format can do: a copy of 64 bytes takes 3.
constexpr std::size_t best_ratio = 22;

class snappy_decompressor final : public decompressor {
public:
  snappy_decompressor(std::string_view input, decompression_budget& budget)
      : decompressor(budget), input_(input),
        framed_(input.size() >= java_header_size && input.starts_with(java_magic)) {
    if (framed_)
      input_.remove_prefix(java_header_size); // the versions are not looked at, as in every client
  }

  std::size_t announced_bytes() const noexcept override {
    std::size_t size = 0;
    return !framed_ && possible_size(input_, size) ? size : 0;
  }

protected:
  result<std::size_t> produce(char* out, std::size_t size) override {
    while (given_ == block_.size()) {
      if (input_.empty() && started_)
        return 0;
      started_ = true;
      auto direct = next_block(out, size);
      if (!direct || *direct > 0)
        return direct;
    }
    auto n = std::min(size, block_.size() - given_);
    std::memcpy(out, block_.view().data() + given_, n);
    given_ += n;
    return n;
  }

private:
  static bool possible_size(std::string_view block, std::size_t& size) noexcept {
    return snappy::GetUncompressedLength(block.data(), block.size(), &size)
           && size <= block.size() * best_ratio;
  }

  /// Cuts the next block off the input.
  bool take_block(std::string_view& block) noexcept {
    if (!framed_) {
      block = std::exchange(input_, {});
      return true;
    }
    read_cursor r{input_};
    block = r.take(r.number<std::uint32_t>());
    if (r.ok())
      input_.remove_prefix(r.position());
    return r.ok();
  }

  /// Decompresses straight to `out` if the block fits there, and gives its size; otherwise to `block_`, and
  /// gives 0.
  result<std::size_t> next_block(char* out, std::size_t room) {
    std::string_view block;
    std::size_t size = 0;
    if (!take_block(block))
      return fail(errc::malformed, "snappy: a block ends too early");
    if (!possible_size(block, size))
      return fail(errc::malformed, "snappy: a block has an impossible size");
    if (size > left_bytes())
      return fail(errc::too_large, "the batch decompresses to more than it may");
    auto direct = size <= room;
    auto* to = direct ? out : block_.reserve(size);
    block_.resize(direct ? 0 : size);
    given_ = 0;
    if (!snappy::RawUncompress(block.data(), block.size(), to))
      return fail(errc::malformed, "snappy: a damaged block");
    return direct ? size : 0;
  }

  std::string_view input_;
  bool framed_;
  bool started_ = false; // an input without any block is cut off
  growing_buffer block_;
  std::size_t given_ = 0;
};

} // namespace

std::unique_ptr<decompressor> open_snappy(std::string_view input, decompression_budget& budget) {
  return std::make_unique<snappy_decompressor>(input, budget);
}

void compress_snappy(std::string_view input, std::vector<char>& out) {
  write_cursor w{out};
  w.put(java_magic);
  w.number(java_version);
  w.number(java_version);
  do {
    auto block = input.substr(0, java_block_size);
    input.remove_prefix(block.size());
    auto begin = out.size();
    out.resize(begin + sizeof(std::int32_t) + snappy::MaxCompressedLength(block.size()));
    std::size_t size = 0;
    snappy::RawCompress(block.data(), block.size(), out.data() + begin + sizeof(std::int32_t), &size);
    w.number_at(begin, static_cast<std::int32_t>(size));
    out.resize(begin + sizeof(std::int32_t) + size);
  } while (!input.empty());
}

} // namespace troupe::record::detail
