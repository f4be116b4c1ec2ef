// Says once in a while what would otherwise be said at each of a thousand connections.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace troupe::peer {

/// For one thread. Remembers a bounded number of addresses and reasons.
class refusal_log {
public:
  static constexpr std::int64_t repeat_after_ns = 60'000'000'000;
  static constexpr std::size_t remembered_max = 256;

  /// Whether to say it now. `repeats` is how often it was not said since the last time.
  bool may_say(const std::string& who, const std::string& what, std::int64_t now_ns, std::uint64_t& repeats);

private:
  struct entry {
    std::int64_t said_ns = 0;
    std::uint64_t repeats = 0;
  };
  std::map<std::pair<std::string, std::string>, entry> entries_;
};

} // namespace troupe::peer
