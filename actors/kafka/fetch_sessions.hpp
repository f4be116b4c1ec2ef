// Fetch sessions (KIP-227): what a client reads is remembered here, so that it sends only what changes, and gets only
// what changed. Sessions belong to no connection; one cache serves all of a node. Thread-safe; time is passed in.
#pragma once

#include "runtime/base/limits.hpp"
#include "runtime/base/random.hpp"
#include "runtime/base/types.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/fetch.hpp"

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::kafka {

struct fetch_session_limits {
  std::size_t sessions_max = 1'000;          ///< max.incremental.fetch.session.cache.slots
  std::size_t partitions_max = 1'000'000;    ///< of all sessions together; none is begun beyond that
  std::size_t names_max_bytes = 64 * limits::mib; ///< topics' names, of all sessions together, once for each partition
  std::int64_t evict_after_ns = 120'000'000'000; ///< a session that is not used for so long makes room for others
};

/// A partition of a session. Only the cache looks inside of `known`.
struct session_partition {
  struct memory;
  std::string topic; ///< empty in sessions that name topics by id
  topic_id id;
  wire::fetch_request::fetch_partition wanted;
  std::shared_ptr<memory> known;
};

/// What a response is about to say of a partition, for the cache to decide whether it must be said.
struct session_answer {
  std::shared_ptr<session_partition::memory> known;
  bool failed = false;
  bool has_records = false;
  std::int64_t high_watermark = -1;
  std::int64_t log_start = -1;
  bool is_news = true; ///< out: belongs into the response
};

/// How a request is to be served.
struct session_plan {
  wire::error_code code = wire::error_code::none; ///< not none: refuse the request with this
  std::int32_t session_id = 0;                    ///< for the response; 0: there is no session
  bool incremental = false;                       ///< the response leaves out what has not changed
  std::vector<session_partition> partitions;      ///< to be read, if there is a session; else those of the request
};

class fetch_session_cache {
public:
  /// `seed` makes the sessions' ids: another one after each start of a node.
  fetch_session_cache(std::uint64_t seed, fetch_session_limits limits);
  ~fetch_session_cache();

  /// Begins, continues or ends the session that the request names. `by_id`: its version names topics by id.
  session_plan open(const wire::fetch_request& request, bool by_id, std::int64_t now_ns);
  /// Fills in is_news, and remembers what the client is told. Partitions with records move to the end of their
  /// session, so that each has its turn when not all fit into one response.
  void settle(const session_plan& plan, std::span<session_answer> answers);

  std::size_t size() const;

private:
  class session;
  using session_map = std::unordered_map<std::int32_t, std::unique_ptr<session>>;

  session_plan begin(const wire::fetch_request& request, bool by_id, std::int64_t now_ns);
  session_plan go_on(const wire::fetch_request& request, bool by_id, std::int64_t now_ns);
  bool is_too_much(std::size_t sessions, std::size_t partitions, std::size_t names_bytes) const;
  bool make_room(std::size_t partitions, std::size_t names_bytes, std::int64_t now_ns);
  void count(const session& which);
  void discount(const session& which);
  void end(std::int32_t id);
  void touch(session& which, std::int64_t now_ns);
  std::int32_t new_id();

  fetch_session_limits limits_;
  mutable std::mutex mutex_;
  random_source random_;
  session_map sessions_;
  std::set<std::pair<std::int64_t, std::int32_t>> by_use_; ///< (last used, id)
  std::size_t partitions_ = 0;                             ///< of all sessions
  std::size_t names_bytes_ = 0;                            ///< of all sessions
};

} // namespace troupe::kafka
