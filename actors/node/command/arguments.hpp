// What the subcommands share of the command line: how options are declared, and those that several of them
// have.
#pragma once

#include "actors/node/command/kafka_client.hpp"
#include "actors/node/command/outcome.hpp"
#include "runtime/record/batch_format.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace troupe::command {

/// What the command line asks for: the subcommand that was named sets it.
using invocation = std::function<int(const streams&)>;

/// Adds a subcommand with its description, an example for --help, and the words on exit codes. `start` is
/// called once everything is parsed.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& example);

/// Options whose values are written with a unit: "64KiB", "30s".
CLI::Option* add_size(CLI::App& app, const std::string& name, std::int64_t& target,
                      const std::string& description);
CLI::Option* add_duration(CLI::App& app, const std::string& name, std::int64_t& target_ms,
                          const std::string& description);

/// The options of every command that talks to a node.
struct connection_arguments {
  std::vector<std::string> servers{"127.0.0.1:9092"};
  std::int64_t timeout_ms = 10'000;
  std::int64_t wait_ms = 0;

  void add_to(CLI::App& app);
  /// The addresses, or what is wrong with one.
  result<client_options> to_options() const;
};

/// Runs `body` with a client for the addresses that were given.
int with_client(const streams& to, const connection_arguments& arguments,
                const std::function<int(kafka_client&)>& body);

/// For CLI::CheckedTransformer.
const std::map<std::string, record::compression>& compressions_by_name();

void add_json_flag(CLI::App& app, bool& is_json, const std::string& what);
void add_progress_flag(CLI::App& app, bool& is_wanted);

} // namespace troupe::command
