// DeleteRecords (key 21), versions 0 to 2.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct delete_records_request {
  static constexpr auto api = api_key::delete_records;
  static constexpr std::string_view label = "delete_records_request";

  struct delete_records_partition {
    std::int32_t partition_index = 0;
    std::int64_t offset = 0; // -1: the high watermark

    bool operator==(const delete_records_partition&) const = default;
  };
  struct delete_records_topic {
    std::string name;
    std::vector<delete_records_partition> partitions;

    bool operator==(const delete_records_topic&) const = default;
  };

  std::vector<delete_records_topic> topics;
  std::int32_t timeout_ms = 0;

  bool operator==(const delete_records_request&) const = default;
};

template <class F>
void describe(F& f, delete_records_request& m) {
  f("topics", m.topics);
  f("timeout_ms", m.timeout_ms);
}

template <class F>
void describe(F& f, delete_records_request::delete_records_topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, delete_records_request::delete_records_partition& m) {
  f("partition_index", m.partition_index);
  f("offset", m.offset);
}

struct delete_records_response {
  static constexpr auto api = api_key::delete_records;
  static constexpr std::string_view label = "delete_records_response";

  struct delete_records_partition_result {
    std::int32_t partition_index = 0;
    std::int64_t low_watermark = 0;
    std::int16_t error_code = 0;

    bool operator==(const delete_records_partition_result&) const = default;
  };
  struct delete_records_topic_result {
    std::string name;
    std::vector<delete_records_partition_result> partitions;

    bool operator==(const delete_records_topic_result&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<delete_records_topic_result> topics;

  bool operator==(const delete_records_response&) const = default;
};

template <class F>
void describe(F& f, delete_records_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, delete_records_response::delete_records_topic_result& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, delete_records_response::delete_records_partition_result& m) {
  f("partition_index", m.partition_index);
  f("low_watermark", m.low_watermark);
  f("error_code", m.error_code);
}

} // namespace troupe::wire
