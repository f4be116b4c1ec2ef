// Puts everything that the rooms of a node count into its registry.
#pragma once

#include "actors/kafka/session.hpp"
#include "actors/node/node_parts.hpp"

namespace troupe {

/// Once for each node. The registry keeps alive what it reads.
void watch_node(const node_parts& parts, std::shared_ptr<kafka::kafka_metrics> kafka,
                std::shared_ptr<const kafka::byte_budget> budget);

} // namespace troupe
