#include "actors/peer/seed_search.hpp"

#include "actors/peer/socket_address.hpp"

#include <algorithm>

namespace troupe::peer {

void seed_search::want(std::vector<seed_address> seeds, std::int64_t now_ms) {
  auto is_same = [](const seed& known, const seed_address& wanted) { return known.where == wanted; };
  if (std::equal(seeds_.begin(), seeds_.end(), seeds.begin(), seeds.end(), is_same))
    return;
  seeds_.clear();
  for (auto& one : seeds)
    seeds_.push_back({std::move(one), {}});
  at_ = 0;
  since_ms_ = told_ms_ = now_ms;
}

bool seed_search::failed(std::string why) {
  seeds_[at_].why = std::move(why);
  at_ = (at_ + 1) % seeds_.size();
  return at_ == 0;
}

void seed_search::answered() {
  seeds_[at_].why.clear();
  at_ = (at_ + 1) % seeds_.size();
}

std::string seed_search::report(std::int64_t now_ms) {
  auto silent = std::none_of(seeds_.begin(), seeds_.end(), [](auto& one) { return one.why.empty(); });
  if (seeds_.empty() || !silent || now_ms - told_ms_ < report_after_ms)
    return {};
  told_ms_ = now_ms;
  auto text = "no seed has let this node in for " + std::to_string((now_ms - since_ms_) / 1'000) + " s; it tries on. Tried:";
  for (auto& one : seeds_)
    text += (&one == &seeds_.front() ? " " : "; ") + to_string(one.where.host, one.where.port) + ": " + one.why;
  return text;
}

} // namespace troupe::peer
