// troupe up
#include "actors/node/command/cluster_file.hpp"
#include "actors/node/command/commands.hpp"
#include "actors/node/command/up/run_cluster.hpp"

#include <algorithm>

namespace troupe::command {

namespace {

struct up_arguments {
  std::string file;
  std::vector<std::string> nodes;
  std::string data;
  bool only_once = false;
  bool is_plain = false;
};

/// What is wrong with a name in --nodes.
std::string unknown_node(const std::string& name, const config::topology& file) {
  return "there is no node '" + name + "' in the file: there " + (file.nodes.size() == 1 ? "is only " : "are ")
         + file.names();
}

int bring_up(const up_arguments& arguments, const streams& to) {
  config::topology_request request;
  request.data_base = arguments.data;
  auto file = load_cluster_file(arguments.file, request);
  if (!file) {
    report(to, file.error());
    return exit_usage;
  }
  report_warnings(to, *file);
  for (auto& name : arguments.nodes)
    if (!file->find(name)) {
      report(to, unknown_node(name, *file));
      return exit_usage;
    }
  cluster_run run{arguments.file, {}, file->topics, !arguments.data.empty(), arguments.only_once, arguments.is_plain};
  for (auto& node : file->nodes)
    if (arguments.nodes.empty()
        || std::find(arguments.nodes.begin(), arguments.nodes.end(), node.name) != arguments.nodes.end())
      run.nodes.push_back(node);
  return run_cluster(run, to);
}

} // namespace

void add_up_command(CLI::App& app, invocation& chosen) {
  auto arguments = std::make_shared<up_arguments>();
  auto* up = add_command(
      app, "up",
      "Run the whole cluster that a file describes on this machine, each node a process of its own, until\n"
      "SIGTERM or SIGINT; a second one kills. Nodes that die are started again. Each writes to the file `log`\n"
      "in its data directory. Topics of the file are made once the cluster answers.\n"
      "Gives 0 only if all nodes came up and stopped in order.",
      "  troupe up config/topologies/three-nodes.toml --data /tmp/cluster\n");
  up->add_option("FILE", arguments->file, "A configuration in TOML, such as config/topologies/three-nodes.toml")
      ->required();
  up->add_option("--nodes", arguments->nodes, "Only these nodes of the file, with commas between")->delimiter(',')->type_name("NAME")
      ->allow_extra_args(false);
  up->add_option("--data", arguments->data, "The data of each node goes to DIR/NAME, whatever the file says")
      ->type_name("DIR");
  up->add_flag("--once", arguments->only_once, "Start each node once: one that ends is not started again");
  up->add_flag("--plain", arguments->is_plain, "A line for each event, without a table, also on a terminal");
  up->callback([arguments, &chosen] {
    chosen = [arguments](const streams& to) { return bring_up(*arguments, to); };
  });
}

} // namespace troupe::command
