#define CAF_SUITE command_line

#include "actors/node/command/command_line.hpp"

#include "tests/command/run_node.hpp"

#include "caf/test/unit_test.hpp"

#include <sstream>

namespace {

struct outcome {
  int code;
  std::string out;
  std::string err;
};

outcome run(std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  auto code = troupe::command::run_command_line(std::move(arguments), {out, err});
  return {code, out.str(), err.str()};
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

CAF_TEST(every help has an example and the exit codes) {
  for (std::string name :
       {"cert", "cert authority", "cert node",
        "node",           "up",             "cluster",       "cluster status",
        "cluster add-controller", "cluster remove-controller",
        "status",        "topic",         "topic create",  "topic list",
        "topic describe", "topic alter",   "topic offsets", "topic delete-records",
        "topic delete",   "produce",       "consume",       "config",        "config list",
        "config check",   "log",           "log dump",      "log verify",    "bench",
        "bench produce",  "bench consume", "bench latency", "completion",    "completion bash",
        "man"}) {
    CAF_MESSAGE(name);
    std::vector<std::string> arguments;
    std::istringstream words{name};
    for (std::string word; words >> word;)
      arguments.push_back(word);
    arguments.push_back("--help");
    auto help = run(arguments);
    CAF_CHECK_EQUAL(help.code, 0);
    CAF_CHECK_EQUAL(help.err, "");
    CAF_CHECK(contains(help.out, "Example:"));
    CAF_CHECK(contains(help.out, "troupe " + name));
    CAF_CHECK(contains(help.out, "Exit status: 0 done, 1 failed, 2 wrong usage."));
  }
  auto overview = run({"--help"});
  CAF_CHECK_EQUAL(overview.code, 0);
  for (auto part : {"node", "status", "topic", "produce", "consume", "config", "log", "bench", "completion", "man",
                    "First steps:", "Exit status: 0 done, 1 failed, 2 wrong usage."})
    CAF_CHECK(contains(overview.out, part));
}

CAF_TEST(wrong usage gives 2 and says where to look) {
  for (std::vector<std::string> arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"topic"},
                                             {"topic", "create"},
                                             {"topic", "create", "x", "--partitions", "0"},
                                             {"topic", "create", "x", "--partitions", "many"},
                                             {"produce"},
                                             {"produce", "x", "--compression", "rar"},
                                             {"produce", "x", "--acks", "2"},
                                             {"produce", "x", "--linger", "soon"},
                                             {"consume", "x", "--partition", "-1"},
                                             {"consume"},
                                             {"log", "verify"},
                                             {"cert", "authority"},
                                             {"cert", "node", "x"},
                                             {"bench", "produce", "--rate", "-1"},
                                             {"bench", "latency", "--size", "big"},
                                             {"node", "--port", "1"},
                                             {"up"},
                                             {"up", "x.toml", "--node", "n1"},
                                             {"cluster"},
                                             {"cluster", "status", "x"}}) {
    auto wrong = run(arguments);
    CAF_CHECK_EQUAL(wrong.code, 2);
    CAF_CHECK_EQUAL(wrong.out, "");
    CAF_CHECK(contains(wrong.err, "troupe"));
    CAF_CHECK(contains(wrong.err, "--help`."));
  }
  CAF_CHECK(contains(run({"topic", "create"}).err, "Try `troupe topic create --help`."));
}

CAF_TEST(mistakes that are found behind the parser give 2 as well) {
  auto start = run({"consume", "x", "--from", "yesterday"});
  CAF_CHECK_EQUAL(start.code, 2);
  CAF_CHECK(contains(start.err, "troupe: 'yesterday' is no place to begin"));
  auto format = run({"consume", "x", "--format", "%q"});
  CAF_CHECK_EQUAL(format.code, 2);
  CAF_CHECK(contains(format.err, "placeholder '%q'"));
  auto server = run({"topic", "list", "--server", "localhost"});
  CAF_CHECK_EQUAL(server.code, 2);
  CAF_CHECK(contains(server.err, "'localhost' is no address: write HOST:PORT"));
  auto partition = run({"log", "dump", "/tmp", "--topic-partition", "orders-0"});
  CAF_CHECK_EQUAL(partition.code, 2);
  CAF_CHECK(contains(partition.err, "'orders-0' is no partition"));
}

