// Who was started, who ended and why, and who was restarted: told by supervisors, shown by the admin listener.
//
// An object with a lock and not an actor: supervisors tell it a few lines in the life of an actor, those who read it must
// not wait behind mailboxes, and a simulation's order of messages does not depend on whether anybody looks.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// What happened to an actor.
enum class supervision_change : std::uint8_t {
  started,   ///< for the first time
  ended,     ///< it failed; it is started anew after `delay_ms`, or never if that is below 0
  restarted, ///< it runs again
};

/// "started", "ended", "restarted".
std::string_view name(supervision_change change) noexcept;

/// An end or a restart.
struct supervision_event {
  std::uint64_t number = 0; ///< counts all events of this process from 1: a gap says that some were forgotten
  timestamp_ms when = no_timestamp;
  supervision_change what = supervision_change::ended;
  std::string supervisor; ///< "partition_manager"
  std::string actor;      ///< "disk", "partition orders-3"
  std::string why;        ///< of `ended`; else empty
  std::int64_t delay_ms = -1;
};

/// An actor as its supervisor left it.
struct supervised_actor {
  std::string supervisor;
  std::string actor;
  supervision_change state = supervision_change::started;
  timestamp_ms since = no_timestamp; ///< of the state
  std::uint64_t restarts = 0;
  std::string why; ///< of its last end; empty: it never failed
};

/// Remembers the newest events and the present state of every actor that it was told of. Safe from any thread.
/// Of actors that are there by the thousand (partitions), only those that fail need be told of.
class supervision_log {
public:
  /// `clock` outlives the log; `events_max` newest events are kept.
  explicit supervision_log(const clock_port& clock, std::size_t events_max = 512);

  void started(std::string_view supervisor, std::string_view actor);
  /// `delay_ms`: when it comes back; below 0: it does not.
  void ended(std::string_view supervisor, std::string_view actor, std::string_view why, std::int64_t delay_ms);
  void restarted(std::string_view supervisor, std::string_view actor);
  /// Forgets the actor, if it is known: it is gone for good, and in order.
  void stopped(std::string_view supervisor, std::string_view actor);

  /// The newest events with a number above `after`, oldest first, `limit` at the most.
  std::vector<supervision_event> events(std::size_t limit, std::uint64_t after = 0) const;
  /// By supervisor and name; those that failed at some time come first if there are more than `limit`.
  std::vector<supervised_actor> actors(std::size_t limit) const;
  /// How many actors there are, and how many of them wait for their restart.
  struct totals {
    std::size_t actors = 0;
    std::size_t waiting = 0;
    std::uint64_t restarts = 0; ///< since the process began, those of actors that are gone included
  };
  totals count() const;
  /// By supervisor and the first word of the actor's name ("partition"): bounded by the kinds of actors there are.
  std::map<std::pair<std::string, std::string>, std::uint64_t> restarts_by_kind() const;

private:
  struct key {
    std::string supervisor;
    std::string actor;
    auto operator<=>(const key&) const = default;
  };

  supervised_actor& set(supervision_change state, std::string_view supervisor, std::string_view actor);
  void add_event(const supervised_actor& from, std::string_view why, std::int64_t delay_ms);

  const clock_port& clock_;
  const std::size_t events_max_;
  mutable std::mutex mutex_;
  std::deque<supervision_event> events_;
  std::uint64_t last_number_ = 0;
  std::uint64_t restarts_ = 0;
  std::map<key, supervised_actor> actors_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> restarts_by_kind_;
};

using supervision_log_ptr = std::shared_ptr<supervision_log>;

} // namespace troupe
