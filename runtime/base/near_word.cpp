#include "runtime/base/near_word.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace troupe {

namespace {

/// People write "log.retention.ms" and "log_retention_ms".
char folded(char c) {
  if (c == '.' || c == '-')
    return '_';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr std::size_t longest_word = 128;

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other, both of
/// which have at most longest_word letters. Strangers may ask, and often: it takes no memory.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  using row = std::array<std::size_t, longest_word + 1>;
  row rows[3]; // those of the letter before the last one, of the last one, and of this one
  auto *before = &rows[0], *last = &rows[1], *now = &rows[2];
  for (std::size_t j = 0; j <= b.size(); ++j)
    (*now)[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, last);
    std::swap(last, now);
    (*now)[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto same = folded(a[i - 1]) == folded(b[j - 1]);
      auto cost = std::min({(*last)[j] + 1, (*now)[j - 1] + 1, (*last)[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]))
        cost = std::min(cost, (*before)[j - 2] + 1);
      (*now)[j] = cost;
    }
  }
  return (*now)[b.size()];
}

} // namespace

std::string_view near_word(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  // A third of the letters may be wrong; a longer word that contains all of this one is near as well.
  auto best_distance = std::max<std::size_t>(word.size() / 3, 2) + 1;
  if (word.size() > longest_word)
    return best;
  for (auto candidate : candidates) {
    auto longer = std::max(word.size(), candidate.size());
    if (longer > longest_word || longer - std::min(word.size(), candidate.size()) >= best_distance)
      continue;
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
