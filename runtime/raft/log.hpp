// The part of the replicated log that follows the snapshot, in memory, with what is stable and applied, and who the
// members are at each place in it.
#pragma once

#include "runtime/raft/types.hpp"

#include <deque>
#include <map>
#include <optional>

namespace troupe::raft {

class raft_log {
public:
  /// `stored` may begin at or before the snapshot; it has no gap. It is ignored if it contradicts the
  /// snapshot.
  raft_log(snapshot base, std::vector<entry> stored);

  const snapshot& base() const { return base_; }
  log_index first_index() const { return base_.at.index + 1; }
  log_index last_index() const { return base_.at.index + entries_.size(); }
  position last() const;
  /// Nothing if the entry is older than the snapshot's or was never there.
  std::optional<term> term_at(log_index index) const;
  bool has(const position& at) const { return term_at(at.index) == at.term; }
  /// Whether a log that ends at `other` has everything that this one may have committed (thesis, 3.6.1).
  bool is_covered_by(const position& other) const;

  /// Those that the newest entry about them names, whether it is committed or not (thesis, 4.1).
  const membership& members() const { return members_at(last_index()); }
  /// As of the entry at `index`, which must not be older than the snapshot.
  const membership& members_at(log_index index) const;
  /// Of the newest entry about them, or of the snapshot.
  log_index members_index() const { return members_.empty() ? base_.at.index : members_.rbegin()->first; }

  void append(entry e);
  /// Cuts off what conflicts with `incoming`, which follows an entry that this log has, and adds what is
  /// missing. Returns the index of the last one of `incoming`.
  log_index merge(std::vector<entry> incoming, log_index after);
  /// The newest position up to `index` whose term is at most `limit`: where a leader and a follower might
  /// agree.
  position newest_up_to(log_index index, term limit) const;
  /// Consecutive entries from `from`: at least one if there is one, then as many as fit.
  std::vector<entry> read(log_index from, std::size_t max_bytes) const;
  std::vector<entry> range(log_index from, log_index to) const; // both included

  /// What is not durable yet begins here.
  log_index first_unstable() const { return stable_ + 1; }
  void stable_to(position at);
  log_index stable_index() const { return stable_; }
  log_index applied_index() const { return applied_; }
  void applied_to(log_index index);

  /// The members of a group that has not written down yet who they are.
  void assume(membership members) { base_.members = std::move(members); }
  void compact(snapshot snap);
  void install(snapshot snap);

private:
  const entry& at(log_index index) const { return entries_[index.value() - base_.at.index.value() - 1]; }
  void add(entry&& e);

  snapshot base_;
  std::deque<entry> entries_;
  std::map<log_index, membership> members_; // of the entries about them
  log_index stable_;
  log_index applied_;
};

} // namespace troupe::raft
