#define CAF_SUITE config_topology

#include "config/topology.hpp"

#include "config/listener.hpp"

#include "runtime/base/random.hpp"

#include "caf/test/unit_test.hpp"

#include <fstream>

using namespace troupe::config;

namespace {

topology cluster_of(std::string_view text, const topology_request& request = {}) {
  auto parsed = parse_topology(text, "c.toml", request);
  if (!parsed)
    CAF_FAIL("refused: " << parsed.error().front().message());
  return *parsed;
}

node_options first_of(std::string_view text, const topology_request& request = {}) {
  return cluster_of(text, request).nodes.front();
}

std::vector<std::string> mistakes_of(std::string_view text, const topology_request& request = {}) {
  std::vector<std::string> messages;
  if (auto parsed = parse_topology(text, "c.toml", request); !parsed)
    for (auto& wrong : parsed.error())
      messages.push_back(wrong.message());
  return messages;
}

std::string only_mistake(std::string_view text, const topology_request& request = {}) {
  auto all = mistakes_of(text, request);
  return all.size() == 1 ? all[0] : std::to_string(all.size()) + " mistakes: " + caf::deep_to_string(all);
}

std::string kafka_address(const node_options& node) {
  return node.listeners.empty() ? "none" : to_string(node.listeners.front());
}

constexpr std::string_view three = "[[node]]\n[[node]]\n[[node]]\n";

} // namespace

CAF_TEST(three words make a cluster of three) {
  auto cluster = cluster_of(three);
  CAF_REQUIRE_EQUAL(cluster.nodes.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    auto& node = cluster.nodes[i];
    auto number = static_cast<int>(i);
    CAF_CHECK_EQUAL(node.node_id, number + 1);
    CAF_CHECK_EQUAL(node.name, "n" + std::to_string(number + 1));
    CAF_CHECK_EQUAL(node.roles, "both");
    CAF_CHECK_EQUAL(node.data_directory, "./troupe-data/" + node.name);
    CAF_CHECK_EQUAL(kafka_address(node), "127.0.0.1:" + std::to_string(9092 + number));
    CAF_CHECK_EQUAL(node.peer_listener, "127.0.0.1:" + std::to_string(9192 + number));
    CAF_CHECK_EQUAL(node.admin_listener, "127.0.0.1:" + std::to_string(9644 + number));
    CAF_CHECK_EQUAL(node.default_replication_factor, 3);
    CAF_REQUIRE_EQUAL(node.voters.size(), 3u);
    CAF_CHECK(node.voters[1] == (peer_endpoint{2, "127.0.0.1", 9193}));
    CAF_CHECK(node.peers == node.voters);
  }
  CAF_CHECK(cluster.warnings.empty());
  CAF_CHECK(cluster.topics.empty());
  CAF_CHECK_EQUAL(cluster.names(), "n1, n2 and n3");
}

CAF_TEST(a file without nodes describes one that is alone) {
  auto alone = cluster_of("num_partitions = 3\n");
  CAF_REQUIRE_EQUAL(alone.nodes.size(), 1u);
  node_options due;
  due.num_partitions = 3;
  CAF_CHECK(alone.nodes[0] == due);
  CAF_CHECK(alone.nodes[0].voters.empty());
  CAF_CHECK_EQUAL(first_of("node_id = 7\n").name, "n7");
  CAF_CHECK_EQUAL(first_of("node_id = 7\nname = 'x'\n").name, "x");
  auto with_topic = cluster_of("[[topic]]\nname = 'a'\n");
  CAF_CHECK_EQUAL(with_topic.topics.size(), 1u);
}

CAF_TEST(one node with a name needs no peers) {
  auto alone = first_of("[[node]]\nname = 'only'\n");
  CAF_CHECK_EQUAL(alone.node_id, 1);
  CAF_CHECK_EQUAL(alone.peer_listener, "");
  CAF_CHECK_EQUAL(alone.default_replication_factor, 1);
  CAF_CHECK(alone.voters.empty());
}

