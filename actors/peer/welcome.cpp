#include "actors/peer/welcome.hpp"

#include <utility>

namespace troupe::peer {

void welcome::let_in() {
  std::lock_guard lock{mutex_};
  let_in_ = true;
}

void welcome::turned_away(node_id by, std::string why, std::int64_t now_ms) {
  std::lock_guard lock{mutex_};
  auto [known, is_new] = refusals_.try_emplace(by, refusal{now_ms, {}});
  known->second.why = std::move(why);
}

void welcome::not_reached(node_id which) {
  std::lock_guard lock{mutex_};
  refusals_.erase(which);
}

bool welcome::is_let_in() const {
  std::lock_guard lock{mutex_};
  return let_in_;
}

std::string welcome::verdict(std::size_t others, std::int64_t patience_ms, std::int64_t now_ms) const {
  std::lock_guard lock{mutex_};
  std::size_t count = 0;
  const refusal* first = nullptr;
  for (auto& [node, one] : refusals_)
    if (now_ms - one.since_ms >= patience_ms && count++ == 0)
      first = &one;
  if (let_in_ || 2 * count <= others)
    return {};
  return std::to_string(count) + " of " + std::to_string(others) + " other nodes refuse this one; the first of them: "
         + first->why;
}

} // namespace troupe::peer
