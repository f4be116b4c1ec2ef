// What a cluster, rather than a partition, is asked.
#pragma once

#include "actors/interface/controller_messages.hpp"
#include "actors/remote/request_call.hpp"
#include "runtime/wire/metadata.hpp"

#include <functional>

namespace troupe::remote {

/// All topics and brokers.
call_ptr metadata_call(std::function<void(result<wire::metadata_response>)> done);

/// What became of a command. The code says whether there is a reply of the command's kind.
struct command_outcome {
  errc code = errc::none;
  metadata::reply what{};
};
/// For what a client may want of a controller: create_topics, delete_topics, create_partitions and alter_configs (what is
/// named only). Null for all else: that is between nodes, or for Kafka's tools, which talk to the node themselves.
call_ptr command_call(const metadata::command& what, std::function<void(command_outcome)> done);

/// Answers the request itself.
call_ptr producer_id_call(const producer_id_request& request);

} // namespace troupe::remote
