// Memory for direct I/O: its address and its capacity are multiples of limits::block_size_bytes.
#pragma once

#include "runtime/base/check.hpp"
#include "runtime/base/limits.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace troupe::storage {

constexpr std::size_t block_size_bytes = limits::block_size_bytes;

/// `n` rounded up to whole blocks, and whether it is one already.
constexpr std::uint64_t whole_blocks(std::uint64_t n) noexcept {
  return (n + block_size_bytes - 1) / block_size_bytes * block_size_bytes;
}
constexpr bool is_whole_blocks(std::uint64_t n) noexcept { return n % block_size_bytes == 0; }

/// A growable buffer. Growing copies what is in it and moves it elsewhere.
class aligned_buffer {
public:
  aligned_buffer() noexcept = default;
  explicit aligned_buffer(std::size_t capacity) { reserve(capacity); }

  char* data() noexcept { return data_.get(); }
  const char* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }
  std::string_view view() const noexcept { return {data_.get(), size_}; }

  void clear() noexcept { size_ = 0; }

  void reserve(std::size_t capacity) {
    if (capacity <= capacity_)
      return;
    capacity = whole_blocks(std::max(capacity, capacity_ + capacity_ / 2));
    auto* memory = static_cast<char*>(std::aligned_alloc(block_size_bytes, capacity));
    if (!memory)
      throw std::bad_alloc{};
    if (size_ > 0)
      std::memcpy(memory, data_.get(), size_);
    data_.reset(memory);
    capacity_ = capacity;
  }

  /// Room for `n` more bytes at the end, with unspecified content.
  char* extend(std::size_t n) {
    reserve(size_ + n);
    auto* at = data_.get() + size_;
    size_ += n;
    return at;
  }

  void append(std::string_view data) {
    if (!data.empty())
      std::memcpy(extend(data.size()), data.data(), data.size());
  }

  /// Zeros up to the next whole block.
  void pad() {
    auto gap = whole_blocks(size_) - size_;
    if (gap > 0)
      std::memset(extend(gap), 0, gap);
  }

  void shrink_to(std::size_t size) noexcept {
    CHECK(size <= size_);
    size_ = size;
  }

private:
  struct deleter {
    void operator()(char* p) const noexcept { std::free(p); }
  };

  std::unique_ptr<char[], deleter> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

} // namespace troupe::storage