CAF_TEST(a configuration with mistakes starts nothing) {
  latest_node_options.reset();
  auto wrong = run({"node", "--set", "num_partition=3", "--listen", "0.0.0.0:9092"});
  CAF_CHECK_EQUAL(wrong.code, 2);
  CAF_CHECK(
      contains(wrong.err, "troupe: unknown key 'num_partition' in --set: did you mean 'num_partitions'?"));
  CAF_CHECK(contains(wrong.err, "listener 0.0.0.0:9092 can be reached from other machines"));
  CAF_CHECK(!latest_node_options.has_value());
  auto missing = run({"node", "/nonexistent.toml"});
  CAF_CHECK_EQUAL(missing.code, 2);
  CAF_CHECK_EQUAL(missing.err, "troupe: cannot read /nonexistent.toml: No such file or directory\n");
}

CAF_TEST(node runs with what it was told and gives its exit code) {
  latest_node_options.reset();
  auto started = run({"node", "--data", "/tmp/d", "--listen", "127.0.0.1:1234", "--listen", "[::1]:1235",
                      "--set", "num_partitions=4", "--set", "log_level=debug"});
  CAF_CHECK_EQUAL(started.code, 7);
  CAF_REQUIRE(latest_node_options.has_value());
  CAF_CHECK_EQUAL(latest_node_options->data_directory, "/tmp/d");
  CAF_CHECK_EQUAL(latest_node_options->listeners.size(), 2u);
  CAF_CHECK_EQUAL(latest_node_options->listeners[1].port, 1235);
  CAF_CHECK_EQUAL(latest_node_options->num_partitions, 4);
  CAF_CHECK_EQUAL(latest_node_options->log_level, "debug");
}

CAF_TEST(node runs the one of a cluster that is named) {
  const std::string file = TROUPE_SOURCE_DIR "/config/topologies/three-nodes.toml";
  latest_node_options.reset();
  CAF_CHECK_EQUAL(run({"node", file, "--name", "n2", "--data", "/tmp/d"}).code, 7);
  CAF_REQUIRE(latest_node_options.has_value());
  CAF_CHECK_EQUAL(latest_node_options->node_id, 2);
  CAF_CHECK_EQUAL(latest_node_options->name, "n2");
  CAF_CHECK_EQUAL(latest_node_options->data_directory, "/tmp/d");
  CAF_CHECK_EQUAL(latest_node_options->voters.size(), 3u);
  latest_node_options.reset();
  auto nobody = run({"node", file, "--name", "n9"});
  CAF_CHECK_EQUAL(nobody.code, 2);
  CAF_CHECK_EQUAL(nobody.err, "troupe: there is no node 'n9' in " + file + ": there are n1, n2 and n3\n");
  auto which = run({"node", file});
  CAF_CHECK_EQUAL(which.code, 2);
  CAF_CHECK_EQUAL(which.err, "troupe: " + file + " describes several nodes: choose one with --name: n1, n2 and n3\n");
  CAF_CHECK(!latest_node_options.has_value());
}

CAF_TEST(up refuses what it cannot run) {
  const std::string file = TROUPE_SOURCE_DIR "/config/topologies/three-nodes.toml";
  auto nobody = run({"up", file, "--nodes", "n1,n4"});
  CAF_CHECK_EQUAL(nobody.code, 2);
  CAF_CHECK_EQUAL(nobody.err, "troupe: there is no node 'n4' in the file: there are n1, n2 and n3\n");
  auto missing = run({"up", "/nonexistent.toml"});
  CAF_CHECK_EQUAL(missing.code, 2);
  CAF_CHECK_EQUAL(missing.err, "troupe: cannot read /nonexistent.toml: No such file or directory\n");
}

CAF_TEST(checking starts nothing) {
  latest_node_options.reset();
  CAF_CHECK_EQUAL(run({"node", "--check"}).code, 0);
  CAF_CHECK(!latest_node_options.has_value());
}

CAF_TEST(nobody at the address) {
  // Port 1 is never ours.
  auto nobody = run({"topic", "list", "--server", "127.0.0.1:1"});
  CAF_CHECK_EQUAL(nobody.code, 1);
  CAF_CHECK_EQUAL(nobody.err, "troupe: no node answers at 127.0.0.1:1: start one with `troupe node`\n");
}

CAF_TEST(a directory without data) {
  auto nothing = run({"log", "verify", "/nonexistent"});
  CAF_CHECK_EQUAL(nothing.code, 1);
  CAF_CHECK(contains(nothing.err, "troupe: cannot check /nonexistent: "));
}
