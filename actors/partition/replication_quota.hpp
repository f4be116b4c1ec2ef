// The rates at which a node's throttled replicas are copied (KIP-73), shared by all of its partitions.
#pragma once

#include "runtime/replication/token_bucket.hpp"

#include <mutex>

namespace troupe {

/// For many threads.
class replication_quota {
public:
  void set_rate(std::int64_t bytes_per_second, std::int64_t now_ns) {
    std::lock_guard lock{mutex_};
    bucket_.set_rate(bytes_per_second, now_ns);
  }
  void pay(std::size_t size_bytes, std::int64_t now_ns) {
    std::lock_guard lock{mutex_};
    bucket_.pay(static_cast<std::int64_t>(size_bytes), now_ns);
  }
  std::int64_t free_at_ns() const {
    std::lock_guard lock{mutex_};
    return bucket_.free_at_ns();
  }

private:
  mutable std::mutex mutex_;
  replication::token_bucket bucket_;
};

struct replication_quotas {
  replication_quota leader;   ///< what is served
  replication_quota follower; ///< what is fetched
};

} // namespace troupe
