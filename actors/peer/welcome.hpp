// Whether the other nodes of the cluster want this one at all. A node whose data belong to another cluster, or whose id is
// another process's, is refused by all of them, for ever: it had better say so and end than dial on.
#pragma once

#include "runtime/base/types.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace troupe::peer {

/// What came of dialing the others; one for the node, any thread. Times are of the monotonic clock.
class welcome {
public:
  /// This node was let in, or let another one in: it is one of them, whatever is said later.
  void let_in();
  /// The other node was reached, and does not want this one; `why` is a sentence.
  void turned_away(node_id by, std::string why, std::int64_t now_ms);
  /// It was not reached, or said nothing of that.
  void not_reached(node_id which);

  bool is_let_in() const;
  /// Why this node will never be one of them: more than half of the `others` have refused it for `patience_ms` now, and none
  /// ever let it in. So long may the death of an earlier process of this node remain unknown. Empty: it may be.
  std::string verdict(std::size_t others, std::int64_t patience_ms, std::int64_t now_ms) const;

private:
  struct refusal {
    std::int64_t since_ms = 0;
    std::string why;
  };

  mutable std::mutex mutex_;
  bool let_in_ = false;
  std::map<node_id, refusal> refusals_;
};

using welcome_ptr = std::shared_ptr<welcome>;

} // namespace troupe::peer
