#include "actors/client/credit_ledger.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/limits.hpp"

#include <algorithm>

namespace troupe::client {

namespace {

/// Shares are not made smaller, however many senders there are: the others wait for their turn.
constexpr std::size_t share_min_bytes = 16 * limits::kib;

} // namespace

credit_ledger::credit_ledger(std::size_t memory_bytes)
    : credit_total_(memory_bytes / 4 * 3), open_total_(memory_bytes - credit_total_), free_credit_(credit_total_) {}

std::size_t credit_ledger::fair_share() const noexcept {
  auto share = credit_total_ / std::max<std::size_t>(senders_.size(), 1);
  return std::min(std::max(share, share_min_bytes), credit_total_);
}

void credit_ledger::join(sender_key sender) {
  auto [known, is_new] = senders_.try_emplace(sender);
  if (is_new)
    want(sender, known->second);
  distribute();
}

void credit_ledger::leave(sender_key sender) {
  auto found = senders_.find(sender);
  if (found == senders_.end())
    return;
  free_credit_ += found->second.promised + found->second.unspent;
  senders_.erase(found);
  distribute();
}

bool credit_ledger::take_credit(sender_key from, std::size_t cost_bytes) {
  auto found = senders_.find(from);
  if (found == senders_.end() || found->second.unspent < cost_bytes)
    return false;
  found->second.unspent -= cost_bytes;
  found->second.in_use += cost_bytes;
  credit_used_ += cost_bytes;
  return true;
}

bool credit_ledger::take_open(std::size_t cost_bytes) {
  if (open_used_ > 0 && open_used_ + cost_bytes > open_total_)
    return false;
  open_used_ += cost_bytes;
  return true;
}

void credit_ledger::announced(sender_key to, std::size_t credit_bytes) {
  auto found = senders_.find(to);
  if (found == senders_.end())
    return;
  // It may have left and joined again in between.
  auto told = std::min(credit_bytes, found->second.promised);
  found->second.promised -= told;
  found->second.unspent += told;
}

void credit_ledger::give_back(sender_key from, account to, std::size_t cost_bytes) {
  if (to == account::open) {
    CHECK(open_used_ >= cost_bytes, "no more is given back than was taken");
    open_used_ -= cost_bytes;
    return;
  }
  CHECK(credit_used_ >= cost_bytes, "no more is given back than was taken");
  credit_used_ -= cost_bytes;
  free_credit_ += cost_bytes;
  if (auto found = senders_.find(from); found != senders_.end() && found->second.in_use >= cost_bytes) {
    found->second.in_use -= cost_bytes;
    want(from, found->second);
  }
  distribute();
}

void credit_ledger::want(sender_key sender, share& of) {
  if (!std::exchange(of.waits, true))
    waiting_.push_back(sender);
}

void credit_ledger::distribute() {
  auto target = fair_share();
  // Whoever waits is looked at once: who gets less than all of its share goes on waiting, in its place.
  while (!waiting_.empty()) {
    auto found = senders_.find(waiting_.front());
    if (found == senders_.end()) {
      waiting_.pop_front();
      continue;
    }
    auto& share = found->second;
    auto missing = target - std::min(target, share.held());
    auto given = std::min(missing, free_credit_);
    if (given > 0) {
      free_credit_ -= given;
      share.promised += given;
      if (!grants_.empty() && grants_.back().first == found->first)
        grants_.back().second += given;
      else
        grants_.emplace_back(found->first, given);
    }
    if (given < missing)
      return;
    share.waits = false;
    waiting_.pop_front();
  }
}

} // namespace troupe::client
