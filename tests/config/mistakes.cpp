#define CAF_SUITE config_mistakes

#include "config/load.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe::config;

namespace {

std::vector<std::string> mistakes_of(std::string_view text, const overrides& changes = {}) {
  std::vector<std::string> messages;
  if (auto parsed = parse_node_options(text, "node.toml", changes); !parsed)
    for (auto& wrong : parsed.error())
      messages.push_back(wrong.message());
  return messages;
}

std::string only_mistake(std::string_view text) {
  auto all = mistakes_of(text);
  return all.size() == 1 ? all[0] : std::to_string(all.size()) + " mistakes: " + caf::deep_to_string(all);
}

std::string mistake_of_set(std::string setting) {
  overrides changes;
  changes.settings.push_back(std::move(setting));
  auto all = mistakes_of("", changes);
  return all.size() == 1 ? all[0] : std::to_string(all.size()) + " mistakes";
}

} // namespace

CAF_TEST(an unknown key names the nearest right one) {
  CAF_CHECK_EQUAL(only_mistake("[[listeners]]\nhost = 'localhost'\nprot = 9092\n"),
                  "unknown key 'prot' at line 3, column 1 of node.toml: did you mean 'port'?");
  CAF_CHECK_EQUAL(
      only_mistake("\n  num_partition = 3\n"),
      "unknown key 'num_partition' at line 2, column 3 of node.toml: did you mean 'num_partitions'?");
  CAF_CHECK_EQUAL(only_mistake("[[listener]]\nport = 1\n"),
                  "unknown key 'listener' at line 1, column 3 of node.toml: did you mean 'listeners'?");
  CAF_CHECK_EQUAL(
      only_mistake("retention_ms = 1\n"),
      "unknown key 'retention_ms' at line 1, column 1 of node.toml: did you mean 'log_retention_ms'?");
  CAF_CHECK_EQUAL(only_mistake("zzz = 1\n"),
                  "unknown key 'zzz' at line 1, column 1 of node.toml: `troupe config "
                  "list` lists all of them");
}

CAF_TEST(names as in a Kafka configuration are recognised) {
  CAF_CHECK_EQUAL(
      only_mistake("log.retention.ms = 5\n"),
      "unknown key 'log.retention.ms' at line 1, column 1 of node.toml: did you mean 'log_retention_ms'?");
  CAF_CHECK_EQUAL(mistake_of_set("message.max.bytes=5"),
                  "unknown key 'message.max.bytes' in --set: did you mean 'message_max_bytes'?");
}

CAF_TEST(a key of a listener outside of one) {
  CAF_CHECK_EQUAL(only_mistake("port = 9092\n"),
                  "'port' belongs to a listener at line 1, column 1 of node.toml: write "
                  "[[listeners]] on a line of its own above it");
  CAF_CHECK_EQUAL(mistake_of_set("port=1"),
                  "unknown key 'port' in --set: write --listen HOST:PORT for a listener");
}

CAF_TEST(a value of the wrong type) {
  CAF_CHECK_EQUAL(only_mistake("num_partitions = 'three'\n"),
                  "'num_partitions' is \"three\" at line 1, column 18 of node.toml: it must be an integer");
  CAF_CHECK_EQUAL(
      only_mistake("num_partitions = 1.5\n"),
      "'num_partitions' is a number with a fraction at line 1, column 18 of node.toml: it must be an "
      "integer");
  CAF_CHECK_EQUAL(
      only_mistake("auto_create_topics_enable = 1\n"),
      "'auto_create_topics_enable' is 1 at line 1, column 29 of node.toml: it must be true or false");
  CAF_CHECK_EQUAL(
      only_mistake("data_directory = true\n"),
      "'data_directory' is true at line 1, column 18 of node.toml: it must be a text in quotation marks");
  CAF_CHECK_EQUAL(
      only_mistake("log_segment_bytes = '64 megs'\n"),
      "'log_segment_bytes' is \"64 megs\" at line 1, column 21 of node.toml: it must be a size in bytes, "
      "such as 1048576 or \"1MiB\"");
  CAF_CHECK_EQUAL(
      only_mistake("log_retention_ms = 1979-05-27\n"),
      "'log_retention_ms' is a date or time at line 1, column 20 of node.toml: it must be a duration in "
      "milliseconds, such as 60000, or with a unit, such as \"7d\"");
  CAF_CHECK_EQUAL(only_mistake("[node_id]\nx = 1\n"),
                  "'node_id' is a table at line 1, column 1 of node.toml: it must be an integer");
  CAF_CHECK_EQUAL(
      only_mistake("listeners = '127.0.0.1:9092'\n"),
      "'listeners' is no list of tables at line 1, column 13 of node.toml: write [[listeners]] on a line "
      "of its own, and host = \"...\" and port = ... under it");
}

