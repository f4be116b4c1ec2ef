// ListGroups (key 16), versions 0 to 5.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct list_groups_request {
  static constexpr auto api = api_key::list_groups;
  static constexpr std::string_view label = "list_groups_request";

  std::vector<std::string> states_filter;
  std::vector<std::string> types_filter;

  bool operator==(const list_groups_request&) const = default;
};

template <class F>
void describe(F& f, list_groups_request& m) {
  f("states_filter", m.states_filter, since(4));
  f("types_filter", m.types_filter, since(5));
}

struct list_groups_response {
  static constexpr auto api = api_key::list_groups;
  static constexpr std::string_view label = "list_groups_response";

  struct listed_group {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;
    std::string group_type;

    bool operator==(const listed_group&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<listed_group> groups;

  bool operator==(const list_groups_response&) const = default;
};

template <class F>
void describe(F& f, list_groups_response& m) {
  f("throttle_time_ms", m.throttle_time_ms, since(1));
  f("error_code", m.error_code);
  f("groups", m.groups);
}

template <class F>
void describe(F& f, list_groups_response::listed_group& m) {
  f("group_id", m.group_id);
  f("protocol_type", m.protocol_type);
  f("group_state", m.group_state, since(4));
  f("group_type", m.group_type, since(5));
}

} // namespace troupe::wire
