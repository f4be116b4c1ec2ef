// Plays a scenario: a text of commands, each followed by what it is to print. Format of a file:
//
//   # a comment; the first ones tell the story
//   > command arguments
//   what it prints, up to an empty line, a comment or the next command
//
// With TROUPE_RECORD=1 in the environment the file is rewritten with what was printed: look at the difference
// before it is kept.
#pragma once

#include <string>

namespace troupe::raft {

/// The text with every command's output as it is now. Unknown commands print an error.
std::string play_scenario(const std::string& text);

} // namespace troupe::raft
