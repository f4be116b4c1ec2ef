// What the controller is asked and what everybody learns from it.
#pragma once

#include "actors/interface/session_messages.hpp"
#include "runtime/metadata/controller_core.hpp"
#include "runtime/metadata/image.hpp"

#include <memory>

namespace troupe {

/// Answers controller_request: at once with an error, or once what was decided is committed.
struct controller_reply {
  request_tag tag;
  errc code = errc::none; ///< not_leader, busy, shutting_down: then `what` means nothing
  metadata::reply what;
  metadata::metadata_version version; ///< images from this version on show the change
};

using controller_client = caf::typed_actor<caf::reacts_to<controller_reply>>;

/// Asks the controller to decide something.
struct controller_request {
  request_tag tag;
  metadata::command what;
  controller_client reply_to;
};

using controller_actor = caf::typed_actor<caf::reacts_to<controller_request>>;

/// Answers producer_id_request: an id that nobody else was given, ever.
struct producer_id_reply {
  request_tag tag;
  errc code = errc::none;
  producer_id id = no_producer_id;
};

using producer_id_client = caf::typed_actor<caf::reacts_to<producer_id_reply>>;

/// Asks for a fresh producer id (KIP-98).
struct producer_id_request {
  request_tag tag;
  producer_id_client reply_to;
};

/// Gives producer ids away from blocks that the controller allocates.
using producer_id_actor = caf::typed_actor<caf::reacts_to<producer_id_request>, caf::reacts_to<controller_reply>>;

/// The newest committed metadata. Updates arrive in order and none is left out.
struct metadata_update {
  metadata::image_ptr image;
  std::shared_ptr<const metadata::metadata_delta> delta;
};

using metadata_subscriber = caf::typed_actor<caf::reacts_to<metadata_update>>;

/// Asks for the whole image now and for every update from then on.
struct metadata_subscription {
  metadata_subscriber subscriber;
};

/// Keeps the newest image and hands it to whoever subscribed.
using metadata_cache_actor = caf::typed_actor<caf::reacts_to<metadata_update>, caf::reacts_to<metadata_subscription>>;

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::controller_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::controller_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::producer_id_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::producer_id_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::metadata_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::metadata_subscription)
