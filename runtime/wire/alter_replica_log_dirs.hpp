// AlterReplicaLogDirs (key 34), versions 1 and 2.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct alter_replica_log_dirs_request {
  static constexpr auto api = api_key::alter_replica_log_dirs;
  static constexpr std::string_view label = "alter_replica_log_dirs_request";

  struct alter_replica_log_dir_topic {
    std::string name;
    std::vector<std::int32_t> partitions;

    bool operator==(const alter_replica_log_dir_topic&) const = default;
  };
  struct alter_replica_log_dir {
    std::string path; // absolute: where the replicas are to be
    std::vector<alter_replica_log_dir_topic> topics;

    bool operator==(const alter_replica_log_dir&) const = default;
  };

  std::vector<alter_replica_log_dir> dirs;

  bool operator==(const alter_replica_log_dirs_request&) const = default;
};

template <class F>
void describe(F& f, alter_replica_log_dirs_request& m) {
  f("dirs", m.dirs);
}

template <class F>
void describe(F& f, alter_replica_log_dirs_request::alter_replica_log_dir& m) {
  f("path", m.path);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, alter_replica_log_dirs_request::alter_replica_log_dir_topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

struct alter_replica_log_dirs_response {
  static constexpr auto api = api_key::alter_replica_log_dirs;
  static constexpr std::string_view label = "alter_replica_log_dirs_response";

  struct alter_replica_log_dir_partition_result {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;

    bool operator==(const alter_replica_log_dir_partition_result&) const = default;
  };
  struct alter_replica_log_dir_topic_result {
    std::string topic_name;
    std::vector<alter_replica_log_dir_partition_result> partitions;

    bool operator==(const alter_replica_log_dir_topic_result&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<alter_replica_log_dir_topic_result> results;

  bool operator==(const alter_replica_log_dirs_response&) const = default;
};

template <class F>
void describe(F& f, alter_replica_log_dirs_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("results", m.results);
}

template <class F>
void describe(F& f, alter_replica_log_dirs_response::alter_replica_log_dir_topic_result& m) {
  f("topic_name", m.topic_name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, alter_replica_log_dirs_response::alter_replica_log_dir_partition_result& m) {
  f("partition_index", m.partition_index);
  f("error_code", m.error_code);
}

} // namespace troupe::wire
