// Ref-counted immutable bytes. A slice shares the chunk of the whole, so nothing is copied between a socket's
// frame, the log and the answers of consumers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace troupe {

class bytes {
public:
  bytes() noexcept = default;
  bytes(const bytes& other) noexcept;
  bytes(bytes&& other) noexcept
      : chunk_(std::exchange(other.chunk_, nullptr)), data_(other.data_), size_(std::exchange(other.size_, 0)) {}
  bytes& operator=(bytes other) noexcept {
    swap(other);
    return *this;
  }
  ~bytes();

  /// New bytes with unspecified content: to be filled through `mutable_data` before they are shared.
  static bytes allocate(std::size_t size);
  static bytes copy_of(std::string_view data);

  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::string_view view() const noexcept { return {data_, size_}; }

  /// Only for whoever alone reads this range as yet: nobody else may look at it while it changes.
  char* mutable_data() noexcept { return data_; }

  /// Shares this chunk. `position + size` must lie within.
  bytes slice(std::size_t position, std::size_t size) const;

  /// If `next` lies right behind this in the same chunk: takes it up, and is true.
  bool extend(const bytes& next) noexcept {
    if (!chunk_ || next.chunk_ != chunk_ || next.data_ != data_ + size_)
      return false;
    size_ += next.size_;
    return true;
  }

  /// The memory that stays allocated as long as this object lives: the whole chunk's size.
  std::size_t retained_bytes() const noexcept;

  void swap(bytes& other) noexcept {
    std::swap(chunk_, other.chunk_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  friend bool operator==(const bytes& a, const bytes& b) noexcept { return a.view() == b.view(); }

private:
  struct chunk {
    std::atomic<std::size_t> references;
    std::size_t size;
  };

  chunk* chunk_ = nullptr;
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace troupe
