#include "actors/node/command/command_line.hpp"

#include "actors/node/command/commands.hpp"

#include <algorithm>
#include <ostream>

namespace troupe::command {

namespace {

constexpr auto overview = R"(First steps:
  troupe node                                  a node with its data in ./troupe-data, for Kafka clients on 127.0.0.1:9092
  troupe topic create greetings                then, in another terminal
  echo hello | troupe produce greetings
  troupe consume greetings --from beginning --until-end

`troupe COMMAND --help` tells more, with an example. Exit status: 0 done, 1 failed, 2 wrong usage.)";

/// The subcommand that the arguments name, as far as they do.
const CLI::App* named_command(const CLI::App& app) {
  auto chosen = app.get_subcommands();
  return chosen.empty() ? &app : named_command(*chosen.front());
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() ? full_name(*app.get_parent()) + ' ' + app.get_name() : app.get_name();
}

} // namespace

int run_command_line(std::vector<std::string> arguments, const streams& to) {
  CLI::App app{"Troupe: an event-streaming platform for Kafka clients and for actors.", "troupe"};
  app.footer(overview);
  app.set_version_flag("--version", "troupe " TROUPE_VERSION);
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default(false);
  invocation chosen;
  add_node_command(app, chosen);
  add_topic_commands(app, chosen);
  add_produce_command(app, chosen);
  add_consume_command(app, chosen);
  add_log_commands(app, chosen);
  add_bench_commands(app, chosen);
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