CAF_TEST(a node goes before the top and the top before the defaults) {
  auto cluster = cluster_of("num_partitions = 5\nbroker_session_timeout_ms = '3s'\ndata_directory = '/d'\n"
                            "[[node]]\n[[node]]\nnum_partitions = 7\nrack = 'r'\ndata_directory = '/e'\n[[node]]\n");
  CAF_CHECK_EQUAL(cluster.nodes[0].num_partitions, 5);
  CAF_CHECK_EQUAL(cluster.nodes[1].num_partitions, 7);
  CAF_CHECK_EQUAL(cluster.nodes[1].rack, "r");
  CAF_CHECK_EQUAL(cluster.nodes[2].rack, "");
  CAF_CHECK_EQUAL(cluster.nodes[2].broker_session_timeout_ms, 3000);
  CAF_CHECK_EQUAL(cluster.nodes[0].data_directory, "/d/n1");
  CAF_CHECK_EQUAL(cluster.nodes[1].data_directory, "/e");
}

CAF_TEST(ids come from names and names from ids) {
  auto cluster = cluster_of("[[node]]\nname = 'east-12'\n[[node]]\nid = 5\n[[node]]\nname = 'west'\nid = 0\n[[node]]\n");
  CAF_CHECK_EQUAL(cluster.nodes[0].node_id, 12);
  CAF_CHECK_EQUAL(cluster.nodes[1].name, "n5");
  CAF_CHECK_EQUAL(cluster.nodes[2].node_id, 0);
  CAF_CHECK_EQUAL(cluster.nodes[3].name, "n4");
  // A number that can be no id.
  CAF_CHECK_EQUAL(first_of("[[node]]\nname = 'x99999999999'\n").node_id, 1);
}

CAF_TEST(the number of voters is odd if nobody says) {
  for (auto [nodes, voters] : {std::pair{1, 1}, {2, 1}, {3, 3}, {4, 3}, {5, 5}, {9, 5}}) {
    std::string text;
    for (int i = 0; i < nodes; ++i)
      text += "[[node]]\n";
    auto cluster = cluster_of(text);
    auto found = std::count_if(cluster.nodes.begin(), cluster.nodes.end(), [](auto& n) { return n.is_controller(); });
    CAF_CHECK_EQUAL(found, voters);
    CAF_CHECK(cluster.warnings.empty());
    CAF_CHECK(std::all_of(cluster.nodes.begin(), cluster.nodes.end(), [](auto& n) { return n.is_broker(); }));
  }
}

CAF_TEST(controllers apart take no clients and no port for them) {
  auto cluster = cluster_of("[[node]]\nname='c'\nid=9\nroles='controller'\n[[node]]\nname='b1'\nroles='broker'\n");
  CAF_CHECK_EQUAL(kafka_address(cluster.nodes[0]), "none");
  CAF_CHECK_EQUAL(kafka_address(cluster.nodes[1]), "127.0.0.1:9092");
  CAF_CHECK_EQUAL(cluster.nodes[1].peer_listener, "127.0.0.1:9193");
  CAF_REQUIRE_EQUAL(cluster.nodes[1].voters.size(), 1u);
  CAF_CHECK_EQUAL(cluster.nodes[1].voters[0].node_id, 9);
  CAF_CHECK_EQUAL(cluster.nodes[1].peers.size(), 2u);
  CAF_CHECK_EQUAL(cluster.nodes[1].default_replication_factor, 1);
}

CAF_TEST(hosts have ports of their own) {
  auto cluster = cluster_of("kafka_port = 1000\npeer_port = 2000\nadmin_port = 3000\n"
                            "[[node]]\nhost = '127.0.0.2'\n[[node]]\nhost = '127.0.0.3'\n[[node]]\nhost = '127.0.0.2'\n");
  CAF_CHECK_EQUAL(kafka_address(cluster.nodes[0]), "127.0.0.2:1000");
  CAF_CHECK_EQUAL(kafka_address(cluster.nodes[1]), "127.0.0.3:1000");
  CAF_CHECK_EQUAL(kafka_address(cluster.nodes[2]), "127.0.0.2:1001");
  CAF_CHECK_EQUAL(cluster.nodes[2].peer_listener, "127.0.0.2:2001");
  CAF_CHECK_EQUAL(cluster.nodes[2].admin_listener, "127.0.0.2:3001");
}

