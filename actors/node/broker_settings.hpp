// A node's configuration under the names that Kafka has for a broker's options.
#pragma once

#include "config/node_options.hpp"
#include "runtime/metadata/broker_config.hpp"

namespace troupe {

/// What differs from its default counts as set; so does what has no default, such as the node's id.
metadata::broker_settings broker_settings_of(const config::node_options& options);

} // namespace troupe
