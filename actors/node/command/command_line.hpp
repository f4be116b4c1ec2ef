// The command `troupe`: parses its arguments and runs the subcommand that they name.
#pragma once

#include "actors/node/command/outcome.hpp"

#include <string>
#include <vector>

namespace troupe::command {

/// Gives the exit code: 0 done, 1 failed, 2 wrong usage. The arguments are those behind the program's name.
int run_command_line(std::vector<std::string> arguments, const streams& to);

} // namespace troupe::command
