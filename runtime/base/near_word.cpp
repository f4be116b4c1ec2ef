#include "runtime/base/near_word.hpp"

#include <algorithm>
#include <cstddef>

namespace troupe {

namespace {

/// People write "log.retention.ms" and "log_retention_ms".
char folded(char c) {
  if (c == '.' || c == '-')
    return '_';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j)
    cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto same = folded(a[i - 1]) == folded(b[j - 1]);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]))
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

} // namespace

std::string_view near_word(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  // A third of the letters may be wrong; a longer word that contains all of this one is near as well.
  constexpr std::size_t longest_word = 128;
  auto best_distance = std::max<std::size_t>(word.size() / 3, 2) + 1;
  if (word.size() > longest_word)
    return best;
  for (auto candidate : candidates) {
    auto distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  if (!best.empty() || word.size() < 4)
    return best;
  for (auto candidate : candidates)
    if (candidate.find(word) != std::string_view::npos)
      return candidate;
  return {};
}

} // namespace troupe
