// CHECK stays on in release: it guards what must never be false. Expected failures are values (error.hpp).
#pragma once

#include <string_view>

namespace troupe {

/// Prints the broken condition to standard error and aborts the process.
[[noreturn]] void check_failed(const char* condition, const char* file, int line, std::string_view why) noexcept;

} // namespace troupe

/// CHECK(condition) or CHECK(condition, "why it must hold").
#define CHECK(condition, ...)                                                                                \
  (static_cast<bool>(condition)                                                                              \
       ? static_cast<void>(0)                                                                                \
       : ::troupe::check_failed(#condition, __FILE__, __LINE__, ::std::string_view{__VA_ARGS__}))
