// troupe cert: an authority of one's own, and certificates for nodes by it.
#include "actors/node/command/commands.hpp"
#include "actors/node/command/key_files.hpp"

#include <filesystem>
#include <memory>
#include <ostream>

namespace troupe::command {

namespace {

constexpr auto authority_name = "ca";
constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t days_max = 36'500;

struct cert_arguments {
  std::string directory;
  std::string name = "Troupe test authority";
  std::int32_t node = -1;
  std::vector<std::string> hosts;
  std::int64_t days = 0;
  bool force = false;

  security::validity valid() const { return {security::validity{}.from_s, days * seconds_per_day}; }
};

int make_authority_files(const cert_arguments& arguments, const streams& to) {
  auto made = security::make_authority(arguments.name, arguments.valid());
  if (!made)
    return report(to, made.error());
  if (auto written = write_key_pair(arguments.directory, authority_name, *made, arguments.force); !written)
    return report(to, written.error());
  to.out << "Made the authority " << certificate_path(arguments.directory, authority_name) << ", good for " << arguments.days
         << " days.\nWhoever has " << key_path(arguments.directory, authority_name)
         << " can make nodes of the cluster: keep it away from the nodes.\n";
  return exit_done;
}

int make_node_files(const cert_arguments& arguments, const streams& to) {
  auto authority = read_key_pair(arguments.directory, authority_name);
  if (!authority)
    return report(to, sentence_of(authority.error()) + "; `troupe cert authority " + arguments.directory
                          + "` makes an authority first");
  auto made = security::make_node_certificate(*authority, node_id{arguments.node}, arguments.hosts, arguments.valid());
  if (!made)
    return report(to, made.error());
  auto name = "node-" + std::to_string(arguments.node);
  if (auto written = write_key_pair(arguments.directory, name, *made, arguments.force); !written)
    return report(to, written.error());
  auto directory = std::filesystem::absolute(arguments.directory).lexically_normal().string();
  if (directory.size() > 1 && directory.back() == '/')
    directory.pop_back();
  to.out << "# Node " << arguments.node << " is known by these, for " << arguments.days << " days:\n"
         << "tls_ca_file = \"" << certificate_path(directory, authority_name) << "\"\n"
         << "tls_certificate_file = \"" << certificate_path(directory, name) << "\"\n"
         << "tls_key_file = \"" << key_path(directory, name) << "\"\n";
  return exit_done;
}

using cert_action = int (*)(const cert_arguments&, const streams&);

void finish_cert_command(CLI::App& app, invocation& chosen, const std::shared_ptr<cert_arguments>& arguments,
                         std::int64_t days, cert_action action) {
  arguments->days = days;
  app.add_option("--days", arguments->days, "How long it is good for")
      ->check(CLI::Range(std::int64_t{1}, days_max))
      ->type_name("[" + std::to_string(days) + "]");
  app.add_flag("--force", arguments->force, "In the place of files that are there already");
  app.callback([arguments, action, &chosen] {
    chosen = [arguments, action](const streams& to) { return action(*arguments, to); };
  });
}

} // namespace

void add_cert_commands(CLI::App& app, invocation& chosen) {
  auto* cert = add_command(app, "cert", "Make an authority and certificates, by which nodes know each other.",
                           "  troupe cert authority ./certs\n  troupe cert node ./certs --node 1\n");
  cert->require_subcommand(1);

  auto arguments = std::make_shared<cert_arguments>();
  auto* authority = add_command(*cert, "authority",
                                "Make the authority of a cluster: ca.pem, which every node needs, and ca.key, with which\n"
                                "certificates are made.",
                                "  troupe cert authority ./certs\n");
  authority->add_option("DIR", arguments->directory, "Where to; made if it is not there")->required();
  authority->add_option("--name", arguments->name, "What it is called")->type_name("NAME");
  finish_cert_command(*authority, chosen, arguments, 3'650, make_authority_files);

  arguments = std::make_shared<cert_arguments>();
  auto* node = add_command(*cert, "node",
                           "Make the certificate of a node, and say what to write into its configuration. It is good for\n"
                           "this node id and no other.",
                           "  troupe cert node ./certs --node 1 --host n1.example.com\n");
  node->add_option("DIR", arguments->directory, "Where the authority is, and the certificate goes")->required();
  node->add_option("--node", arguments->node, "The node's id")->required()->check(CLI::Range(0, INT32_MAX))->type_name("ID");
  node->add_option("--host", arguments->hosts, "A name or address of the node, for other tools; may be repeated")
      ->type_name("HOST")
      ->allow_extra_args(false);
  finish_cert_command(*node, chosen, arguments, 365, make_node_files);
}

} // namespace troupe::command
