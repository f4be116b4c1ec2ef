// A strong type for every number that could be taken for another.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace troupe {

template <class Tag, class Rep>
class named {
public:
  using rep = Rep;

  constexpr named() noexcept = default;
  constexpr explicit named(Rep value) noexcept : value_(value) {}

  constexpr Rep value() const noexcept { return value_; }

  constexpr auto operator<=>(const named&) const noexcept = default;
  constexpr named& operator++() noexcept {
    ++value_;
    return *this;
  }
  constexpr named operator+(Rep n) const noexcept { return named{static_cast<Rep>(value_ + n)}; }
  constexpr named operator-(Rep n) const noexcept { return named{static_cast<Rep>(value_ - n)}; }
  constexpr Rep operator-(named other) const noexcept { return static_cast<Rep>(value_ - other.value_); }

  /// For Boost.Serialization.
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& value_;
  }

private:
  Rep value_ = {};
};

} // namespace troupe

template <class Tag, class Rep>
struct std::hash<troupe::named<Tag, Rep>> {
  std::size_t operator()(troupe::named<Tag, Rep> x) const noexcept { return std::hash<Rep>{}(x.value()); }
};
