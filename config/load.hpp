// Reads a node's configuration: a TOML file, and what the command line changes in it.
#pragma once

#include "config/mistake.hpp"
#include "config/node_options.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

/// What the command line says. It goes before the file.
struct overrides {
  std::optional<std::string> data_directory;
  /// "HOST:PORT[,insecure][,advertised=HOST:PORT]"; if there are any, they replace all listeners of the file.
  std::vector<std::string> listeners;
  /// "name=value", for the options at the top of the file.
  std::vector<std::string> settings;
};

/// Every mistake there is, in the order of the text; `source` is the file's name for the messages. In the file of a
/// cluster `name` chooses the node, which the changes are for; see topology.hpp.
checked<node_options> parse_node_options(std::string_view text, const std::string& source,
                                         const overrides& changes = {}, const std::string& name = {});

/// The same for a file, or for none at all if `path` is empty: then everything has its default.
checked<node_options> load_node_options(const std::string& path, const overrides& changes = {},
                                        const std::string& name = {});

} // namespace troupe::config
