// Everything that goes wrong with the machine, as the plan allows.
#pragma once

#include "tests/simulation/checker.hpp"
#include "tests/simulation/journal_rot.hpp"
#include "tests/simulation/node_host.hpp"

namespace troupe::simulation {

class faults {
public:
  faults(const plan& drawn, node_host& node, test::simulated_file_system& disk, const virtual_clock& clock,
         judge& checks, history& report, std::uint64_t seed);

  /// Called between any two events: perhaps something breaks. Starts the node again when it is down.
  void strike();
  /// From now on all is well.
  void heal();
  /// Ends the node's life, and starts the next one.
  void crash_and_start();
  /// The same, and meanwhile a bit flips in a group of the journal: in which file; none if there is no such group. What was
  /// in the group may be missing from now on, and nothing else.
  std::string rot_and_start(ledger& known);
  bool is_healed() const { return healed_; }

private:
  void strike_node();
  void strike_disk();
  void look_after_node();
  void start();
  bool cuts_power();
  void crash();
  void rot(const journal_group& group);

  const plan& plan_;
  node_host& node_;
  test::simulated_file_system& disk_;
  const virtual_clock& clock_;
  judge& checks_;
  history& report_;
  random_source random_;
  bool healed_ = false;
  bool stopping_ = false;
  bool full_ = false;
  std::int64_t room_again_at_ms_ = 0;
};

} // namespace troupe::simulation
