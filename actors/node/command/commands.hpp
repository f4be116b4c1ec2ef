// The subcommands, one file each. Each adds itself to the command line and says what to run when it is named.
#pragma once

#include "actors/node/command/arguments.hpp"

namespace troupe::command {

void add_node_command(CLI::App& app, invocation& chosen);
void add_topic_commands(CLI::App& app, invocation& chosen);
void add_produce_command(CLI::App& app, invocation& chosen);
void add_consume_command(CLI::App& app, invocation& chosen);
void add_log_commands(CLI::App& app, invocation& chosen);
void add_bench_commands(CLI::App& app, invocation& chosen);

} // namespace troupe::command
