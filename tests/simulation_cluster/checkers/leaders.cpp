// In an epoch of a partition one broker leads, whoever is asked, and no other answers in its place.
#include "tests/simulation_cluster/checker.hpp"

#include <map>

namespace troupe::simulation::cluster {

namespace {

class leader_checker final : public checker {
public:
  using checker::checker;

  void on(const partition_served& event) override { see(event.where, event.epoch, event.node); }

  void on(const leader_told& event) override {
    if (event.leader >= 0)
      see(event.where, event.epoch, event.leader);
  }

private:
  void see(const place& where, std::int32_t epoch, std::int32_t node) {
    auto [found, is_new] = leaders_[where].emplace(epoch, node);
    if (!is_new && found->second != node)
      wrong("leaders: " + where.to_string() + " has two in epoch " + std::to_string(epoch) + ": nodes "
            + std::to_string(found->second) + " and " + std::to_string(node));
  }

  std::map<place, std::map<std::int32_t, std::int32_t>> leaders_;
};

} // namespace

checker_ptr make_leader_checker(history& report, replica_disks& disks) {
  return std::make_unique<leader_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
