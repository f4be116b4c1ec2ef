// For messages about names that nobody knows: which one was probably meant.
#pragma once

#include <string_view>
#include <vector>

namespace troupe {

/// The candidate that `word` was probably meant to be, or nothing if none is near. Upper and lower case,
/// dots, dashes and underscores are no difference. The first one of those that are equally near.
std::string_view near_word(std::string_view word, const std::vector<std::string_view>& candidates);

} // namespace troupe
