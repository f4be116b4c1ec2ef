// troupe node: reads the configuration and runs a node.
#include "actors/node/command/cluster_file.hpp"
#include "actors/node/command/commands.hpp"
#include "actors/node/run_node.hpp"

#include <ostream>

namespace troupe::command {

namespace {

struct node_arguments {
  std::string file;
  config::topology_request request;
  bool only_checks = false;
};

/// The node of the file that is meant; null if that is not said.
const config::node_options* chosen_node(const config::topology& file, const std::string& name) {
  return name.empty() && file.nodes.size() == 1 ? &file.nodes.front() : file.find(name);
}

int run_node_command(const node_arguments& arguments, const streams& to) {
  auto file = load_cluster_file(arguments.file, arguments.request);
  if (!file) {
    report(to, file.error());
    return exit_usage;
  }
  report_warnings(to, *file);
  auto* options = chosen_node(*file, arguments.request.name);
  if (!options) {
    report(to, arguments.file + " describes several nodes: choose one with --name: " + file->names());
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
      "  troupe node --data /var/lib/troupe --listen 127.0.0.1:9092 --set log_retention_ms=36h\n"
      "  troupe node config/topologies/three-nodes.toml --name n2\n");
  node->add_option("FILE", arguments->file, "A configuration in TOML, such as config/topologies/single.toml");
  node->add_option("--name", arguments->request.name, "Which node of the file, where it describes several")
      ->type_name("NAME");
  auto& changes = arguments->request.changes;
  node->add_option("--data", changes.data_directory, "The data directory")->type_name("DIR");
  node->add_option(
          "--listen", changes.listeners,
          "Listen here and not where the file says; may be repeated. Beyond loopback: HOST:PORT,insecure")
      ->type_name("HOST:PORT[,insecure][,advertised=HOST:PORT]")
      ->allow_extra_args(false);
  node->add_option("--set", changes.settings, "Set one option of the node; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  node->add_flag("--check", arguments->only_checks, "Only read the configuration and say what is wrong");
  node->callback([arguments, &chosen] {
    chosen = [arguments](const streams& to) { return run_node_command(*arguments, to); };
  });
}

} // namespace troupe::command
