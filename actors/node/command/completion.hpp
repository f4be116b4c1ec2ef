// What can stand in a place on the command line: for shells that complete words.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::command {

/// Instead of candidates: the shell completes names of files by itself.
constexpr std::string_view complete_files = ":files";

/// The names of all topics of the nodes at these addresses, or nothing. Must not take longer than a person waits.
using topic_source = std::function<std::vector<std::string>(const std::vector<std::string>& servers)>;

/// What the last of `words` can become; the others stand before it, without the program's name. Sorted: subcommands,
/// options, words that an option takes, names of topics. Candidates that end in '=' want a value behind it.
std::vector<std::string> complete(const CLI::App& program, const std::vector<std::string>& words,
                                  const topic_source& topics);

/// The function for bash, which asks `troupe completion candidates WORD...` each time.
std::string_view bash_completion_script() noexcept;

} // namespace troupe::command
