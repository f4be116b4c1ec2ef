// In a term of the metadata quorum one node leads, and no node's term goes back in its life.
#include "tests/simulation_cluster/checker.hpp"

#include <map>

namespace troupe::simulation::cluster {

namespace {

class term_checker final : public checker {
public:
  using checker::checker;

  void on(const quorum_leader_seen& event) override {
    auto leader = event.what.leader;
    auto term = event.what.term;
    auto& last = last_[event.node];
    if (last.observer == event.observer && term < last.term)
      wrong("terms: node " + std::to_string(event.node) + " of the plan went back from term " + std::to_string(last.term.value())
            + " to " + std::to_string(term.value()));
    last = {event.observer, term};
    if (leader == raft::no_node)
      return;
    auto [found, is_new] = leaders_.emplace(term, leader);
    if (!is_new && found->second != leader)
      wrong("terms: nodes " + std::to_string(found->second.value()) + " and " + std::to_string(leader.value())
            + " lead the quorum in term " + std::to_string(term.value()));
  }

private:
  struct seen {
    int observer = 0; ///< one for each life
    raft::term term;
  };
  std::map<raft::term, node_id> leaders_;
  std::map<int, seen> last_;
};

} // namespace

checker_ptr make_term_checker(history& report, replica_disks& disks) {
  return std::make_unique<term_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