CAF_TEST(machines with certificates) {
  auto cluster = cluster_of("tls_ca_file = 'ca.pem'\ntls_certificate_file = 'certs/{name}-{id}.pem'\n"
                            "tls_key_file = 'certs/{name}.key'\nadmin_listener = 'off'\n"
                            "[[node]]\nhost = '10.0.0.1'\nlisten = '10.0.0.1:9092,insecure'\n"
                            "[[node]]\nhost = '10.0.0.2'\n[[node.listeners]]\nhost = '0.0.0.0'\n"
                            "insecure = true\nadvertised_host = 'b.example'\n");
  CAF_CHECK_EQUAL(cluster.nodes[1].tls_certificate_file, "certs/n2-2.pem");
  CAF_CHECK_EQUAL(cluster.nodes[0].tls_key_file, "certs/n1.key");
  CAF_CHECK_EQUAL(cluster.nodes[1].peer_listener, "10.0.0.2:9192");
  CAF_CHECK_EQUAL(cluster.nodes[0].admin_listener, "off");
  CAF_CHECK(cluster.nodes[0].listeners[0].insecure);
  CAF_CHECK_EQUAL(cluster.nodes[1].listeners[0].advertised_host, "b.example");
}

CAF_TEST(certificates as the command makes them) {
  auto cluster = cluster_of("tls_directory = 'tls'\n[[node]]\nid = 7\n[[node]]\ntls_ca_file = 'a'\n"
                            "tls_certificate_file = 'b'\ntls_key_file = 'c'\n");
  CAF_CHECK_EQUAL(cluster.nodes[0].tls_ca_file, "tls/ca.pem");
  CAF_CHECK_EQUAL(cluster.nodes[0].tls_certificate_file, "tls/node-7.pem");
  CAF_CHECK_EQUAL(cluster.nodes[0].tls_key_file, "tls/node-7.key");
  CAF_CHECK(cluster.nodes[0].has_tls());
  CAF_CHECK_EQUAL(cluster.nodes[1].tls_key_file, "c");
}

CAF_TEST(topics with their options) {
  topology_request request;
  request.read_topic_option = [](std::string_view name, std::string_view value) -> tl::expected<std::string, refusal> {
    if (name == "retention.m")
      return tl::unexpected(refusal{"no option 'retention.m'", "did you mean 'retention.ms'?"});
    return std::string{value} + "!";
  };
  auto cluster = cluster_of("[[topic]]\nname = 'orders'\npartitions = 6\nreplication_factor = 1\nretention.ms = '7d'\n"
                            "retention.bytes = 5\nunclean.leader.election.enable = false\n[[topic]]\nname = 'b'\n",
                            request);
  CAF_REQUIRE_EQUAL(cluster.topics.size(), 2u);
  auto& orders = cluster.topics[0];
  CAF_CHECK_EQUAL(orders.partitions, 6);
  CAF_CHECK_EQUAL(orders.replication_factor, 1);
  CAF_REQUIRE_EQUAL(orders.options.size(), 3u);
  CAF_CHECK(orders.options[0] == (std::pair<std::string, std::string>{"retention.bytes", "5!"}));
  CAF_CHECK(orders.options[1] == (std::pair<std::string, std::string>{"retention.ms", "7d!"}));
  CAF_CHECK(orders.options[2] == (std::pair<std::string, std::string>{"unclean.leader.election.enable", "false!"}));
  CAF_CHECK_EQUAL(only_mistake("[[topic]]\nname = 'a'\nretention.m = 5\n", request),
                  "no option 'retention.m' at line 3, column 11 of c.toml: did you mean 'retention.ms'?");
  CAF_CHECK_EQUAL(only_mistake("[[topic]]\nname = 'a'\nretention.ms = [5]\n"),
                  "'retention.ms' is an array at line 3, column 16 of c.toml: an option of a topic is a text, a number, "
                  "true or false");
}

