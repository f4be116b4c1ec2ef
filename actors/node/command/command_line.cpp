#include "actors/node/command/command_line.hpp"

#include "actors/node/command/commands.hpp"

#include <algorithm>
#include <ostream>

namespace troupe::command {

namespace {

constexpr std::string_view about_help = "\n`troupe COMMAND --help` tells more, with an example. ";

/// The subcommand that the arguments name, as far as they do.
const CLI::App* named_command(const CLI::App& app) {
  auto chosen = app.get_subcommands();
  return chosen.empty() ? &app : named_command(*chosen.front());
}

} // namespace

void add_all_commands(CLI::App& app, invocation& chosen) {
  add_node_command(app, chosen);
  add_up_command(app, chosen);
  add_cluster_commands(app, chosen);
  add_status_command(app, chosen);
  add_topic_commands(app, chosen);
  add_produce_command(app, chosen);
  add_consume_command(app, chosen);
  add_config_commands(app, chosen);
  add_cert_commands(app, chosen);
  add_log_commands(app, chosen);
  add_bench_commands(app, chosen);
  add_help_commands(app, chosen);
}

const std::string_view first_steps =
    R"(  troupe node                                  a node with its data in ./troupe-data, for Kafka clients on 127.0.0.1:9092
  troupe topic create greetings                then, in another terminal
  echo hello | troupe produce greetings
  troupe consume greetings --from beginning --until-end
  troupe status                                what the node has, and whether all is well
  troupe up config/topologies/three-nodes.toml a cluster of three nodes, with a table of how they are
)";

int run_command_line(std::vector<std::string> arguments, const streams& to) {
  CLI::App app{"Troupe: an event-streaming platform for Kafka clients and for actors.", "troupe"};
  app.footer("First steps:\n" + std::string{first_steps} + std::string{about_help} + std::string{exit_status_words});
  app.set_version_flag("--version", "troupe " TROUPE_VERSION);
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default(false);
  invocation chosen;
  add_all_commands(app, chosen);
  if (wants_candidates(arguments))
    return print_candidates(app, arguments, to);
  // CLI11 takes them from the back.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::Success& asked) {
    app.exit(asked, to.out, to.err);
    return exit_done;
  } catch (const CLI::ParseError& wrong) {
    auto& command = *named_command(app);
    to.err << full_name(command) << ": " << wrong.what() << "\nTry `" << full_name(command) << " --help`."
           << std::endl;
    return exit_usage;
  }
  auto code = chosen(to);
  to.out.flush();
  return code;
}

} // namespace troupe::command
