// troupe cluster status, add-controller, remove-controller
#include "actors/node/command/cluster_view.hpp"
#include "actors/node/command/commands.hpp"
#include "runtime/wire/raft_voters.hpp"

#include <ostream>

namespace troupe::command {

namespace {

struct cluster_arguments {
  connection_arguments connection;
  bool is_json = false;
  std::int32_t node = 0;
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

constexpr std::int32_t change_timeout_ms = 5'000;

/// Prints what was done, or why not.
template <class Response>
int tell(const cluster_arguments& arguments, const streams& to, const result<Response>& answer,
         const char* done) {
  if (!answer)
    return report(to, answer.error());
  if (answer->error_code != 0)
    return report(to, describe(answer->error_code, answer->error_message));
  to.out << "node " << arguments.node << done << '\n';
  return exit_done;
}

// Asked a second time because the first answer was lost, the cluster says that it is so already: true, and no
// harm done.
int add_controller(const cluster_arguments& arguments, const streams& to, kafka_client& client) {
  wire::add_raft_voter_request request;
  request.timeout_ms = change_timeout_ms;
  request.voter_id = arguments.node;
  return tell(arguments, to, client.call_any<wire::add_raft_voter_response>(request),
              " votes in the quorum now");
}

int remove_controller(const cluster_arguments& arguments, const streams& to, kafka_client& client) {
  wire::remove_raft_voter_request request;
  request.voter_id = arguments.node;
  return tell(arguments, to, client.call_any<wire::remove_raft_voter_response>(request),
              " does not vote any more; it follows the log as an observer");
}

using change_action = int (*)(const cluster_arguments&, const streams&, kafka_client&);

void add_change(CLI::App& cluster, invocation& chosen, const char* name, const char* description,
                change_action action) {
  auto arguments = std::make_shared<cluster_arguments>();
  auto* command = add_command(cluster, name, description, std::string{"  troupe cluster "} + name + " 3\n");
  arguments->connection.add_to(*command);
  command->add_option("NODE", arguments->node, "The id of the node")->required();
  command->callback([arguments, action, &chosen] {
    chosen = [arguments, action](const streams& to) {
      return with_client(to, arguments->connection,
                         [&](kafka_client& client) { return action(*arguments, to, client); });
    };
  });
}

void add_changes(CLI::App& cluster, invocation& chosen) {
  add_change(
      cluster, chosen, "add-controller",
      "Give a node that follows the metadata log a vote in the quorum of controllers, once it has caught up.",
      add_controller);
  add_change(cluster, chosen, "remove-controller",
             "Take a node's vote in the quorum of controllers away: before it leaves the cluster for good, "
             "say. If it led,\n"
             "another one leads. The last voter stays.",
             remove_controller);
}

} // namespace

void add_cluster_commands(CLI::App& app, invocation& chosen) {
  auto* cluster = add_command(app, "cluster", "Look at a cluster as a whole, and change who controls it.",
                              "  troupe cluster status\n");
  cluster->require_subcommand(1);
  add_changes(*cluster, chosen);
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
