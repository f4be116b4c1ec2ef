#include "runtime/raft/log.hpp"

#include "runtime/base/check.hpp"
#include "runtime/raft/membership.hpp"

#include <algorithm>

namespace troupe::raft {

raft_log::raft_log(snapshot base, std::vector<entry> stored) : base_(std::move(base)) {
  // A crash may have come between the storing of a snapshot and the removal of the log that it replaces.
  for (auto& e : stored)
    if (e.at.index == base_.at.index && e.at.term != base_.at.term) {
      stored.clear();
      break;
    }
  for (auto& e : stored) {
    if (e.at.index <= base_.at.index)
      continue;
    CHECK(e.at.index == last_index() + 1, "a stored log has no gap");
    add(std::move(e));
  }
  stable_ = last_index();
  applied_ = base_.at.index;
}

position raft_log::last() const { return entries_.empty() ? base_.at : entries_.back().at; }

std::optional<term> raft_log::term_at(log_index index) const {
  if (index == base_.at.index)
    return base_.at.term;
  if (index < base_.at.index || index > last_index())
    return std::nullopt;
  return at(index).at.term;
}

bool raft_log::is_covered_by(const position& other) const {
  auto own = last();
  return other.term != own.term ? other.term > own.term : other.index >= own.index;
}

const membership& raft_log::members_at(log_index index) const {
  auto later = members_.upper_bound(index);
  return later == members_.begin() ? base_.members : std::prev(later)->second;
}

void raft_log::add(entry&& e) {
  if (e.kind == entry_kind::members) {
    auto members = decode_membership(e.payload.view());
    CHECK(members.has_value(), "who took the entry in has looked at it");
    members_[e.at.index] = std::move(*members);
  }
  entries_.push_back(std::move(e));
}

void raft_log::append(entry e) {
  CHECK(e.at.index == last_index() + 1 && e.at.term >= last().term);
  add(std::move(e));
}

log_index raft_log::merge(std::vector<entry> incoming, log_index after) {
  auto reached = after;
  for (auto& e : incoming) {
    ++reached;
    CHECK(e.at.index == reached, "an append has no gap");
    if (reached <= base_.at.index || has(e.at))
      continue;
    if (reached <= last_index()) {
      CHECK(reached > applied_, "what has been applied is never taken back");
      entries_.resize(reached.value() - base_.at.index.value() - 1);
      members_.erase(members_.lower_bound(reached), members_.end());
      stable_ = std::min(stable_, last_index());
    }
    add(std::move(e));
  }
  return reached;
}

position raft_log::newest_up_to(log_index index, term limit) const {
  for (index = std::min(index, last_index()); index > base_.at.index; index = index - 1)
    if (at(index).at.term <= limit)
      return at(index).at;
  return base_.at;
}

std::vector<entry> raft_log::read(log_index from, std::size_t max_bytes) const {
  std::vector<entry> found;
  std::size_t taken = 0;
  for (auto index = from; index <= last_index(); ++index) {
    auto& e = at(index);
    if (!found.empty() && taken + e.payload.size() > max_bytes)
      break;
    taken += e.payload.size();
    found.push_back(e);
  }
  return found;
}

std::vector<entry> raft_log::range(log_index from, log_index to) const {
  std::vector<entry> found;
  for (auto index = from; index <= to; ++index)
    found.push_back(at(index));
  return found;
}

void raft_log::stable_to(position at) {
  // What was being written may have been cut off and replaced in the meantime.
  if (at.index > stable_ && has(at))
    stable_ = at.index;
}

void raft_log::applied_to(log_index index) {
  CHECK(index >= applied_ && index <= last_index());
  applied_ = index;
}

void raft_log::compact(snapshot snap) {
  if (snap.at.index <= base_.at.index)
    return;
  CHECK(snap.at.index <= applied_ && has(snap.at), "a snapshot covers what has been applied");
  entries_.erase(entries_.begin(),
                 entries_.begin()
                     + static_cast<std::ptrdiff_t>(snap.at.index.value() - base_.at.index.value()));
  members_.erase(members_.begin(), members_.upper_bound(snap.at.index));
  base_ = std::move(snap);
}

void raft_log::install(snapshot snap) {
  entries_.clear();
  members_.clear();
  stable_ = applied_ = snap.at.index;
  base_ = std::move(snap);
}

} // namespace troupe::raft
