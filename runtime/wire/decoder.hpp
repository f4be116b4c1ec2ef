// The visitor that reads a message. Only for codec.hpp.
#pragma once

#include "runtime/base/cursor.hpp"
#include "runtime/wire/encoder.hpp"
#include "runtime/wire/message.hpp"

#include <cstring>

namespace troupe::wire::detail {

/// Reads the fields that a description lists. After the first mistake every read gives nothing.
class decoder {
public:
  /// `budget_bytes`: the memory that all arrays together may take.
  decoder(const bytes& body, wire_form form, std::size_t budget_bytes) noexcept
      : body_(body), in_(body.view()), form_(form), budget_(budget_bytes) {}

  bool ok() const noexcept { return in_.ok(); }
  bool over_budget() const noexcept { return over_budget_; }
  std::size_t position() const noexcept { return in_.position(); }
  std::size_t remaining() const noexcept { return in_.remaining(); }
  /// The innermost field at which reading failed.
  const char* failed_field() const noexcept { return failed_field_; }

  template <class T, class D = T>
  void operator()(const char* name, T& value, field spec = always, const D& = D{}) {
    if (!spec.is_in(form_.version))
      return;
    if (spec.tag < 0)
      read(value, spec);
    else
      read_tagged(value, spec);
    if (!in_.ok() && !failed_field_)
      failed_field_ = name;
  }

  template <class T>
  void read_struct(T& value) {
    auto outer = std::exchange(tags_, tag_section{});
    describe(*this, value);
    if (form_.flexible)
      open_tags();
    tags_ = outer;
  }

private:
  /// The tagged fields of the struct that is being read: its position in the body and the number of tags. The
  /// cursor stands behind it once it is open.
  struct tag_section {
    bool open = false;
    std::size_t position = 0;
    std::uint32_t count = 0;
  };

  static constexpr std::int64_t null_length = -1;

  /// A length or count, already compared with what remains; null_length only where `may_be_null`.
  template <class Fixed>
  std::size_t length(bool may_be_null, bool& is_null) {
    auto n = form_.flexible ? static_cast<std::int64_t>(in_.uvarint()) - 1
                            : static_cast<std::int64_t>(in_.number<Fixed>());
    is_null = n == null_length && in_.ok();
    if (is_null && may_be_null)
      return 0;
    if (n < 0 || static_cast<std::uint64_t>(n) > in_.remaining()) {
      in_.fail();
      return 0;
    }
    return static_cast<std::size_t>(n);
  }

  bool has_null(field spec) const noexcept { return form_.version >= spec.null_since; }

  template <class T>
  requires std::is_integral_v<T>
  void read(T& value, field) {
    if constexpr (std::is_same_v<T, bool>)
      value = in_.number<std::int8_t>() != 0;
    else
      value = in_.number<T>();
  }

  void read(topic_id& value, field) {
    auto raw = in_.take(value.bytes.size());
    if (in_.ok())
      std::memcpy(value.bytes.data(), raw.data(), raw.size());
  }

  template <class T>
  requires std::is_class_v<T>
  void read(T& value, field) {
    bool is_null = false;
    if constexpr (requires { describe(*this, value); })
      read_struct(value);
    else
      read_sized(value, false, is_null);
  }

  /// A struct that may be null: a byte says which.
  template <class T>
  requires requires(decoder& f, T& m) { describe(f, m); }
  void read(std::optional<T>& value, field) {
    value.reset();
    if (in_.number<std::int8_t>() >= 0 && in_.ok())
      read_struct(value.emplace());
  }

  template <class T>
  void read(std::optional<T>& value, field spec) {
    bool is_null = false;
    T inner;
    read_sized(inner, has_null(spec), is_null);
    if (is_null)
      value.reset();
    else
      value = std::move(inner);
  }

  void read_sized(std::string& value, bool may_be_null, bool& is_null) {
    value.assign(in_.take(length<std::int16_t>(may_be_null, is_null)));
  }

  void read_sized(bytes& value, bool may_be_null, bool& is_null) {
    auto size = length<std::int32_t>(may_be_null, is_null);
    auto position = in_.position();
    in_.take(size);
    if (in_.ok())
      value = body_.slice(position, size);
  }

  void read_sized(record_slices& value, bool may_be_null, bool& is_null) {
    bytes slice;
    read_sized(slice, may_be_null, is_null);
    value.slices.clear();
    if (!slice.empty())
      value.slices.push_back(std::move(slice));
  }

  template <class T>
  void read_sized(std::vector<T>& value, bool may_be_null, bool& is_null) {
    auto count = length<std::int32_t>(may_be_null, is_null);
    value.clear();
    if (count == 0)
      return;
    // An element that holds its defaults is the smallest there is.
    if (count > in_.remaining() / minimum_size<T>(form_) || !afford(count, sizeof(T))) {
      in_.fail();
      return;
    }
    value.resize(count);
    for (std::size_t i = 0; i < count && in_.ok(); ++i)
      read(value[i], always);
  }

  bool afford(std::size_t count, std::size_t size) noexcept {
    over_budget_ = count > budget_ / size;
    if (!over_budget_)
      budget_ -= count * size;
    return !over_budget_;
  }

  /// Walks over the tagged fields once, so that the cursor stands behind them and every size is known to be
  /// right.
  void open_tags() {
    if (tags_.open)
      return;
    tags_.open = true;
    tags_.count = in_.uvarint();
    tags_.position = in_.position();
    for (std::uint32_t i = 0; i < tags_.count && in_.ok(); ++i) {
      in_.uvarint();
      in_.take(in_.uvarint());
    }
    if (!in_.ok())
      tags_.count = 0;
  }

  template <class T>
  void read_tagged(T& value, field spec) {
    open_tags();
    auto section = body_.view().substr(tags_.position);
    read_cursor walk{section};
    for (std::uint32_t i = 0; i < tags_.count; ++i) {
      auto tag = walk.uvarint();
      auto size = walk.uvarint();
      auto position = tags_.position + walk.position();
      walk.take(size);
      if (tag == static_cast<std::uint32_t>(spec.tag))
        return read_part(value, spec, position, size);
    }
  }

  /// Reads a tagged field's value, which must fill its size.
  template <class T>
  void read_part(T& value, field spec, std::size_t position, std::size_t size) {
    auto part = body_.slice(position, size);
    decoder inner{part, form_, budget_};
    inner.read(value, spec);
    budget_ = inner.budget_;
    over_budget_ = inner.over_budget_;
    if (!inner.ok() || inner.remaining() != 0)
      in_.fail();
    failed_field_ = inner.failed_field_;
  }

  const bytes& body_;
  read_cursor in_;
  wire_form form_;
  std::size_t budget_;
  bool over_budget_ = false;
  const char* failed_field_ = nullptr;
  tag_section tags_;
};

} // namespace troupe::wire::detail
