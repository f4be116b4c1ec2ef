// DeleteTopics (key 20), versions 1 to 6.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct delete_topics_request {
  static constexpr auto api = api_key::delete_topics;
  static constexpr std::string_view label = "delete_topics_request";

  struct delete_topic_state {
    std::optional<std::string> name; // null: by id
    troupe::topic_id topic_id;

    bool operator==(const delete_topic_state&) const = default;
  };

  std::vector<delete_topic_state> topics;
  std::vector<std::string> topic_names;
  std::int32_t timeout_ms = 0;

  bool operator==(const delete_topics_request&) const = default;
};

template <class F>
void describe(F& f, delete_topics_request& m) {
  f("topics", m.topics, since(6));
  f("topic_names", m.topic_names, until(5));
  f("timeout_ms", m.timeout_ms);
}

template <class F>
void describe(F& f, delete_topics_request::delete_topic_state& m) {
  f("name", m.name);
  f("topic_id", m.topic_id);
}

struct delete_topics_response {
  static constexpr auto api = api_key::delete_topics;
  static constexpr std::string_view label = "delete_topics_response";

  struct deletable_topic_result {
    std::optional<std::string> name;
    troupe::topic_id topic_id;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;

    bool operator==(const deletable_topic_result&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<deletable_topic_result> responses;

  bool operator==(const delete_topics_response&) const = default;
};

template <class F>
void describe(F& f, delete_topics_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("responses", m.responses);
}

template <class F>
void describe(F& f, delete_topics_response::deletable_topic_result& m) {
  f("name", m.name, always.nullable(6));
  f("topic_id", m.topic_id, since(6));
  f("error_code", m.error_code);
  f("error_message", m.error_message, since(5));
}

} // namespace troupe::wire
