// What the Kafka side of a node is told by its configuration.
#pragma once

#include "runtime/base/limits.hpp"
#include "runtime/base/types.hpp"
#include "runtime/metadata/topic_config.hpp"

#include <cstdint>
#include <string>

namespace troupe::kafka {

struct session_options {
  node_id self;
  std::string listener_name = "PLAINTEXT"; ///< whose endpoints the clients of this listener are told
  bool auto_create_topics = true;
  std::string data_directory; ///< as DescribeLogDirs shows it
  std::int64_t request_max_bytes = limits::frame_max_bytes;
  std::int64_t fetch_max_bytes = limits::fetch_max_bytes;
  std::int64_t idle_max_ms = 10 * 60 * 1000;
  metadata::topic_defaults defaults; ///< what the node's configuration says, for whoever asks
};

} // namespace troupe::kafka
