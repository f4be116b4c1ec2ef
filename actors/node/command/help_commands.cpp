// troupe completion and troupe man: what shells and manuals know of the command line.
#include "actors/node/command/commands.hpp"
#include "actors/node/command/completion.hpp"
#include "actors/node/command/kafka_client.hpp"
#include "actors/node/command/manual.hpp"

#include <ostream>

namespace troupe::command {

namespace {

/// Whoever presses Tab does not wait for a node that is not there.
constexpr std::int64_t completion_timeout_ms = 400;

std::vector<std::string> topics_at(const std::vector<std::string>& servers) {
  connection_arguments arguments;
  if (auto* from_environment = std::getenv("TROUPE_SERVER"); from_environment && *from_environment)
    arguments.servers = CLI::detail::split(from_environment, ',');
  if (!servers.empty())
    arguments.servers = servers;
  arguments.timeout_ms = completion_timeout_ms;
  auto options = arguments.to_options();
  if (!options)
    return {};
  kafka_client client{std::move(*options)};
  auto topics = client.topics();
  std::vector<std::string> names;
  if (topics)
    for (auto& topic : *topics)
      names.push_back(topic.name);
  return names;
}

} // namespace

void add_help_commands(CLI::App& app, invocation& chosen) {
  auto* completion = add_command(
      app, "completion", "Print what a shell needs to complete commands, options and the names of topics.",
      "  source <(troupe completion bash)\n");
  completion->require_subcommand(1);
  auto* bash = add_command(*completion, "bash", "Print the completion for bash.",
                           "  troupe completion bash > ~/.local/share/bash-completion/completions/troupe\n");
  bash->callback([&chosen] {
    chosen = [](const streams& to) {
      to.out << bash_completion_script();
      return int{exit_done};
    };
  });
  auto* man = add_command(app, "man", "Print the manual page, for man(1) to show or to be installed as troupe.1.",
                          "  troupe man | man -l -\n");
  man->callback([&app, &chosen] {
    chosen = [&app](const streams& to) {
      to.out << manual_page(app, TROUPE_VERSION);
      return int{exit_done};
    };
  });
}

bool wants_candidates(const std::vector<std::string>& arguments) {
  return arguments.size() > 2 && arguments[0] == "completion" && arguments[1] == "candidates";
}

int print_candidates(const CLI::App& app, const std::vector<std::string>& arguments, const streams& to) {
  for (auto& candidate : complete(app, {arguments.begin() + 2, arguments.end()}, topics_at))
    to.out << candidate << '\n';
  to.out.flush();
  return exit_done;
}

} // namespace troupe::command
