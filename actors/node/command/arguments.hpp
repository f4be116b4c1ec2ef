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
#include <string_view>

namespace troupe::command {

/// What the command line asks for: the subcommand that was named sets it.
using invocation = std::function<int(const streams&)>;

/// At the end of every --help.
constexpr std::string_view exit_status_words = "Exit status: 0 done, 1 failed, 2 wrong usage.";

/// The beginning of what `troupe --help` teaches.
extern const std::string_view first_steps;

/// Adds a subcommand with its description, an example for --help, and the words on exit codes. `start` is
/// called once everything is parsed.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& example);

/// "troupe topic create"
std::string full_name(const CLI::App& app);

/// Options whose values are written with a unit: "64KiB", "30s".
CLI::Option* add_size(CLI::App& app, const std::string& name, std::int64_t& target,
                      const std::string& description, std::int64_t least = 0);
CLI::Option* add_duration(CLI::App& app, const std::string& name, std::int64_t& target_ms,
                          const std::string& description);

/// An option that takes one of a few words; `choices` must outlive the command line.
template <class T>
CLI::Option* add_choice(CLI::App& app, const std::string& names, T& target, const std::map<std::string, T>& choices,
                        const std::string& description) {
  auto set = [&target, &choices, name = names.substr(names.rfind(',') + 1)](const std::string& word) {
    auto found = choices.find(word);
    if (found == choices.end()) {
      std::string known;
      for (auto& [choice, value] : choices)
        known += (known.empty() ? "" : ", ") + choice;
      throw CLI::ValidationError(name, "'" + word + "' is none of " + known);
    }
    target = found->second;
  };
  return app.add_option_function<std::string>(names, set, description);
}

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

/// For add_choice.
const std::map<std::string, record::compression>& compressions_by_name();
/// "all" (or -1), "1" and "0".
const std::map<std::string, std::int16_t>& acks_by_name();

void add_json_flag(CLI::App& app, bool& is_json, const std::string& what);
void add_progress_flag(CLI::App& app, bool& is_wanted);

} // namespace troupe::command
