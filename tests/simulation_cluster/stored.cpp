#include "tests/simulation_cluster/stored.hpp"

#include "runtime/storage/directory_check.hpp"

#include <algorithm>

namespace troupe::simulation::cluster {

std::optional<stored_copies> copies_on(member& node) {
  stored_copies found;
  auto done = storage::dump_segments(
      node.disk(), "data", std::nullopt,
      [&](const storage::stored_batch& one) {
        auto view = one.batch.data();
        if (one.checksum_ok)
          found[{one.partition, one.batch.base_offset().value()}] = {"data/" + one.file, one.position, std::string{view}};
      },
      [](const storage::finding&) {});
  if (!done)
    return std::nullopt;
  return found;
}

std::string differences(const std::vector<std::unique_ptr<member>>& nodes, const metadata::metadata_image& image) {
  std::map<std::pair<topic_partition, std::int64_t>, std::pair<int, std::string>> first;
  for (auto& node : nodes) {
    auto copies = node->is_broker() ? copies_on(*node) : stored_copies{};
    if (!copies)
      return "the disk of node " + std::to_string(node->id().value()) + " cannot be read";
    for (auto& [where, copy] : *copies) {
      auto* state = image.find_partition(where.first);
      if (!state || std::find(state->replicas.begin(), state->replicas.end(), node->id()) == state->replicas.end())
        continue;
      auto [before, is_new] = first.try_emplace(where, node->id().value(), copy.bytes);
      if (!is_new && before->second.second != copy.bytes)
        return where.first.to_string() + " at " + std::to_string(where.second) + " is another batch on node "
               + std::to_string(before->second.first) + " than on node " + std::to_string(node->id().value());
    }
  }
  return {};
}

} // namespace troupe::simulation::cluster