CAF_TEST(topics that cannot be) {
  CAF_CHECK_EQUAL(only_mistake(std::string{three} + "[[topic]]\nname = 'a'\nreplication_factor = 4\n"),
                  "topic 'a' wants 4 replicas at line 6, column 22 of c.toml: there are 3 brokers, and each has one "
                  "replica at the most");
  CAF_CHECK_EQUAL(only_mistake("[[topic]]\npartitions = 1\n"),
                  "a topic without a name at line 1, column 1 of c.toml: write name = \"...\" under [[topic]]");
  CAF_CHECK_EQUAL(only_mistake("[[topic]]\nname = 'a'\n[[topic]]\nname = 'a'\n"),
                  "topic 'a' is there twice at line 3, column 1 of c.toml: line 1 has it already; remove one of them");
  CAF_CHECK_EQUAL(only_mistake("[[topic]]\nname = 'a'\npartitions = -1\n"),
                  "'partitions' is -1 at line 3, column 14 of c.toml: it must be from 0 to 20000");
  CAF_CHECK_EQUAL(only_mistake("topic = 'a'\n"),
                  "'topic' is no list of tables at line 1, column 9 of c.toml: write [[topic]] on a line of its own, and "
                  "name = \"...\" under it");
}

CAF_TEST(unknown keys name the nearest right one where they stand) {
  CAF_CHECK_EQUAL(only_mistake("[[node]]\nrak = 'a'\n"), "unknown key 'rak' at line 2, column 1 of c.toml: did you mean 'rack'?");
  CAF_CHECK_EQUAL(only_mistake("[[nodes]]\n"), "unknown key 'nodes' at line 1, column 3 of c.toml: did you mean 'node'?");
  CAF_CHECK_EQUAL(only_mistake("[[node]]\nnode_id = 3\n"),
                  "unknown key 'node_id' at line 2, column 1 of c.toml: did you mean 'id'?");
  CAF_CHECK_EQUAL(only_mistake("kafka_prot = 3\n[[node]]\n"),
                  "unknown key 'kafka_prot' at line 1, column 1 of c.toml: did you mean 'kafka_port'?");
  CAF_CHECK_EQUAL(only_mistake("[node]\nid = 3\n"),
                  "'node' is no list of tables at line 1, column 1 of c.toml: write [[node]] on a line of its own, and what "
                  "is to hold for this one under it");
}

CAF_TEST(values out of range) {
  CAF_CHECK_EQUAL(only_mistake("[[node]]\nid = -3\n"),
                  "'id' is -3 at line 2, column 6 of c.toml: it must be from 0 to 2147483647");
  CAF_CHECK_EQUAL(only_mistake("[[node]]\nroles = 'king'\n"),
                  "'roles' is \"king\" at line 2, column 9 of c.toml: it must be both, controller or broker");
  CAF_CHECK_EQUAL(only_mistake("kafka_port = 0\n[[node]]\n"),
                  "'kafka_port' is 0 at line 1, column 14 of c.toml: it must be from 1 to 65535");
  CAF_CHECK_EQUAL(only_mistake("[[node]]\nname = '../x'\n"),
                  "'name' is \"../x\" at line 2, column 8 of c.toml: use up to 64 letters, digits, '.', '_' and '-', and "
                  "begin with a letter or digit");
  CAF_CHECK_EQUAL(only_mistake("[[node]]\nlisten = 'nowhere'\n"),
                  "'listen' is \"nowhere\" at line 2, column 10 of c.toml: 'nowhere' is no address: write HOST:PORT, such as "
                  "127.0.0.1:9092 or [::1]:9092");
  CAF_CHECK_EQUAL(only_mistake("broker_heartbeat_interval_ms = 800\n[[node]]\n[[node]]\n"),
                  "one heartbeat that is lost would end a broker's session at line 1, column 32 of c.toml: "
                  "'broker_session_timeout_ms' must be at least twice 'broker_heartbeat_interval_ms', which is 800ms");
}

