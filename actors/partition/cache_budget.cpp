#include "actors/partition/cache_budget.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// Looking for who gives back costs a walk over all partitions: so much more than is needed is asked for.
constexpr std::int64_t slack_part = 32;

} // namespace

cache_budget::share_ptr cache_budget::join(caf::actor_addr owner) {
  auto mine = std::make_shared<share>();
  mine->owner = std::move(owner);
  std::lock_guard lock{mutex_};
  shares_.push_back(mine);
  return mine;
}

void cache_budget::leave(const share_ptr& leaving) {
  set(*leaving, 0);
  std::lock_guard lock{mutex_};
  std::erase(shares_, leaving);
}

std::int64_t cache_budget::set(share& mine, std::int64_t held_bytes) {
  auto change = held_bytes - mine.held_bytes.exchange(held_bytes, std::memory_order_relaxed);
  return used_bytes_.fetch_add(change, std::memory_order_relaxed) + change;
}

std::vector<cache_budget::demand> cache_budget::hold(share& mine, std::int64_t held_bytes) {
  auto excess = set(mine, held_bytes) - limit_bytes_;
  if (excess <= 0)
    return {};
  std::lock_guard lock{mutex_};
  struct candidate {
    std::int64_t used_at_ns;
    std::size_t place;
  };
  std::vector<candidate> candidates;
  for (std::size_t i = 0; i < shares_.size(); ++i)
    if (shares_[i]->held_bytes.load(std::memory_order_relaxed) > 0)
      candidates.push_back({shares_[i]->used_at_ns.load(std::memory_order_relaxed), i});
  // Usually a few of thousands are enough: a heap, not a sort.
  auto used_later = [](const candidate& a, const candidate& b) {
    return a.used_at_ns != b.used_at_ns ? a.used_at_ns > b.used_at_ns : a.place > b.place;
  };
  std::make_heap(candidates.begin(), candidates.end(), used_later);
  std::vector<demand> demands;
  auto wanted = excess + limit_bytes_ / slack_part;
  for (; wanted > 0 && !candidates.empty(); candidates.pop_back()) {
    std::pop_heap(candidates.begin(), candidates.end(), used_later);
    auto& from = *shares_[candidates.back().place];
    auto has = from.held_bytes.load(std::memory_order_relaxed);
    auto part = std::min(has, wanted);
    // Counted as given back at once, so that nobody is asked twice; what it then really holds it says itself.
    set(from, has - part);
    demands.push_back({from.owner, part});
    wanted -= part;
  }
  return demands;
}

} // namespace troupe
