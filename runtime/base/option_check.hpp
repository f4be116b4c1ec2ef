// For the checks of options: keeps the first mistake.
#pragma once

#include "runtime/base/error.hpp"

#include <concepts>
#include <type_traits>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;

template <std::integral Number>
result<void> in_range(std::string_view name, Number value, std::type_identity_t<Number> least,
                      std::type_identity_t<Number> most) {
  if (value >= least && value <= most)
    return {};
  return fail(errc::invalid_argument, std::string{name} + ": " + std::to_string(value) + " is not between "
                                          + std::to_string(least) + " and " + std::to_string(most));
}

class option_check {
public:
  void add(result<void> one) {
    if (first_ && !one)
      first_ = std::move(one);
  }
  void add(tl::unexpected<error> mistake) { add(result<void>{std::move(mistake)}); }

  result<void> outcome() { return std::move(first_); }

private:
  result<void> first_;
};

} // namespace troupe