CAF_TEST(what two nodes cannot share) {
  CAF_CHECK_EQUAL(only_mistake("[[node]]\nid = 2\nname = 'a'\n[[node]]\nid = 2\nname = 'b'\n"),
                  "two nodes have the id 2 at line 5, column 6 of c.toml: node 'a' at line 1 has it already; write another "
                  "'id'");
  CAF_CHECK_EQUAL(only_mistake("[[node]]\nname = 'a'\n[[node]]\nname = 'a'\n"),
                  "two nodes have the name 'a' at line 4, column 8 of c.toml: line 1 has it already; write another 'name'");
  CAF_CHECK_EQUAL(only_mistake("[[node]]\ndata_directory = '/d'\n[[node]]\ndata_directory = '/d'\n"),
                  "two nodes would keep their data in '/d' at line 4, column 18 of c.toml: node 'n1' at line 1 has that "
                  "directory; give one of them another");
  CAF_CHECK_EQUAL(only_mistake("[[node]]\n[[node]]\nlisten = '127.0.0.1:9092'\n"),
                  "two nodes would listen on 127.0.0.1:9092 at line 3, column 10 of c.toml: node 'n1' at line 1 has that "
                  "address; give one of them another");
  CAF_CHECK_EQUAL(only_mistake("[[node]]\n[[node]]\npeer_listener = '127.0.0.1:9644'\n"),
                  "two nodes would listen on 127.0.0.1:9644 at line 3, column 17 of c.toml: node 'n1' at line 1 has that "
                  "address; give one of them another");
  CAF_CHECK_EQUAL(only_mistake("[[node]]\npeer_listener = '127.0.0.1:9092'\n[[node]]\n"),
                  "node 'n1' would listen twice on 127.0.0.1:9092 at line 2, column 17 of c.toml: give 'peer_listener' "
                  "another port");
  CAF_CHECK_EQUAL(only_mistake("kafka_port = 9191\n[[node]]\n[[node]]\n"),
                  "two nodes would listen on 127.0.0.1:9192 at line 3, column 1 of c.toml: node 'n1' at line 2 has that "
                  "address; give one of them another");
}

CAF_TEST(what the top of a cluster cannot say) {
  for (std::string_view line : {"node_id = 3", "name = 'x'", "peer_listener = '127.0.0.1:5'", "admin_listener = '127.0.0.1:5'"}) {
    auto said = mistakes_of(std::string{line} + "\n[[node]]\n[[node]]\n");
    CAF_MESSAGE(line);
    CAF_REQUIRE(!said.empty());
    CAF_CHECK(said[0].find("cannot be the same for every node at line 1, column ") != std::string::npos);
  }
  CAF_CHECK_EQUAL(only_mistake("kafka_port = 5\n"),
                  "an option of a cluster, and there is no [[node]] at line 1, column 1 of c.toml: a node that is alone has "
                  "[[listeners]], admin_listener and no peers");
  CAF_CHECK_EQUAL(only_mistake("roles = 'broker'\n"),
                  "a node that is alone is controller and broker at line 1, column 9 of c.toml: remove 'roles', or describe "
                  "the other nodes as well, each with a [[node]]");
}

CAF_TEST(a cluster needs controllers and brokers) {
  CAF_CHECK_EQUAL(only_mistake("[[node]]\nroles = 'broker'\n[[node]]\nroles = 'broker'\n"),
                  "no node of this cluster is a controller at line 2, column 9 of c.toml: write roles = \"both\" or "
                  "\"controller\" under 1, 3 or 5 of them");
  CAF_CHECK_EQUAL(only_mistake("[[node]]\nroles = 'controller'\n"),
                  "no node of this cluster is a broker at line 2, column 9 of c.toml: write roles = \"both\" or \"broker\" "
                  "under those that are to have partitions");
  auto even = cluster_of("roles = 'both'\n[[node]]\n[[node]]\n");
  CAF_REQUIRE_EQUAL(even.warnings.size(), 1u);
  CAF_CHECK_EQUAL(even.warnings[0].what, "an even number of controllers, 2");
}

CAF_TEST(peers beyond this machine need certificates) {
  CAF_CHECK_EQUAL(only_mistake("[[node]]\n[[node]]\npeer_listener = '10.0.0.2:9192'\n"),
                  "'peer_listener' 10.0.0.2:9192 of node 'n2' can be reached from other machines and is not protected at "
                  "line 3, column 17 of c.toml: name tls_directory at the top of the file, with what `troupe cert` makes in "
                  "it, or listen on 127.0.0.1");
  CAF_CHECK_EQUAL(only_mistake("tls_ca_file = 'x'\n[[node]]\n"),
                  "'tls_certificate_file' is missing at line 1, column 15 of c.toml: TLS between nodes takes tls_ca_file, "
                  "tls_certificate_file and tls_key_file");
  CAF_CHECK_EQUAL(only_mistake("[[node]]\npeer_listener = '0.0.0.0:1'\n[[node]]\n"),
                  "'peer_listener' is 0.0.0.0:1 at line 2, column 17 of c.toml: name the address at which the other nodes "
                  "reach this one");
  auto clients = mistakes_of("[[node]]\nhost = '10.0.0.1'\n");
  CAF_REQUIRE_EQUAL(clients.size(), 1u);
  CAF_CHECK(clients[0].starts_with("listener 10.0.0.1:9092 can be reached from other machines and is not protected at line 2, "
                                   "column 8 of c.toml: write listen = "));
}

