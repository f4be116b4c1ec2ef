// TOML with every mistake in it, not only the first: a line that cannot be read is left out and the rest
// tried again.
#pragma once

#include "config/mistake.hpp"

#include <string>
#include <string_view>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace troupe::config {

struct toml_text {
  /// What could be read.
  toml::table table;
  mistakes found;
};

toml_text parse_toml(std::string_view text, const std::string& source);

} // namespace troupe::config
