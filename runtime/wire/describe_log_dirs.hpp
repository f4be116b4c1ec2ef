// DescribeLogDirs (key 35), versions 1 to 5.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct describe_log_dirs_request {
  static constexpr auto api = api_key::describe_log_dirs;
  static constexpr std::string_view label = "describe_log_dirs_request";

  struct describable_log_dir_topic {
    std::string topic;
    std::vector<std::int32_t> partitions;

    bool operator==(const describable_log_dir_topic&) const = default;
  };

  std::optional<std::vector<describable_log_dir_topic>> topics; // null: all

  bool operator==(const describe_log_dirs_request&) const = default;
};

template <class F>
void describe(F& f, describe_log_dirs_request& m) {
  f("topics", m.topics);
}

template <class F>
void describe(F& f, describe_log_dirs_request::describable_log_dir_topic& m) {
  f("topic", m.topic);
  f("partitions", m.partitions);
}

struct describe_log_dirs_response {
  static constexpr auto api = api_key::describe_log_dirs;
  static constexpr std::string_view label = "describe_log_dirs_response";

  struct describe_log_dirs_partition {
    std::int32_t partition_index = 0;
    std::int64_t partition_size = 0;
    std::int64_t offset_lag = 0;
    bool is_future_key = false;

    bool operator==(const describe_log_dirs_partition&) const = default;
  };
  struct describe_log_dirs_topic {
    std::string name;
    std::vector<describe_log_dirs_partition> partitions;

    bool operator==(const describe_log_dirs_topic&) const = default;
  };
  struct describe_log_dirs_result {
    std::int16_t error_code = 0;
    std::string log_dir;
    std::vector<describe_log_dirs_topic> topics;
    std::int64_t total_bytes = -1;
    std::int64_t usable_bytes = -1;
    bool is_cordoned = false;

    bool operator==(const describe_log_dirs_result&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<describe_log_dirs_result> results;

  bool operator==(const describe_log_dirs_response&) const = default;
};

template <class F>
void describe(F& f, describe_log_dirs_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code, since(3));
  f("results", m.results);
}

template <class F>
void describe(F& f, describe_log_dirs_response::describe_log_dirs_result& m) {
  f("error_code", m.error_code);
  f("log_dir", m.log_dir);
  f("topics", m.topics);
  f("total_bytes", m.total_bytes, since(4));
  f("usable_bytes", m.usable_bytes, since(4));
  f("is_cordoned", m.is_cordoned, since(5));
}

template <class F>
void describe(F& f, describe_log_dirs_response::describe_log_dirs_topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, describe_log_dirs_response::describe_log_dirs_partition& m) {
  f("partition_index", m.partition_index);
  f("partition_size", m.partition_size);
  f("offset_lag", m.offset_lag);
  f("is_future_key", m.is_future_key);
}

} // namespace troupe::wire
