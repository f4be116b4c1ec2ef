// The codecs of the hot path, and what the other files of codecs share.
#include "runtime/wire/codec.hpp"
#include "runtime/wire/fetch.hpp"
#include "runtime/wire/produce.hpp"

#include <numeric>

namespace troupe::wire {

std::size_t record_slices::size() const noexcept {
  return std::accumulate(slices.begin(), slices.end(), std::size_t{0},
                         [](std::size_t sum, const bytes& slice) { return sum + slice.size(); });
}

bool operator==(const record_slices& a, const record_slices& b) {
  auto joined = [](const record_slices& x) {
    std::string text;
    for (auto& slice : x.slices)
      text += slice.view();
    return text;
  };
  return joined(a) == joined(b);
}

namespace detail {

error decode_error(const decoder& in, std::string_view message, api_version version) {
  auto detail = std::string{message} + " v" + std::to_string(version);
  if (in.ok())
    return {errc::malformed, detail + ": " + std::to_string(in.remaining()) + " bytes too many"};
  if (in.failed_field())
    detail += std::string{": "} + in.failed_field();
  return {in.over_budget() ? errc::too_large : errc::malformed,
          detail + " at byte " + std::to_string(in.position())};
}

void reserve_more(std::vector<char>& out, std::size_t size) {
  auto needed = out.size() + size;
  if (needed > out.capacity())
    out.reserve(out.empty() ? needed : std::max(needed, out.capacity() + out.capacity() / 2));
}

} // namespace detail

TROUPE_WIRE_MESSAGE(produce_request)
TROUPE_WIRE_MESSAGE(produce_response)
TROUPE_WIRE_MESSAGE(fetch_request)
TROUPE_WIRE_MESSAGE(fetch_response)

} // namespace troupe::wire
