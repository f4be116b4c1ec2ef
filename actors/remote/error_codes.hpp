// What a node's error codes mean to whoever asked a partition or a controller.
#pragma once

#include "runtime/base/error.hpp"

#include <cstdint>

namespace troupe::remote {

/// The runtime's code for what a node answered; not the same one where the node's own code was one of
/// several.
errc errc_of(std::int16_t code) noexcept;

/// Whether it says that somebody else leads the partition, or that the topic is another one by now.
bool means_other_leader(errc code) noexcept;

} // namespace troupe::remote
