// How a command ends, and where it writes to.
#pragma once

#include "runtime/base/error.hpp"

#include <iosfwd>
#include <string>

namespace troupe::command {

/// The exit codes of every command; written down in every --help.
enum exit_code : int { exit_done = 0, exit_failed = 1, exit_usage = 2 };

struct streams {
  std::ostream& out;
  std::ostream& err;
};

/// The sentence for a person: the detail, which is one, or what the code says.
std::string sentence_of(const error& problem);

/// Prints "troupe: SENTENCE" to the error stream; gives exit_failed.
int report(const streams& to, const std::string& sentence);
int report(const streams& to, const error& problem);

} // namespace troupe::command
