// The file of a cluster, or of one node, with the options of its topics checked.
#pragma once

#include "actors/node/command/outcome.hpp"
#include "config/topology.hpp"

#include <string>

namespace troupe::command {

/// As config::load_topology; options of topics are those of `troupe topic create`, with units.
config::checked<config::topology> load_cluster_file(const std::string& path, config::topology_request request = {});

/// A line for each on the error stream.
void report(const streams& to, const config::mistakes& all);
/// The same for what is allowed and no good idea.
void report_warnings(const streams& to, const config::topology& file);

} // namespace troupe::command
