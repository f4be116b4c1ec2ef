// Who may use how much of a producer's memory. Pure.
//
// Three quarters are given out as credit, in equal shares to the senders that joined; the last quarter is open to records
// that nobody gave credit for. What is given out and what is in use never exceed the whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace troupe::client {

/// Names a sender; the id of its actor.
using sender_key = std::uint64_t;
constexpr sender_key no_sender = 0;

/// Which memory a record takes.
enum class account : std::uint8_t { credit, open };

class credit_ledger {
public:
  explicit credit_ledger(std::size_t memory_bytes);

  void join(sender_key sender);
  /// Its credit goes to others; what it has in use does so when it is given back.
  void leave(sender_key sender);

  /// False: nothing is taken. Credit can be spent once it has been announced.
  bool take_credit(sender_key from, std::size_t cost_bytes);
  /// What is larger than the whole quarter goes alone.
  bool take_open(std::size_t cost_bytes);
  void give_back(sender_key from, account to, std::size_t cost_bytes);

  /// Credit to be announced, in the order in which it was given.
  std::vector<std::pair<sender_key, std::size_t>> take_grants() { return std::exchange(grants_, {}); }
  /// The sender is told now; before, it may not spend it.
  void announced(sender_key to, std::size_t credit_bytes);

  std::size_t used_bytes() const noexcept { return credit_used_ + open_used_; }
  std::size_t joined() const noexcept { return senders_.size(); }

private:
  struct share {
    std::size_t promised = 0; ///< and not yet announced
    std::size_t unspent = 0;
    std::size_t in_use = 0;
    bool waits = false; ///< is in waiting_

    std::size_t held() const noexcept { return promised + unspent + in_use; }
  };

  std::size_t fair_share() const noexcept;
  void want(sender_key sender, share& of);
  void distribute();

  std::size_t credit_total_;
  std::size_t open_total_;
  std::size_t free_credit_;
  std::size_t credit_used_ = 0;
  std::size_t open_used_ = 0;
  std::map<sender_key, share> senders_;
  std::deque<sender_key> waiting_; ///< for their share, first come, first served
  std::vector<std::pair<sender_key, std::size_t>> grants_;
};

} // namespace troupe::client