CAF_TEST(a value out of range names the range) {
  CAF_CHECK_EQUAL(only_mistake("[[listeners]]\nport = 70000\n"),
                  "'port' is 70000 at line 2, column 8 of node.toml: it must be from 0 to 65535");
  CAF_CHECK_EQUAL(only_mistake("num_partitions = 0\n"),
                  "'num_partitions' is 0 at line 1, column 18 of node.toml: it must be from 1 to 20000");
  CAF_CHECK_EQUAL(only_mistake("log_retention_ms = -2\n"),
                  "'log_retention_ms' is -2 at line 1, column 20 of node.toml: it must be at least -1");
  CAF_CHECK_EQUAL(
      only_mistake("log_segment_bytes = '1KiB'\n"),
      "'log_segment_bytes' is \"1KiB\" at line 1, column 21 of node.toml: it must be from 1MiB to "
      "2147483647");
  CAF_CHECK_EQUAL(only_mistake("log_format = 'xml'\n"),
                  "'log_format' is \"xml\" at line 1, column 14 of node.toml: it must be text or json");
  CAF_CHECK_EQUAL(mistake_of_set("node_id=-1"), "'node_id' is -1 in --set: it must be from 0 to 2147483647");
}

CAF_TEST(a duplicate names the line of the first) {
  CAF_CHECK_EQUAL(
      only_mistake("node_id = 1\n\nnode_id = 2\n"),
      "duplicate key 'node_id' at line 3, column 1 of node.toml: line 1 has given it a value already; "
      "remove one of them");
}

CAF_TEST(what is no TOML) {
  auto all = mistakes_of("node_id = \nnum_partitions = 0\n");
  CAF_REQUIRE_EQUAL(all.size(), 2u);
  CAF_CHECK(all[0].starts_with("this is not TOML at line 1, column "));
  CAF_CHECK(all[1].starts_with("'num_partitions' is 0 at line 2"));
  CAF_CHECK(only_mistake("[[listeners\nport = 1\n").starts_with("this is not TOML at line 1, column "));
}

CAF_TEST(all mistakes come at once and in order) {
  auto all =
      mistakes_of("nod_id = 1\nnum_partitions = 0\n\nnum_partitions = 2\n[[listeners]]\nhost = 5\nprot = 1\n",
                  overrides{{}, {"nowhere"}, {"log_level=loud"}});
  CAF_REQUIRE_EQUAL(all.size(), 7u);
  for (auto [index, part] : {std::pair{0, "line 1, column 1"},
                             {1, "line 2, column 18"},
                             {2, "line 4, column 1"},
                             {3, "line 6, column 8"},
                             {4, "line 7, column 1"},
                             {5, "--set"},
                             {6, "--listen"}}) {
    CAF_MESSAGE(all[static_cast<std::size_t>(index)]);
    CAF_CHECK(all[static_cast<std::size_t>(index)].find(part) != std::string::npos);
  }
}

CAF_TEST(values that contradict each other) {
  CAF_CHECK_EQUAL(
      only_mistake("message_max_bytes = '1MiB'\nsocket_request_max_bytes = '64KiB'\n"),
      "'message_max_bytes' is larger than a request may be at line 1, column 21 of node.toml: it must be at "
      "most 'socket_request_max_bytes', which is 64KiB");
  CAF_CHECK_EQUAL(
      only_mistake("journal_file_bytes = 134217729\n"),
      "'journal_file_bytes' is no multiple of a disk block at line 1, column 22 of node.toml: it must be a "
      "multiple of 4KiB");
  CAF_CHECK_EQUAL(only_mistake("data_directory = ''\n"),
                  "'data_directory' is empty at line 1, column 18 of node.toml: name a directory");
}

CAF_TEST(settings without a value) {
  CAF_CHECK_EQUAL(mistake_of_set("num_partitions"),
                  "'num_partitions' has no value in --set: write --set NAME=VALUE");
}

CAF_TEST(a file that cannot be read) {
  auto missing = load_node_options("/nonexistent/node.toml");
  CAF_REQUIRE(!missing.has_value());
  CAF_CHECK_EQUAL(missing.error()[0].message(),
                  "cannot read /nonexistent/node.toml: No such file or directory");
  auto folder = load_node_options("/tmp");
  CAF_REQUIRE(!folder.has_value());
  CAF_CHECK_EQUAL(folder.error()[0].message(), "cannot read /tmp: Is a directory");
}

CAF_TEST(characters that are not ASCII belong into strings and comments) {
  CAF_CHECK_EQUAL(only_mistake("nod\xc3\xa9 = 1\n"),
                  "a character that is not ASCII, outside of a string at line 1, column 4 of node.toml");
  CAF_CHECK_EQUAL(only_mistake("data_directory = \"x\" \xef\xb7\xb7\n"),
                  "a character that is not ASCII, outside of a string at line 1, column 22 of node.toml");
  CAF_CHECK(parse_node_options("data_directory = \"/caf\xc3\xa9\" # d\xc3\xa9j\xc3\xa0\n", "node.toml").has_value());
}
