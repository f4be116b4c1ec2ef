// The subcommands, one file each. Each adds itself to the command line and says what to run when it is named.
#pragma once

#include "actors/node/command/arguments.hpp"

namespace troupe::command {

void add_node_command(CLI::App& app, invocation& chosen);
void add_up_command(CLI::App& app, invocation& chosen);
void add_cluster_commands(CLI::App& app, invocation& chosen);
void add_topic_commands(CLI::App& app, invocation& chosen);
void add_produce_command(CLI::App& app, invocation& chosen);
void add_consume_command(CLI::App& app, invocation& chosen);
void add_log_commands(CLI::App& app, invocation& chosen);
void add_bench_commands(CLI::App& app, invocation& chosen);
void add_cert_commands(CLI::App& app, invocation& chosen);
void add_config_commands(CLI::App& app, invocation& chosen);
void add_status_command(CLI::App& app, invocation& chosen);
void add_help_commands(CLI::App& app, invocation& chosen);
/// All of these.
void add_all_commands(CLI::App& app, invocation& chosen);

/// `troupe completion candidates WORD...` is for the shell only, takes words as they come, half options too, and is
/// not parsed as a command: these find and do it.
bool wants_candidates(const std::vector<std::string>& arguments);
int print_candidates(const CLI::App& app, const std::vector<std::string>& arguments, const streams& to);

} // namespace troupe::command
