// The configuration: TOML, addresses, sizes and durations. Whatever is written, the answer is a configuration
// that holds what it promises, or mistakes that name a place within the text.
#include "config/listener.hpp"
#include "config/load.hpp"
#include "config/quantity.hpp"
#include "config/topology.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <set>
#include <string>

using namespace troupe::config;

namespace {

void check_options(std::string_view text, const overrides& changes) {
  auto options = parse_node_options(text, "node.toml", changes);
  auto again = parse_node_options(text, "node.toml", changes);
  CHECK(options.has_value() == again.has_value());
  if (options) {
    CHECK(*options == *again);
    CHECK(!options->listeners.empty());
    CHECK(check_listeners(options->listeners, {}).empty());
    CHECK(options->num_partitions >= 1 && options->connections_max >= 1);
    return;
  }
  CHECK(!options.error().empty());
  auto lines = 1 + static_cast<unsigned>(std::count(text.begin(), text.end(), '\n'));
  for (auto& mistake : options.error()) {
    CHECK(!mistake.what.empty() && !mistake.message().empty());
    CHECK(mistake.where.line <= lines + 1);
  }
}

/// The whole file, as of a cluster: nobody in it is there twice.
void check_cluster(std::string_view text) {
  auto cluster = parse_topology(text, "cluster.toml");
  if (!cluster) {
    CHECK(!cluster.error().empty());
    return;
  }
  std::set<std::int32_t> ids;
  std::set<std::string> names;
  for (auto& node : cluster->nodes) {
    CHECK(ids.insert(node.node_id).second && names.insert(node.name).second);
    CHECK(node.listeners.empty() == !node.is_broker());
    CHECK(node.voters.size() <= node.peers.size() && node.peers.size() <= cluster->nodes.size());
  }
}

void check_values(std::string_view text) {
  if (auto size = parse_size_bytes(text); size && *size >= 0)
    CHECK(parse_size_bytes(format_size(*size)) == size);
  if (auto duration = parse_duration_ms(text); duration && *duration >= 0)
    CHECK(parse_duration_ms(format_duration(*duration)) == duration);
  if (auto listener = parse_listener(text, "--listen")) {
    auto again = parse_address(to_string(*listener));
    CHECK(again && again->host == listener->host && again->port == listener->port);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  auto what = in.number<std::uint8_t>();
  overrides changes;
  if (what % 4 == 1)
    changes.listeners.emplace_back(in.text(what));
  if (what % 4 == 2)
    changes.settings.emplace_back(in.text(what));
  if (what % 4 == 3)
    check_values(in.rest());
  else
    check_options(in.rest(), changes);
  if (what % 4 == 0)
    check_cluster(in.rest());
  return 0;
}