CAF_TEST(a node joins a running cluster by seeds) {
  auto alone = first_of("node_id = 4\npeer_listener = '127.0.0.1:9195'\njoin = '127.0.0.1:9192,127.0.0.1:9193'\n");
  CAF_CHECK_EQUAL(alone.roles, "broker");
  CAF_CHECK(alone.joins() && alone.voters.empty() && alone.peers.empty());
  // The same from the file of a cluster, where more can be derived.
  auto member = first_of("peer_port = 9300\n[[node]]\nname = 'n4'\njoin = '127.0.0.1:9192'\n");
  CAF_CHECK_EQUAL(member.peer_listener, "127.0.0.1:9300");
  CAF_CHECK_EQUAL(member.roles, "broker");
  CAF_CHECK(member.voters.empty());
  auto three_more = cluster_of("join = '127.0.0.1:9192'\nkafka_port = 9095\npeer_port = 9195\nadmin_port = 9647\n[[node]]\nname = 'n4'\n"
                               "[[node]]\nname = 'n5'\n[[node]]\nname = 'n6'\n[[topic]]\nname = 'a'\nreplication_factor = 5\n");
  for (auto& node : three_more.nodes) {
    CAF_CHECK_EQUAL(node.roles, "broker");
    CAF_CHECK_EQUAL(node.peers.size(), 3u);
  }
  CAF_CHECK(three_more.warnings.empty());
}

CAF_TEST(what contradicts joining is said) {
  std::string there = "peer_listener = '127.0.0.1:9195'\n";
  CAF_CHECK_EQUAL(only_mistake("join = '127.0.0.1:9192'\n"),
                  "a node with 'join' has no 'peer_listener' at line 1, column 8 of c.toml: write HOST:PORT where the other nodes "
                  "reach it");
  for (std::string_view wrong : {"127.0.0.1", "127.0.0.1:9192,", ",127.0.0.1:9192", "127.0.0.1:9192 127.0.0.1:9193"})
    CAF_CHECK_EQUAL(only_mistake(there + "join = '" + std::string{wrong} + "'\n"),
                    "'join' is \"" + std::string{wrong} + "\" at line 2, column 8 of c.toml: write HOST:PORT, or several with commas "
                    "between them");
  CAF_CHECK_EQUAL(only_mistake(there + "join = '127.0.0.1:0'\n"),
                  "'join' names 127.0.0.1:0 at line 2, column 8 of c.toml: name the address of another node's peer listener");
  CAF_CHECK_EQUAL(only_mistake(there + "join = '10.0.0.1:9192'\n"),
                  "'join' names 10.0.0.1:9192 on another machine, and the way there is not protected at line 2, column 8 of c.toml: "
                  "name tls_directory, or the three tls files, with what `troupe cert` makes");
  CAF_CHECK_EQUAL(only_mistake(there + "join = '127.0.0.1:9192'\nroles = 'both'\n"),
                  "a node with 'join' is no controller from the start at line 3, column 9 of c.toml: remove 'roles'; `troupe cluster "
                  "add-controller` gives it a vote when it has joined");
}

CAF_TEST(a node is chosen by its name) {
  auto chosen = parse_node_options(three, "c.toml", overrides{{}, {}, {"log_level=debug"}}, "n2");
  CAF_REQUIRE(chosen.has_value());
  CAF_CHECK_EQUAL(chosen->node_id, 2);
  CAF_CHECK_EQUAL(chosen->log_level, "debug");
  auto nobody = parse_node_options(three, "c.toml", {}, "n4");
  CAF_REQUIRE(!nobody.has_value());
  CAF_CHECK_EQUAL(nobody.error()[0].message(), "there is no node 'n4' in c.toml: there are n1, n2 and n3");
  auto any = parse_node_options(three, "c.toml");
  CAF_REQUIRE(!any.has_value());
  CAF_CHECK_EQUAL(any.error()[0].message(),
                  "which of the nodes is meant is not said in c.toml: there are n1, n2 and n3: choose one with --name");
  CAF_CHECK(parse_node_options("", "c.toml", {}, "n1").has_value());
}

