// What is committed to the metadata log is the same for all nodes, for ever, and in a node's life it does not go back.
#include "tests/simulation_cluster/checker.hpp"

#include "runtime/base/crc32c.hpp"

#include <map>

namespace troupe::simulation::cluster {

namespace {

class agreement_checker final : public checker {
public:
  using checker::checker;

  void on(const metadata_seen& event) override {
    auto version = event.image->version();
    auto& last = last_[event.node];
    if (last.observer == event.observer && version < last.version)
      wrong("agreement: the metadata of node " + std::to_string(event.node) + " went back from version "
            + std::to_string(last.version.value()) + " to " + std::to_string(version.value()));
    last = {event.observer, version};
    if (version == metadata::metadata_version{})
      return;
    auto checksum = crc32c(metadata::encode_snapshot(*event.image).view());
    auto [found, is_new] = checksums_.emplace(version, checksum);
    if (!is_new && found->second != checksum)
      wrong("agreement: node " + std::to_string(event.node) + " has other metadata in version "
            + std::to_string(version.value()) + " than another node had");
  }

private:
  struct seen {
    int observer = 0;
    metadata::metadata_version version;
  };
  std::map<int, seen> last_;
  std::map<metadata::metadata_version, std::uint32_t> checksums_;
};

} // namespace

checker_ptr make_agreement_checker(history& report, replica_disks& disks) {
  return std::make_unique<agreement_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
