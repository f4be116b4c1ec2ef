// troupe cluster status
#include "actors/node/command/cluster_view.hpp"
#include "actors/node/command/commands.hpp"

#include <ostream>

namespace troupe::command {

namespace {

struct cluster_arguments {
  connection_arguments connection;
  bool is_json = false;
};

int show_cluster(const cluster_arguments& arguments, const streams& to, kafka_client& client) {
  auto view = look_at_everything(client);
  if (!view)
    return report(to, view.error());
  if (arguments.is_json)
    to.out << view_as_json(*view) << '\n';
  else
    to.out << view_as_text(*view);
  return is_led(*view) ? exit_done : exit_failed;
}

} // namespace

void add_cluster_commands(CLI::App& app, invocation& chosen) {
  auto* cluster = add_command(app, "cluster", "Look at a cluster as a whole.", "  troupe cluster status\n");
  cluster->require_subcommand(1);
  auto arguments = std::make_shared<cluster_arguments>();
  auto* status = add_command(
      *cluster, "status",
      "Show the quorum of controllers, the brokers, and partitions without a leader, with fewer replicas in\n"
      "sync than acks=all needs, or with fewer than they should have. Fails if something has no leader.",
      "  troupe cluster status --server 127.0.0.1:9092,127.0.0.1:9093 --json\n");
  arguments->connection.add_to(*status);
  add_json_flag(*status, arguments->is_json, "One JSON object");
  status->callback([arguments, &chosen] {
    chosen = [arguments](const streams& to) {
      return with_client(to, arguments->connection,
                         [&](kafka_client& client) { return show_cluster(*arguments, to, client); });
    };
  });
}

} // namespace troupe::command
