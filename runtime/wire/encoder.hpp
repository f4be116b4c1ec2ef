// The visitor that writes a message, and its twin that only counts. Only for codec.hpp.
#pragma once

#include "runtime/base/cursor.hpp"
#include "runtime/wire/message.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace troupe::wire::detail {

/// How a message of one version looks on the wire.
struct wire_form {
  api_version version;
  bool flexible;
};

/// Counts what would be written.
class counting_sink {
public:
  std::size_t position() const noexcept { return size_; }
  template <class T>
  void number(T) noexcept {
    size_ += sizeof(T);
  }
  void uvarint(std::uint32_t value) noexcept { size_ += uvarint_size(value); }
  void put(std::string_view data) noexcept { size_ += data.size(); }
  void share(const bytes& data) noexcept { size_ += data.size(); }
  void byte_at(std::size_t, std::uint8_t) noexcept {}

private:
  std::size_t size_ = 0;
};

/// Appends to a vector, small things by way of a buffer: an insertion for each number would cost more than
/// the number.
class appending_sink {
public:
  /// With `splices` large slices are not copied but named there.
  explicit appending_sink(std::vector<char>& out, std::vector<splice>* splices = nullptr) noexcept
      : out_(out), splices_(splices) {}
  ~appending_sink() { flush(); }
  appending_sink(const appending_sink&) = delete;
  appending_sink& operator=(const appending_sink&) = delete;

  std::size_t position() const noexcept { return out_.size() + held_; }

  template <class T>
  void number(T value) {
    make_room(sizeof(T));
    store_be(buffer_ + held_, value);
    held_ += sizeof(T);
  }

  void uvarint(std::uint32_t value) {
    make_room(uvarint_max_bytes);
    for (; value >= 0x80; value >>= 7)
      buffer_[held_++] = static_cast<char>(value | 0x80);
    buffer_[held_++] = static_cast<char>(value);
  }

  void put(std::string_view data) {
    if (data.empty())
      return;
    make_room(data.size());
    if (data.size() > sizeof buffer_) {
      out_.insert(out_.end(), data.begin(), data.end());
      return;
    }
    std::memcpy(buffer_ + held_, data.data(), data.size());
    held_ += data.size();
  }

  void share(const bytes& data) {
    if (!splices_ || data.size() < splice_min_bytes) {
      put(data.view());
      return;
    }
    splices_->push_back({position(), data});
    spliced_bytes_ += data.size();
  }

  std::size_t spliced_bytes() const noexcept { return spliced_bytes_; }

  /// Overwrites a byte that was written before.
  void byte_at(std::size_t position, std::uint8_t value) noexcept {
    auto& byte = position < out_.size() ? out_[position] : buffer_[position - out_.size()];
    byte = static_cast<char>(value);
  }

  void flush() {
    out_.insert(out_.end(), buffer_, buffer_ + held_);
    held_ = 0;
  }

private:
  static constexpr std::size_t uvarint_max_bytes = 5;

  void make_room(std::size_t size) {
    if (size > sizeof buffer_ - held_)
      flush();
  }

  std::vector<char>& out_;
  std::vector<splice>* splices_;
  std::size_t spliced_bytes_ = 0;
  char buffer_[256];
  std::size_t held_ = 0;
};

template <class Sink>
class writer {
public:
  writer(Sink& sink, wire_form form) noexcept : sink_(sink), form_(form) {}

  template <class T, class D = T>
  void operator()(const char*, const T& value, field spec = always, const D& normal = D{}) {
    if (!spec.is_in(form_.version))
      return;
    if (spec.tag < 0)
      write(value, spec);
    else if (!(value == normal))
      write_tagged(value, spec);
  }

  template <class T>
  void write_struct(const T& value) {
    auto outer = std::exchange(tags_, tag_section{});
    // A description lists fields for readers and writers alike; this visitor takes them as const.
    describe(*this, const_cast<T&>(value));
    if (form_.flexible && tags_.count == 0)
      sink_.template number<std::uint8_t>(0);
    else if (tags_.count != 0)
      sink_.byte_at(tags_.position, tags_.count);
    tags_ = outer;
  }

private:
  /// The tagged fields written for the current struct: fewer than 128, so that their number fits into one
  /// byte.
  struct tag_section {
    std::size_t position = 0;
    std::uint8_t count = 0;
  };

  template <class Fixed>
  void length(std::size_t size) {
    if (form_.flexible)
      sink_.uvarint(static_cast<std::uint32_t>(size) + 1);
    else
      sink_.template number<Fixed>(static_cast<Fixed>(size));
  }

  template <class Fixed>
  void null(field spec) {
    if (form_.version < spec.null_since)
      length<Fixed>(0);
    else if (form_.flexible)
      sink_.uvarint(0);
    else
      sink_.template number<Fixed>(-1);
  }

  template <class T>
  requires std::is_integral_v<T>
  void write(T value, field) {
    if constexpr (std::is_same_v<T, bool>)
      sink_.template number<std::int8_t>(value ? 1 : 0);
    else
      sink_.number(value);
  }

  void write(const topic_id& value, field) {
    sink_.put({reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
  }

  void write(const std::string& value, field) {
    std::string_view text = value;
    if (!form_.flexible)
      text = text.substr(0, std::numeric_limits<std::int16_t>::max());
    length<std::int16_t>(text.size());
    sink_.put(text);
  }

  void write(const bytes& value, field) {
    length<std::int32_t>(value.size());
    sink_.put(value.view());
  }

  void write(const record_slices& value, field) {
    length<std::int32_t>(value.size());
    for (auto& slice : value.slices)
      sink_.share(slice);
  }

  template <class T>
  void write(const std::vector<T>& value, field) {
    length<std::int32_t>(value.size());
    for (const auto& element : value)
      write(element, always);
  }

  template <class T>
  requires requires(writer& f, T& m) { describe(f, m); }
  void write(const std::optional<T>& value, field) {
    sink_.template number<std::int8_t>(value ? 1 : -1);
    if (value)
      write_struct(*value);
  }

  template <class T>
  void write(const std::optional<T>& value, field spec) {
    using fixed = std::conditional_t<std::is_same_v<T, std::string>, std::int16_t, std::int32_t>;
    if (value)
      write(*value, spec);
    else
      null<fixed>(spec);
  }

  template <class T>
  requires std::is_class_v<T>
  void write(const T& value, field) { write_struct(value); }

  template <class T>
  void write_tagged(const T& value, field spec) {
    if (tags_.count++ == 0) {
      tags_.position = sink_.position();
      sink_.template number<std::uint8_t>(0);
    }
    counting_sink counted;
    writer<counting_sink> counter{counted, form_};
    counter.write(value, spec);
    sink_.uvarint(static_cast<std::uint32_t>(spec.tag));
    sink_.uvarint(static_cast<std::uint32_t>(counted.position()));
    write(value, spec);
  }

  template <class>
  friend class writer;
  template <class T>
  friend std::size_t minimum_size(wire_form form);

  Sink& sink_;
  wire_form form_;
  tag_section tags_;
};

/// The least that a value of this type takes on the wire, and not 0.
template <class T>
std::size_t minimum_size(wire_form form) {
  counting_sink counted;
  writer<counting_sink> counter{counted, form};
  counter.write(T{}, always);
  return std::max(counted.position(), std::size_t{1});
}

} // namespace troupe::wire::detail
