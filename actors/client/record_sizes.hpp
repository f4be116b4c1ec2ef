// What a record takes beside its contents, at the most; the sum is no less than what it takes in a batch.
#pragma once

#include <cstddef>

namespace troupe::client {

constexpr std::size_t record_frame_bytes = 48;
constexpr std::size_t header_frame_bytes = 16;

} // namespace troupe::client
