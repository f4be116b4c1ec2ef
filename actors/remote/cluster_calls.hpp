// What a cluster, rather than a partition, is asked.
#pragma once

#include "actors/interface/controller_messages.hpp"
#include "actors/remote/request_call.hpp"
#include "runtime/wire/metadata.hpp"

#include <functional>

namespace troupe::remote {

/// All topics and brokers.
call_ptr metadata_call(std::function<void(result<wire::metadata_response>)> done);

/// One outcome for each topic, in the order of the request. The code says whether there are outcomes.
struct topics_created {
  errc code = errc::none;
  metadata::create_topics_reply outcome;
};
call_ptr create_topics_call(const metadata::create_topics& what, std::function<void(topics_created)> done);

/// Answers the request itself.
call_ptr producer_id_call(const producer_id_request& request);

} // namespace troupe::remote
