// What a gateway to a cluster elsewhere can be told.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::remote {

struct remote_options {
  /// HOST:PORT of some of the cluster's nodes. The others are learned from these.
  std::vector<std::string> servers{"127.0.0.1:9092"};
  /// The name under which the nodes see this client.
  std::string client_id = "troupe";
  std::int64_t connect_timeout_ms = 3'000;
  /// A node that does not answer for so long counts as lost, with all connections to it.
  std::int64_t request_timeout_ms = 30'000;
  std::int64_t reconnect_backoff_ms = 20;       ///< doubled each time,
  std::int64_t reconnect_backoff_max_ms = 1000; ///< up to this
  /// How often metadata are asked for when nothing calls for it; one second more for each thousand
  /// partitions.
  std::int64_t metadata_max_age_ms = 1'000;
  /// What may wait for its answer on one connection. Beyond it, partitions answer busy.
  std::size_t buffer_memory_bytes = 64 * limits::mib;
};

/// Error invalid_argument: an option that is out of its range, named in the detail.
result<void> check(const remote_options& options);

} // namespace troupe::remote
