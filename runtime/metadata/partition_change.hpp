// What becomes of one partition when brokers come and go, when its leader changes the in-sync set, or when
// its replicas are assigned anew.
//
//   isr       the replicas that the high watermark waits for; acks=all asks for min.insync.replicas of them
//   elr       eligible leader replicas (KIP-966): left the in-sync set when it had fallen below
//             min.insync.replicas. The high watermark stands still then, so that they have all that was ever
//             acknowledged. Empty while the in-sync set is large enough
//   last known elr   left one of both because they lost what they had on disk
//
// The leader is chosen among the in-sync replicas, then among the eligible ones, in the order of `replicas`;
// and only where the topic allows it (unclean.leader.election.enable) or somebody asks for it, among all
// others. A replica that is elected without being in sync is then the only one in sync. The last member of an
// in-sync set stays in it while nobody can take over, unless it has lost what it had. Every change of leader,
// and every removal of a replica, is a new leader epoch; every change at all is a new partition epoch.
#pragma once

#include "runtime/metadata/image.hpp"
#include "runtime/metadata/replica_rules.hpp"

#include <optional>
#include <vector>

namespace troupe::metadata {

/// Which brokers serve, as things are or as they are going to be.
class broker_standing {
public:
  explicit broker_standing(const metadata_image& image);

  void set(node_id node, bool serves) { change(node, serves, serves); }
  /// It serves on, and is given nothing new.
  void set_shutting_down(node_id node) { change(node, true, false); }

  bool serves(node_id node) const;
  /// Also as a new leader, or as a new member of an in-sync set.
  bool is_ready(node_id node) const;

private:
  struct state {
    node_id node;
    bool serves;
    bool is_ready;
  };
  const state* find(node_id node) const;
  void change(node_id node, bool serves, bool is_ready);

  std::vector<state> brokers_; // by node
};

class partition_change {
public:
  /// All three must outlive it.
  partition_change(const partition& before, const replica_rules& rules, const broker_standing& brokers)
      : before_(before), rules_(rules), brokers_(brokers), after_(before) {}

  /// It is no longer in sync. `lost`: it has not got what it had.
  void leave(node_id node, bool lost = false);
  /// It leads in a new epoch even if it goes on: its process is another one.
  void restart(node_id node) { new_epoch_ = new_epoch_ || before_.leader == node; }
  /// A new partition epoch even if it is the same: whatever else the leader has asked for before is ruled out by it.
  void set_isr(std::vector<node_id> isr) {
    after_.isr = std::move(isr);
    new_state_ = true;
  }
  /// Leadership goes from it to another replica in sync, if there is one that is ready.
  void hand_over(node_id from);
  /// To the first replica, if it is in sync and ready.
  void elect_preferred();
  /// To whatever replica is ready, if no other may lead: acknowledged records may get lost.
  void allow_unclean() { unclean_ = true; }

  /// A new set of replicas is to be reached; a reassignment that is under way is replaced. Error
  /// invalid_replica_assignment: none of those that would remain has everything.
  result<void> reassign(const std::vector<node_id>& target);
  /// What was being added goes, what was being removed stays. Errors no_reassignment, and as above.
  result<void> cancel_reassignment();

  /// The state that follows; nothing if it is the one before. Called once.
  std::optional<partition> finish() &&;

private:
  result<void> drop(const std::vector<node_id>& nodes);
  void complete_reassignment();
  bool holds_everything(node_id node) const;
  void choose_leader();
  void lead_alone(node_id node);
  void keep_last();
  void settle_eligible();

  const partition& before_;
  const replica_rules& rules_;
  const broker_standing& brokers_;
  partition after_;
  std::optional<node_id> lost_;
  bool new_epoch_ = false;
  bool new_state_ = false;
  bool unclean_ = false;
  bool elected_unclean_ = false;
};

/// The record that makes `after` the partition's state.
record to_record(const topic_id& topic, std::size_t number, partition after);

/// The records that change all partitions for which concerns(partition) is true, as change(partition_change&)
/// says. rules_of(topic) is asked once for each topic that has some.
template <class RulesOf, class Concerns, class Change>
std::vector<record> change_partitions(const metadata_image& image, const broker_standing& brokers,
                                      RulesOf&& rules_of, Concerns&& concerns, Change&& change) {
  std::vector<record> changes;
  image.for_each_topic([&](const topic& t) {
    std::optional<replica_rules> rules;
    for (std::size_t i = 0; i < t.partitions.size(); ++i) {
      auto& before = t.partitions[i];
      if (!concerns(before))
        continue;
      if (!rules)
        rules = rules_of(t);
      partition_change next{before, *rules, brokers};
      change(next);
      if (auto after = std::move(next).finish())
        changes.push_back(to_record(t.id, i, std::move(*after)));
    }
  });
  return changes;
}

} // namespace troupe::metadata
