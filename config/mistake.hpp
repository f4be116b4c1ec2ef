// What is wrong in a configuration, in words that say where it is and what to write instead.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace troupe::config {

/// Where a value was written: a file with line and column, counted from 1, or an option of the command line.
struct place {
  std::string source;
  unsigned line = 0;
  unsigned column = 0;
};

struct mistake {
  place where;
  std::string what; // "unknown key 'prot'"
  std::string hint; // "did you mean 'port'?"

  /// "unknown key 'prot' at line 3, column 1 of node.toml: did you mean 'port'?"
  std::string message() const;
};

/// Never empty when it is an error.
using mistakes = std::vector<mistake>;

template <class T>
using checked = tl::expected<T, mistakes>;

inline tl::unexpected<mistakes> refuse(mistake only) { return tl::unexpected(mistakes(1, std::move(only))); }

/// The candidate that `word` was probably meant to be, or nothing if none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// "did you mean 'x'?", or where to find the keys there are.
std::string suggestion(std::string_view word, const std::vector<std::string_view>& candidates);

} // namespace troupe::config
