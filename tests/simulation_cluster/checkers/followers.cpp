// Who reads from a follower is given nothing that no leader has called committed, and is told of no more; and where he stopped is
// where he goes on.
#include "tests/simulation_cluster/checker.hpp"

#include <algorithm>
#include <map>

namespace troupe::simulation::cluster {

namespace {

class follower_checker final : public checker {
public:
  using checker::checker;

  void on(const high_watermark_known& event) override {
    if (event.leads)
      raise(event.where, event.high_watermark);
  }

  void on(const records_read& event) override { raise(event.where, event.high_watermark); }

  void on(const follower_read& event) override {
    auto& what = event.what;
    auto name = "followers: node " + std::to_string(event.node.value()) + " as a follower ";
    auto most = committed_[what.where];
    if (what.high_watermark > most)
      wrong(name + "says that " + what.where.to_string() + " is committed up to " + std::to_string(what.high_watermark)
            + ", and its leaders only up to " + std::to_string(most));
    if (what.records.empty())
      return;
    if (what.records.back().offset >= most)
      wrong(name + "gives offset " + std::to_string(what.records.back().offset) + " of " + what.where.to_string()
            + ", which is committed up to " + std::to_string(most));
    if (what.records.front().offset > std::max(what.from, what.log_start))
      wrong(name + "is asked for offset " + std::to_string(what.from) + " of " + what.where.to_string() + " and gives "
            + std::to_string(what.records.front().offset));
  }

private:
  void raise(const place& where, std::int64_t high_watermark) {
    auto& most = committed_[where];
    most = std::max(most, high_watermark);
  }

  std::map<place, std::int64_t> committed_; ///< as any leader has said
};

} // namespace

checker_ptr make_follower_checker(history& report, replica_disks& disks) {
  return std::make_unique<follower_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
