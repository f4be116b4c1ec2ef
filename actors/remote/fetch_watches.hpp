// Who waits for more of which partition: a pure core. A node lets one request wait for many partitions, but
// the answers of a connection come in order, and a request that waits cannot be changed. So waiting goes by
// rounds: each asks, on a connection of its own, for all partitions that no other round asks for.
//
// What a round brings is kept for the reader that it wakes, so that it need not travel twice.
#pragma once

#include "actors/remote/partition_calls.hpp"
#include "runtime/base/limits.hpp"

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace troupe::remote {

/// A reader of a partition.
struct watcher {
  topic_partition partition;
  caf::actor_id client = 0;

  friend auto operator<=>(const watcher&, const watcher&) = default;
};

struct fetch_watches_options {
  /// Answers that are kept for readers that have been woken, together. What does not fit is fetched again.
  std::size_t kept_max_bytes = 16 * limits::mib;
};

class fetch_watches {
public:
  using round_number = std::uint64_t;

  /// Somebody who is to be told that there is more.
  struct wakeup {
    partition_client to;
    request_tag tag;
  };

  fetch_watches() = default;
  explicit fetch_watches(fetch_watches_options options) : options_(options) {}

  /// The reader waits for anything from `from` on. Takes the place of what it waited for before.
  void watch(const watcher& who, const partition_ref& partition, const fetch_request& request, offset from);
  /// The reader asks again: it waits no longer. The answer, if there is one already.
  std::optional<fetch_reply> take(const watcher& who, const fetch_request& request);
  /// The reader has gone.
  void forget(caf::actor_id client);

  /// What the next round asks for, each partition once; empty: nothing.
  std::vector<awaited_partition> begin(round_number round);
  /// What it brought; an error: nothing. Whoever is not woken waits for the next round.
  std::vector<wakeup> end(round_number round, result<wire::fetch_response>& answer);

  std::size_t size() const noexcept { return watches_.size(); }
  std::size_t kept_bytes() const noexcept { return kept_bytes_; }

private:
  struct entry {
    partition_ref partition;
    offset from;
    leader_epoch epoch;
    request_tag tag;
    partition_client reply_to;
    round_number round = 0; ///< 0: in none
    offset asked_from;      ///< by that round
    bool woken = false;
    std::optional<fetch_reply> kept;
  };
  using entries = std::map<watcher, entry>;

  entries::iterator drop(entries::iterator which);
  void give(entry& to, const fetch_reply& reply, std::vector<wakeup>& woken);

  fetch_watches_options options_;
  entries watches_;
  std::size_t kept_bytes_ = 0;
};

} // namespace troupe::remote
