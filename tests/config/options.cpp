#define CAF_SUITE config_options

#include "config/load.hpp"
#include "config/option_table.hpp"

#include "caf/test/unit_test.hpp"

#include <set>

using namespace troupe::config;

namespace {

node_options options_of(std::string_view text, const overrides& changes = {}) {
  auto parsed = parse_node_options(text, "node.toml", changes);
  if (!parsed)
    CAF_FAIL("refused: " << parsed.error().front().message());
  return *parsed;
}

} // namespace

CAF_TEST(without a configuration everything has its default) {
  auto loaded = load_node_options("");
  CAF_REQUIRE(loaded.has_value());
  CAF_CHECK(*loaded == node_options{});
  CAF_CHECK_EQUAL(loaded->data_directory, "./troupe-data");
  CAF_REQUIRE_EQUAL(loaded->listeners.size(), 1u);
  CAF_CHECK_EQUAL(loaded->listeners[0].host, "127.0.0.1");
  CAF_CHECK_EQUAL(loaded->listeners[0].port, 9092);
}

CAF_TEST(the topology of one node is the default) {
  auto loaded = load_node_options(TROUPE_SOURCE_DIR "/config/topologies/single.toml");
  if (!loaded)
    CAF_FAIL("refused: " << loaded.error().front().message());
  CAF_CHECK(*loaded == node_options{});
}

CAF_TEST(every kind of value is read) {
  auto options = options_of(R"(
node_id = 7
data_directory = "/var/lib/troupe"
auto_create_topics_enable = false
log_retention_ms = "36h"
log_retention_bytes = "10GiB"
log_segment_bytes = 1048576
log_message_timestamp_type = "LogAppendTime"
[[listeners]]
host = "127.0.0.2"
port = 19092
advertised_host = "broker.example"
advertised_port = 29092
[[listeners]]
host = "0.0.0.0"
advertised_host = "10.0.0.1"
insecure = true
)");
  CAF_CHECK_EQUAL(options.node_id, 7);
  CAF_CHECK_EQUAL(options.data_directory, "/var/lib/troupe");
  CAF_CHECK(!options.auto_create_topics_enable);
  CAF_CHECK_EQUAL(options.log_retention_ms, 36ll * 3600 * 1000);
  CAF_CHECK_EQUAL(options.log_retention_bytes, 10ll << 30);
  CAF_CHECK_EQUAL(options.log_segment_bytes, 1048576);
  CAF_CHECK_EQUAL(options.log_message_timestamp_type, "LogAppendTime");
  CAF_REQUIRE_EQUAL(options.listeners.size(), 2u);
  CAF_CHECK_EQUAL(options.listeners[0].port, 19092);
  CAF_CHECK_EQUAL(options.listeners[0].advertised_host, "broker.example");
  CAF_CHECK_EQUAL(options.listeners[0].advertised_port, 29092);
  CAF_CHECK_EQUAL(options.listeners[1].port, 9092);
  CAF_CHECK(options.listeners[1].insecure);
}

CAF_TEST(the command line goes before the file) {
  overrides changes;
  changes.data_directory = "/tmp/x";
  changes.listeners = {"127.0.0.1:1234", "[::1]:0"};
  changes.settings = {"num_partitions=3", "log_retention_ms=1h", "auto_create_topics_enable=false",
                      "log_level=debug"};
  auto options = options_of("data_directory = '/y'\nnum_partitions = 9\n[[listeners]]\nport = 1\n", changes);
  CAF_CHECK_EQUAL(options.data_directory, "/tmp/x");
  CAF_CHECK_EQUAL(options.num_partitions, 3);
  CAF_CHECK_EQUAL(options.log_retention_ms, 3600 * 1000);
  CAF_CHECK(!options.auto_create_topics_enable);
  CAF_CHECK_EQUAL(options.log_level, "debug");
  CAF_REQUIRE_EQUAL(options.listeners.size(), 2u);
  CAF_CHECK_EQUAL(options.listeners[0].port, 1234);
  CAF_CHECK_EQUAL(options.listeners[1].host, "::1");
}

CAF_TEST(every default is allowed and every option has a sentence) {
  std::set<std::string_view> seen;
  for (auto& row : node_option_table()) {
    CAF_MESSAGE(row.name);
    CAF_CHECK(seen.insert(row.name).second);
    CAF_CHECK(row.sentence.ends_with('.'));
    auto text = row.default_value();
    if (text == "no limit")
      continue;
    overrides changes;
    if (text.starts_with('"'))
      text = text.substr(1, text.size() - 2);
    changes.settings = {std::string{row.name} + "=" + text};
    CAF_CHECK(options_of("", changes) == node_options{});
  }
  CAF_CHECK_EQUAL(seen.size(), node_option_table().size());
}

CAF_TEST(the listing has every option in words) {
  auto all = list_node_options();
  CAF_REQUIRE_EQUAL(all.size(), node_option_table().size());
  for (auto& row : all) {
    CAF_MESSAGE(row.name);
    CAF_CHECK(!row.default_value.empty());
    CAF_CHECK(!row.unit.empty());
  }
  auto find = [&](std::string_view name) {
    for (auto& row : all)
      if (row.name == name)
        return row;
    return listed_option{};
  };
  CAF_CHECK(find("log_retention_ms")
            == (listed_option{"log_retention_ms", "7d", "ms", "at least -1",
                              "Records older than this are deleted; -1 keeps them for ever."}));
  CAF_CHECK_EQUAL(find("log_segment_bytes").allowed, "from 1MiB to 2147483647");
  CAF_CHECK_EQUAL(find("log_format").allowed, "text or json");
  CAF_CHECK_EQUAL(list_listener_options().size(), listener_option_table().size());
}
