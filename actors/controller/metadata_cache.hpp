// Keeps the newest metadata image and hands it, then every update in order, to whoever subscribed.
#pragma once

#include "actors/interface/controller_messages.hpp"

#include <vector>

namespace troupe {

struct metadata_cache_state {
  static inline const char* name = "metadata_cache";

  metadata_cache_state() = default; // no aggregate: CAF would pass itself as the first member

  metadata::image_ptr image; ///< null until the controller has read its log
  std::vector<metadata_subscriber> subscribers;
};

metadata_cache_actor::behavior_type metadata_cache(metadata_cache_actor::stateful_pointer<metadata_cache_state> self);

} // namespace troupe
