// What a replica decides when a part of its log has rotted on disk: which other replica to ask for it, and whether what comes
// is what was there. Pure; one repair at a time, the next read finds what is left.
//
//   idle    -> asking    a read ran into rot, and somebody can be asked
//   asking  -> asking    who was asked cannot help, or does not answer: the next one
//   asking  -> patching  the batches came
//   asking  -> resting   nobody can help
//   patching -> idle     they are in their place; or -> resting
//   any     -> idle      the log is cut: what was read is not there any more
//
// Replicas have the same bytes at an offset of an epoch (KIP-101), so that an answer fits if its batches carry the epochs that
// this log knows, and are as long as the hole.
#pragma once

#include "runtime/base/types.hpp"
#include "runtime/replication/follower_core.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace troupe::replication {

/// What cannot be read: whole batches.
struct lost_range {
  offset from;
  offset end; ///< behind the last record
  std::uint64_t size_bytes = 0;
};

/// To be sent; `late` is to be called answer_max_ms from now.
struct repair_question {
  node_id to;
  std::uint64_t round = 0;
};

class repair_core {
public:
  static constexpr std::int64_t answer_max_ms = 2'000;
  static constexpr std::int64_t pause_ms = 1'000; ///< after nobody could help
  using question = std::optional<repair_question>;

  /// `whom`: in the order in which they are asked. Nothing if a repair is under way, or one has failed just now.
  question found(const lost_range& what, std::vector<node_id> whom, std::int64_t now_ms);
  bool expects(node_id from, std::uint64_t round) const;
  /// Who was asked cannot help, or has sent what does not fit.
  question refused(std::int64_t now_ms);
  /// Nothing if the answer to that round is not waited for any more.
  question late(std::uint64_t round, std::int64_t now_ms);
  /// How many bytes behind the begin of the range the batches belong; nothing if they do not. They may be the first ones of
  /// what was lost, or the last ones. `epoch_at`: what the log knows.
  std::optional<std::uint64_t> place(std::span<const batch_extent> batches, std::uint64_t size_bytes,
                                     const std::function<leader_epoch(offset)>& epoch_at) const;
  void patching() { state_ = state::patching; }
  /// The outcome of the patch of that round.
  void patched(std::uint64_t round, bool done, std::int64_t now_ms);
  /// The log is another one.
  void forget() { state_ = state::idle; }

  const lost_range& range() const { return range_; }
  std::uint64_t round() const { return round_; }

private:
  enum class state : std::uint8_t { idle, asking, patching };

  question ask_next(std::int64_t now_ms);
  void rest(std::int64_t now_ms);

  state state_ = state::idle;
  lost_range range_;
  std::vector<node_id> whom_; ///< the last one is asked next
  node_id asked_;
  std::uint64_t round_ = 0;
  std::int64_t rests_until_ms_ = 0;
};

} // namespace troupe::replication
