#include "runtime/base/crc32c.hpp"

#include <algorithm>

#include <isa-l/crc.h>

namespace troupe {

std::uint32_t crc32c(std::string_view data, std::uint32_t before) noexcept {
  constexpr std::size_t step = std::size_t{1} << 30; // ISA-L counts in int
  auto state = ~before;
  while (!data.empty()) {
    auto n = std::min(data.size(), step);
    auto* from = reinterpret_cast<unsigned char*>(const_cast<char*>(data.data()));
    state = crc32_iscsi(from, static_cast<int>(n), state);
    data.remove_prefix(n);
  }
  return ~state;
}

} // namespace troupe
