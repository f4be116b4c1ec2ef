#include "runtime/replication/token_bucket.hpp"

#include <algorithm>

namespace troupe::replication {

namespace {

constexpr double ns_per_second = 1e9;

} // namespace

void token_bucket::set_rate(std::int64_t bytes_per_second, std::int64_t now_ns) {
  auto owed_ns = std::max<std::int64_t>(free_at_ns_ - now_ns, 0);
  auto owed_bytes = static_cast<double>(owed_ns) * static_cast<double>(bytes_per_second_) / ns_per_second;
  bytes_per_second_ = std::max<std::int64_t>(bytes_per_second, 1);
  owe(owed_bytes, now_ns, now_ns);
}

void token_bucket::pay(std::int64_t size_bytes, std::int64_t now_ns) {
  owe(static_cast<double>(size_bytes), std::max(free_at_ns_, now_ns), now_ns);
}

void token_bucket::owe(double bytes, std::int64_t from_ns, std::int64_t now_ns) {
  auto wait_ns = bytes * ns_per_second / static_cast<double>(bytes_per_second_);
  auto most_ns = now_ns + longest_wait_ns - from_ns;
  free_at_ns_ = from_ns + static_cast<std::int64_t>(std::min(wait_ns, static_cast<double>(most_ns)));
}

} // namespace troupe::replication
