// troupe node: reads the configuration and runs a node.
#include "actors/node/command/commands.hpp"
#include "actors/node/run_node.hpp"
#include "config/load.hpp"

#include <ostream>

namespace troupe::command {

namespace {

struct node_arguments {
  std::string file;
  config::overrides changes;
  bool only_checks = false;
};

int run_node_command(const node_arguments& arguments, const streams& to) {
  auto options = config::load_node_options(arguments.file, arguments.changes);
  if (!options) {
    for (auto& wrong : options.error())
      report(to, wrong.message());
    return exit_usage;
  }
  if (arguments.only_checks) {
    to.out << "The configuration is good.\n";
    return exit_done;
  }
  to.out.flush();
  return run_node(*options);
}

} // namespace

void add_node_command(CLI::App& app, invocation& chosen) {
  auto arguments = std::make_shared<node_arguments>();
  auto* node = add_command(
      app, "node",
      "Run a node until SIGTERM or SIGINT. Without a FILE everything has its default: data in\n"
      "./troupe-data, Kafka clients on 127.0.0.1:9092. `troupe config list` tells all options.",
      "  troupe node --data /var/lib/troupe --listen 127.0.0.1:9092 --set log_retention_ms=36h\n");
  node->add_option("FILE", arguments->file, "A configuration in TOML, such as config/topologies/single.toml");
  node->add_option("--data", arguments->changes.data_directory, "The data directory")->type_name("DIR");
  node->add_option(
          "--listen", arguments->changes.listeners,
          "Listen here and not where the file says; may be repeated. Beyond loopback: HOST:PORT,insecure")
      ->type_name("HOST:PORT[,insecure][,advertised=HOST:PORT]")
      ->allow_extra_args(false);
  node->add_option("--set", arguments->changes.settings, "Set one option of the node; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  node->add_flag("--check", arguments->only_checks, "Only read the configuration and say what is wrong");
  node->callback([arguments, &chosen] {
    chosen = [arguments](const streams& to) { return run_node_command(*arguments, to); };
  });
}

} // namespace troupe::command
