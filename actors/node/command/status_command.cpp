// troupe status
#include "actors/node/command/cluster_status.hpp"
#include "actors/node/command/commands.hpp"

#include <ostream>

namespace troupe::command {

namespace {

constexpr std::uint16_t admin_port = 9644;

struct status_arguments {
  connection_arguments connection;
  std::string admin;
  bool is_json = false;
};

/// Where to ask for the node's own view: where --admin says, or beside the Kafka listener.
result<std::optional<config::address>> admin_address(const status_arguments& arguments, const kafka_client& client) {
  if (arguments.admin == "none")
    return std::nullopt;
  if (arguments.admin.empty())
    return config::address{client.options().servers.front().host, admin_port};
  auto address = config::parse_address(arguments.admin);
  if (!address)
    return fail(errc::invalid_argument, "'" + arguments.admin + "' is no address: write HOST:PORT or none");
  return address;
}

int show_status(const status_arguments& arguments, const streams& to, kafka_client& client) {
  auto admin = admin_address(arguments, client);
  if (!admin) {
    report(to, admin.error());
    return exit_usage;
  }
  auto status = look_at_cluster(client, *admin);
  if (!status)
    return report(to, status.error());
  auto problems = problems_of(*status);
  if (arguments.is_json) {
    to.out << status_as_json(*status) << '\n';
    return problems.empty() ? exit_done : exit_failed;
  }
  to.out << status_as_text(*status);
  for (auto& problem : problems)
    report(to, problem);
  return problems.empty() ? exit_done : exit_failed;
}

} // namespace

void add_status_command(CLI::App& app, invocation& chosen) {
  auto arguments = std::make_shared<status_arguments>();
  auto* status = add_command(
      app, "status",
      "Show a cluster's nodes, topics, partitions and disks, and what is wrong with them. Fails if\n"
      "something is, or if no node answers.",
      "  troupe status --server 127.0.0.1:9092 || echo 'not healthy'\n");
  arguments->connection.add_to(*status);
  status
      ->add_option("--admin", arguments->admin,
                   "The node's admin listener, or none; else port 9644 of the node's host is tried")
      ->type_name("HOST:PORT");
  add_json_flag(*status, arguments->is_json, "One JSON object");
  status->callback([arguments, &chosen] {
    chosen = [arguments](const streams& to) {
      return with_client(to, arguments->connection,
                         [&](kafka_client& client) { return show_status(*arguments, to, client); });
    };
  });
}

} // namespace troupe::command
