// Bounds-checked reading and writing of big-endian numbers and of Kafka's variable-length ones.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

namespace troupe {

namespace detail {

template <class T>
T big_endian(T value) noexcept {
  static_assert(std::is_integral_v<T>);
  if constexpr (sizeof(T) == 1)
    return value;
  else if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  else if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  else
    return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
}

static_assert(std::endian::native == std::endian::little, "the cursors swap bytes unconditionally");

} // namespace detail

/// A big-endian number at an address that holds at least its size.
template <class T>
T load_be(const char* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return detail::big_endian(value);
}

template <class T>
void store_be(char* to, T value) noexcept {
  value = detail::big_endian(value);
  std::memcpy(to, &value, sizeof value);
}

/// Reads from the front of a range. The first read that does not fit marks the cursor as failed; from then on
/// every read gives 0 or nothing, so that the caller checks `ok()` once at the end.
class read_cursor {
public:
  explicit read_cursor(std::string_view data) noexcept : begin_(data.data()), at_(begin_), end_(begin_ + data.size()) {}

  bool ok() const noexcept { return !failed_; }
  void fail() noexcept { failed_ = true; }
  std::size_t position() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t remaining() const noexcept { return failed_ ? 0 : static_cast<std::size_t>(end_ - at_); }

  /// int8 to int64, unsigned ones, in network order.
  template <class T>
  T number() noexcept {
    if (!need(sizeof(T)))
      return 0;
    auto value = load_be<T>(at_);
    at_ += sizeof(T);
    return value;
  }

  /// The next `size` bytes, not copied.
  std::string_view take(std::size_t size) noexcept {
    if (!need(size))
      return {};
    std::string_view view{at_, size};
    at_ += size;
    return view;
  }

  /// Zigzag-encoded, at most 5 and 10 bytes.
  std::int32_t varint() noexcept;
  std::int64_t varlong() noexcept;
  /// Not zigzag-encoded, at most 5 bytes: the lengths and tags of flexible versions (KIP-482).
  std::uint32_t uvarint() noexcept;

private:
  std::uint64_t base128(int max_bits) noexcept;

  bool need(std::size_t size) noexcept {
    if (failed_ || static_cast<std::size_t>(end_ - at_) < size)
      failed_ = true;
    return !failed_;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  bool failed_ = false;
};

/// Appends to a buffer of its owner.
class write_cursor {
public:
  explicit write_cursor(std::vector<char>& out) noexcept : out_(out) {}

  std::size_t position() const noexcept { return out_.size(); }

  template <class T>
  void number(T value) {
    char raw[sizeof(T)];
    store_be(raw, value);
    out_.insert(out_.end(), raw, raw + sizeof raw);
  }

  void put(std::string_view data) { out_.insert(out_.end(), data.begin(), data.end()); }
  void varint(std::int32_t value);
  void varlong(std::int64_t value);
  void uvarint(std::uint32_t value);

  /// Overwrites a number that was written before.
  template <class T>
  void number_at(std::size_t position, T value) {
    store_be(out_.data() + position, value);
  }

private:
  void base128(std::uint64_t value);

  std::vector<char>& out_;
};

/// The bytes that the encodings above need.
std::size_t varint_size(std::int32_t value) noexcept;
std::size_t varlong_size(std::int64_t value) noexcept;
std::size_t uvarint_size(std::uint32_t value) noexcept;

} // namespace troupe
