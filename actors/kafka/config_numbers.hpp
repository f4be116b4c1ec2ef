// Kafka's numbers for where an option's value comes from (ConfigSource) and what it is (ConfigType).
#pragma once

#include "runtime/metadata/broker_config.hpp"

#include <cstdint>

namespace troupe::kafka {

constexpr std::int8_t number_of(metadata::config_source source) {
  switch (source) {
  case metadata::config_source::topic:
    return 1;
  case metadata::config_source::one_broker:
    return 2;
  case metadata::config_source::all_brokers:
    return 3;
  case metadata::config_source::node:
    return 4;
  case metadata::config_source::built_in:
    break;
  }
  return 5;
}

constexpr std::int8_t number_of(metadata::option_type type) {
  switch (type) {
  case metadata::option_type::boolean:
    return 1;
  case metadata::option_type::text:
    return 2;
  case metadata::option_type::int32:
    return 3;
  case metadata::option_type::int64:
    return 5;
  case metadata::option_type::float64:
    return 6;
  case metadata::option_type::list:
    return 7;
  }
  return 0;
}

} // namespace troupe::kafka
