// What nodes say to each other: in words, for the history of a run that went wrong, and what checkers want to know.
#pragma once

#include "actors/interface/peer_messages.hpp"
#include "runtime/metadata/image.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::simulation::cluster {

std::string describe(node_id from, const peer_send& what);

/// Who leads what, and who is in sync.
std::string describe(const metadata::metadata_image& image);

struct heard_high_watermark {
  topic_partition partition;
  std::int64_t high_watermark = 0;
  bool from_leader = false;
};
/// How far a partition is committed, as its replica says to another one; nothing if it speaks of something else.
std::optional<heard_high_watermark> high_watermark_in(const peer_send& what);

} // namespace troupe::simulation::cluster
