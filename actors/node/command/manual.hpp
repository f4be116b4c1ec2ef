// The manual page troupe(1), made of the texts of --help.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace troupe::command {

/// For man(7): every command with its options and its example, exit status, environment, files and the options of a
/// configuration.
std::string manual_page(const CLI::App& program, const std::string& version);

} // namespace troupe::command
