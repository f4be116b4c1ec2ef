// Every partition takes writes again soon after nothing goes wrong any more, and at once when all is whole.
#include "tests/simulation_cluster/checker.hpp"

#include <map>

namespace troupe::simulation::cluster {

namespace {

/// On virtual time. Sessions run out, the quorum elects, replicas come back, and a client gives up on a silent connection.
constexpr std::int64_t recovery_max_ms = 30'000;
constexpr std::int64_t answer_max_ms = 3'000;

class liveness_checker final : public checker {
public:
  using checker::checker;

  void on(const cluster_healed&) override { limit_ms_ = recovery_max_ms; }
  void on(const cluster_whole&) override { limit_ms_ = answer_max_ms; }

  void on(const write_wanted& event) override {
    wanted_[event.where] = {event.at_ms, limit_ms_};
  }

  void on(const write_done& event) override {
    auto wanted = wanted_.extract(event.where);
    if (wanted.empty())
      return;
    auto took_ms = event.at_ms - wanted.mapped().since_ms;
    if (took_ms > wanted.mapped().limit_ms)
      too_late("liveness: a write to " + event.where.to_string() + " took " + std::to_string(took_ms) + " ms, and may take "
               + std::to_string(wanted.mapped().limit_ms));
  }

private:
  struct wish {
    std::int64_t since_ms = 0;
    std::int64_t limit_ms = 0;
  };

  std::int64_t limit_ms_ = recovery_max_ms;
  std::map<place, wish> wanted_;
};

} // namespace

checker_ptr make_liveness_checker(history& report, replica_disks& disks) {
  return std::make_unique<liveness_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
