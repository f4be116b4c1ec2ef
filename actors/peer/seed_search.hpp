// Which seed is tried next, and what there is to say of those that do not answer. Knows no socket and no clock.
#pragma once

#include "actors/interface/peer_messages.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::peer {

/// One seed after the other, round after round.
class seed_search {
public:
  static constexpr std::int64_t report_after_ms = 5'000; ///< again after as long

  /// Begins anew if these are others than before; none: nobody is looked for.
  void want(std::vector<seed_address> seeds, std::int64_t now_ms);

  bool is_on() const { return !seeds_.empty(); }
  const seed_address& current() const { return seeds_[at_].where; }
  std::size_t place() const { return at_; }
  /// The current one did not lead to a connection, `why` not. True: all of them were tried, and it is time for a rest.
  bool failed(std::string why);
  /// The current one has answered: it is the next one's turn, should nothing come of it.
  void answered();
  /// What to tell people, once in a while, when nobody has answered for long: all that was tried. Empty: nothing.
  std::string report(std::int64_t now_ms);

private:
  struct seed {
    seed_address where;
    std::string why;
  };
  std::vector<seed> seeds_;
  std::size_t at_ = 0;
  std::int64_t since_ms_ = 0;
  std::int64_t told_ms_ = 0;
};

} // namespace troupe::peer
