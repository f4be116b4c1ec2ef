// Members and observers of a quorum in memory, each with a disk that survives its crashes, a network that its user
// empties as it likes, and checks of what must hold in every run.
#pragma once

#include "runtime/raft/core.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe::raft {

inline std::string numbered(std::string name, std::uint64_t n) {
  name += std::to_string(n);
  return name;
}

struct member {
  node_id id;
  disk_id disk;
  /// What would be found after a crash.
  hard_state stored_state;
  snapshot stored_snapshot;
  std::vector<entry> stored_entries;
  /// Nothing while crashed.
  std::optional<raft_core> core;
  /// The state machine: a hash over all payloads that were applied.
  std::uint64_t machine = 0;
  log_index applied;
  /// The round under way, and whether it is on disk already.
  std::optional<ready> round;
  bool persisted = false;
};

/// What a disk or its driver may get wrong; a run with one of them must be found out.
struct disk_faults {
  bool forgets_votes = false;
  bool forgets_entries = false; // the last one of a round is lost, though it was answered for
  bool keeps_name_when_wiped = false;
};

class cluster {
public:
  /// Nodes 1 to `voters`; they know of each other from the start, or find out.
  cluster(int voters, config common, bool founded = true);

  member& at(int id) { return members_[static_cast<std::size_t>(id - 1)]; }
  int size() const { return static_cast<int>(members_.size()); }

  /// The steps of a round; each returns false if there is nothing to do.
  bool persist(int id);
  bool finish(int id);
  bool whole_round(int id) { return persist(id) && finish(id); }

  void tick(int id);
  void deliver(std::size_t which);
  std::optional<position> propose(int id, const std::string& payload);
  void crash(int id);
  /// Crashes in the middle of writing a round, if there is one to write: `steps` of it are on disk.
  void crash_while_writing(int id, std::size_t steps);
  void restart(int id);
  /// Starts one more node, with an empty disk; returns its id.
  int join();
  /// Crashes, and loses its disk.
  void wipe(int id);
  /// Takes a snapshot of all that has been applied, if nothing is under way.
  bool compact(int id);

  /// Calls `f` for all members until nobody has work and no message is left.
  template <class F>
  void settle(F&& delivered) {
    for (auto busy = true; busy;) {
      busy = false;
      for (int id = 1; id <= size(); ++id)
        while (at(id).core && whole_round(id))
          busy = true;
      for (; !network.empty(); busy = true) {
        delivered(network.front());
        deliver(0);
      }
    }
  }
  void settle() {
    settle([](auto&) {});
  }

  /// The member that leads the highest term; 0 if there is none.
  int leader();

  /// How many terms have had a leader.
  std::size_t leaders_seen() const { return leaders_.size(); }

  disk_faults faults;
  std::vector<message> network;
  /// Members that hear nothing and whom nobody hears.
  std::set<int> cut_off;
  /// What has been found wrong, in a sentence; empty: nothing.
  std::string broken;

private:
  void store(member& m, const ready& work, std::size_t steps);
  void send(int id, std::vector<message>& letters);
  void apply(member& m, const entry& e);
  void check_vote(const member& m, const hard_state& state);
  void check_log_matching(const std::vector<entry>& entries, position before);
  void check_leader(member& m);
  void check_applied(member& m, term of);
  void complain(const std::string& what);

  config common_;
  std::vector<member> members_;
  std::uint64_t restarts_ = 0;
  std::map<term, node_id> leaders_;
  struct committed {
    term of;
    std::uint64_t machine;
  };
  std::map<log_index, committed> committed_;
  struct seen {
    std::string payload;
    position before;
  };
  std::map<std::pair<term, log_index>, seen> entries_;
  std::map<std::pair<disk_id, term>, node_id> votes_;
};

} // namespace troupe::raft
