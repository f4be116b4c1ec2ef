// The other nodes whose connections were lost a moment ago: if they are dead, others will lead in their place very soon, and
// whoever asks who leads is better told a little later.
#pragma once

#include "runtime/base/types.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

namespace troupe {

/// One for the node; any thread. Times are of the monotonic clock.
class lost_peers {
public:
  /// After that the loss is an old story, whatever becomes of it.
  static constexpr std::int64_t moment_ns = 1'500'000'000;

  void lost(node_id node, std::int64_t now_ns) {
    std::lock_guard lock{mutex_};
    since_ns_[node] = now_ns;
  }
  void found(node_id node) {
    std::lock_guard lock{mutex_};
    since_ns_.erase(node);
  }
  /// A copy: there are never many.
  std::map<node_id, std::int64_t> lately(std::int64_t now_ns) const {
    std::lock_guard lock{mutex_};
    auto all = since_ns_;
    std::erase_if(all, [now_ns](auto& entry) { return now_ns - entry.second > moment_ns; });
    return all;
  }

private:
  mutable std::mutex mutex_;
  std::map<node_id, std::int64_t> since_ns_;
};

using lost_peers_ptr = std::shared_ptr<lost_peers>;

} // namespace troupe
