// What the fuzz targets share. A target aborts when the code under test crashes, when a sanitizer objects, or
// when a CHECK of its own fails: each states what must hold for whatever comes in.
#pragma once

#include "runtime/base/check.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Every target has one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

/// Takes an input apart. Beyond its end everything is 0 or empty.
class input {
public:
  input(const std::uint8_t* data, std::size_t size) noexcept
      : rest_(reinterpret_cast<const char*>(data), size) {}

  template <class T>
  T number() noexcept {
    T value{};
    auto n = rest_.size() < sizeof value ? rest_.size() : sizeof value;
    std::memcpy(&value, rest_.data(), n);
    rest_.remove_prefix(n);
    return value;
  }

  std::string_view text(std::size_t size) noexcept {
    auto part = rest_.substr(0, size);
    rest_.remove_prefix(part.size());
    return part;
  }

  std::string_view rest() const noexcept { return rest_; }
  bool empty() const noexcept { return rest_.empty(); }

private:
  std::string_view rest_;
};

} // namespace fuzz
