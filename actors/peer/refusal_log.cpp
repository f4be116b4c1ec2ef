#include "actors/peer/refusal_log.hpp"

namespace troupe::peer {

bool refusal_log::may_say(const std::string& who, const std::string& what, std::int64_t now_ns,
                          std::uint64_t& repeats) {
  repeats = 0;
  auto found = entries_.find({who, what});
  if (found == entries_.end()) {
    if (entries_.size() >= remembered_max)
      std::erase_if(entries_, [&](auto& one) { return now_ns - one.second.said_ns >= repeat_after_ns; });
    if (entries_.size() >= remembered_max)
      return false;
    entries_.emplace(std::pair{who, what}, entry{now_ns, 0});
    return true;
  }
  auto& known = found->second;
  if (now_ns - known.said_ns < repeat_after_ns) {
    ++known.repeats;
    return false;
  }
  repeats = std::exchange(known.repeats, 0);
  known.said_ns = now_ns;
  return true;
}

} // namespace troupe::peer
