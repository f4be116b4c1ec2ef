#include "config/mistake.hpp"

#include "runtime/base/near_word.hpp"

namespace troupe::config {

std::string mistake::message() const {
  auto text = what;
  if (where.line > 0)
    text += " at line " + std::to_string(where.line) + ", column " + std::to_string(where.column);
  if (!where.source.empty())
    text += (where.line > 0 ? " of " : " in ") + where.source;
  if (!hint.empty())
    text += ": " + hint;
  return text;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  return near_word(word, candidates);
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (auto near = nearest(word, candidates); !near.empty())
    return "did you mean '" + std::string{near} + "'?";
  return "`troupe config list` lists all of them";
}

} // namespace troupe::config
