// Who asks a node for metadata again hears nothing older than before, as long as the node lives.
#include "tests/simulation_cluster/checker.hpp"

#include <map>
#include <tuple>

namespace troupe::simulation::cluster {

namespace {

class view_checker final : public checker {
public:
  using checker::checker;

  void on(const leader_told& event) override {
    auto& known = known_[{event.asker, event.node, event.where}];
    if (known.life == event.life && event.epoch < known.epoch)
      wrong("views: node " + std::to_string(event.node) + " of the plan went back from epoch " + std::to_string(known.epoch)
            + " of " + event.where.to_string() + " to " + std::to_string(event.epoch));
    known = {event.life, event.epoch};
  }

private:
  struct told {
    int life = 0;
    std::int32_t epoch = -1;
  };
  std::map<std::tuple<std::string, int, place>, told> known_;
};

} // namespace

checker_ptr make_view_checker(history& report, replica_disks& disks) {
  return std::make_unique<view_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