CAF_TEST(the data of all nodes elsewhere) {
  topology_request request;
  request.data_base = "/x";
  auto cluster = cluster_of("[[node]]\ndata_directory = '/d'\n[[node]]\n", request);
  CAF_CHECK_EQUAL(cluster.nodes[0].data_directory, "/x/n1");
  CAF_CHECK_EQUAL(cluster.nodes[1].data_directory, "/x/n2");
  CAF_CHECK_EQUAL(first_of("", request).data_directory, "/x/n1");
}

CAF_TEST(more nodes than one file can describe) {
  std::string text = "peer_port = 20000\nadmin_port = 30000\n";
  for (int i = 0; i < 256; ++i)
    text += "[[node]]\n";
  auto cluster = cluster_of(text);
  CAF_CHECK_EQUAL(cluster.nodes.size(), 256u);
  CAF_CHECK_EQUAL(only_mistake(text + "[[node]]\n"),
                  "too many nodes, 257 at line 259, column 1 of c.toml: one file can describe 256");
}

CAF_TEST(whatever is written the answer is a cluster or mistakes with a place) {
  troupe::random_source random{7};
  std::vector<std::string> lines;
  for (auto name : {"three-nodes", "controllers-apart", "racks"}) {
    std::ifstream file{std::string{TROUPE_SOURCE_DIR "/config/topologies/"} + name + ".toml"};
    for (std::string line; std::getline(file, line);)
      if (!line.starts_with('#'))
        lines.push_back(line);
  }
  for (auto more : {"id = 1", "host = '10.0.0.1'", "kafka_port = 65535", "[[node.listeners]]", "port = 0", "roles = 'both'",
                    "listen = ':'", "tls_directory = 't'", "replication_factor = 3", "a.b.c = 1", "a.b = 2", "[node]", "["})
    lines.emplace_back(more);
  std::size_t good = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto left = random.below(12); left > 0; --left)
      text += lines[random.below(lines.size())] + "\n";
    auto parsed = parse_topology(text, "c.toml");
    good += parsed.has_value();
    if (!parsed) {
      CAF_REQUIRE(!parsed.error().empty());
      continue;
    }
    for (auto& node : parsed->nodes) {
      CAF_CHECK(!node.name.empty());
      CAF_CHECK(parsed->find(node.name) == &node);
      CAF_CHECK_EQUAL(node.listeners.empty(), !node.is_broker());
      CAF_CHECK_EQUAL(node.peers.size(), parsed->nodes.size() == 1 && node.peer_listener.empty() ? 0 : parsed->nodes.size());
    }
  }
  CAF_CHECK(good > 100);
}

CAF_TEST(the topologies that come along are good) {
  for (auto [name, nodes, voters] : {std::tuple{"single", 1u, 0u}, {"three-nodes", 3u, 3u}, {"controllers-apart", 6u, 3u}, {"racks", 6u, 3u}, {"one-more", 1u, 0u}}) {
    CAF_MESSAGE(name);
    auto loaded = load_topology(std::string{TROUPE_SOURCE_DIR "/config/topologies/"} + name + ".toml");
    if (!loaded)
      CAF_FAIL("refused: " << loaded.error().front().message());
    CAF_CHECK(loaded->warnings.empty());
    CAF_CHECK_EQUAL(loaded->nodes.size(), nodes);
    CAF_CHECK_EQUAL(loaded->nodes[0].voters.size(), voters);
  }
  auto racks = load_topology(TROUPE_SOURCE_DIR "/config/topologies/racks.toml");
  CAF_REQUIRE(racks.has_value());
  CAF_CHECK_EQUAL(racks->nodes[3].rack, racks->nodes[0].rack);
  CAF_CHECK(racks->nodes[1].rack != racks->nodes[0].rack);
}
