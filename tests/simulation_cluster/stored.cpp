#include "tests/simulation_cluster/stored.hpp"

#include "runtime/storage/directory_check.hpp"

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

} // namespace troupe::simulation::cluster
