#define CAF_SUITE option_listing

#include "actors/node/command/option_listing.hpp"

#include "config/option_table.hpp"
#include "runtime/metadata/broker_config.hpp"
#include "runtime/metadata/topic_config.hpp"

#include "caf/test/unit_test.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace troupe::command;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t dynamic_options() {
  auto table = troupe::metadata::broker_options_table();
  return static_cast<std::size_t>(std::count_if(table.begin(), table.end(), [](auto& o) { return o.dynamic; }));
}

} // namespace

CAF_TEST(the page of options is what the program says) {
  std::ifstream file{std::filesystem::path{TROUPE_SOURCE_DIR} / "docs/options.md"};
  CAF_REQUIRE(file.good());
  std::ostringstream page;
  page << file.rdbuf();
  if (page.str() != options_as_markdown(list_options()))
    CAF_FAIL("docs/options.md is old: build/release/troupe config list --markdown > docs/options.md");
  CAF_CHECK(page.str().size() > 1000);
}

CAF_TEST(every option is listed once) {
  auto groups = list_options();
  CAF_REQUIRE_EQUAL(groups.size(), 7u);
  CAF_CHECK_EQUAL(groups[0].options.size(), troupe::config::node_option_table().size());
  CAF_CHECK_EQUAL(groups[1].options.size(), troupe::config::listener_option_table().size());
  CAF_CHECK_EQUAL(groups[2].options.size(), troupe::config::cluster_option_table().size());
  CAF_CHECK_EQUAL(groups[3].options.size(), troupe::config::member_option_table().size());
  CAF_CHECK_EQUAL(groups[4].options.size(), troupe::config::topic_entry_table().size());
  CAF_CHECK_EQUAL(groups[5].options.size(), troupe::metadata::topic_options_table().size());
  CAF_CHECK_EQUAL(groups[6].options.size(), dynamic_options());
  for (auto& group : groups) {
    std::set<std::string> names;
    for (auto& option : group.options) {
      CAF_MESSAGE(group.name << " " << option.name);
      CAF_CHECK(names.insert(option.name).second);
      CAF_CHECK(!option.default_value.empty());
      CAF_CHECK(!option.unit.empty());
      CAF_CHECK(option.sentence.ends_with('.'));
    }
  }
}

CAF_TEST(a word chooses options and groups) {
  auto groups = list_options("retention");
  CAF_REQUIRE_EQUAL(groups.size(), 3u);
  CAF_CHECK_EQUAL(groups[0].name, "node");
  CAF_CHECK_EQUAL(groups[1].name, "topic");
  CAF_CHECK_EQUAL(groups[2].name, "broker");
  for (auto& group : groups)
    for (auto& option : group.options)
      CAF_CHECK(contains(option.name, "retention"));
  CAF_CHECK(list_options("nothing of the kind").empty());
}

CAF_TEST(times and sizes of topics are shown with their units) {
  auto text = options_as_text(list_options("retention.ms"));
  CAF_CHECK(contains(text, "604800000 (7d)"));
  CAF_CHECK(contains(text, " ms "));
  CAF_CHECK(contains(options_as_text(list_options("segment.bytes")), "1073741824 (1GiB)"));
  CAF_CHECK(contains(options_as_text(list_options("flush.ms")), "no limit"));
}

CAF_TEST(a default that is no value is shown in words) {
  for (auto& group : list_options("min.insync.replicas"))
    for (auto& option : group.options) {
      CAF_CHECK_EQUAL(option.default_value, "a majority");
      CAF_CHECK_EQUAL(option.allowed, "a number from 1 to 2147483647");
    }
}

CAF_TEST(what can be changed in a running broker says so and where its value comes from) {
  auto options = list_options().back().options;
  auto named = [&](std::string_view name) {
    auto found = std::find_if(options.begin(), options.end(), [&](auto& o) { return o.name == name; });
    CAF_REQUIRE(found != options.end());
    return *found;
  };
  for (auto& option : options)
    CAF_CHECK(contains(option.sentence, " Dynamic"));
  auto connections = named("max.connections");
  CAF_CHECK_EQUAL(connections.default_value, "10000");
  CAF_CHECK_EQUAL(connections.allowed, "a number from 1 to 2147483647");
  CAF_CHECK(contains(connections.sentence, "the node's connections_max."));
  auto retention = named("log.retention.ms");
  CAF_CHECK_EQUAL(retention.default_value, "604800000 (7d)");
  CAF_CHECK_EQUAL(retention.unit, "ms");
  CAF_CHECK(contains(retention.sentence, "topics that have no retention.ms"));
}

CAF_TEST(each line of JSON is an object) {
  std::istringstream lines{options_as_json(list_options())};
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    auto object = nlohmann::json::parse(line, nullptr, false);
    CAF_REQUIRE(object.is_object());
    for (auto key : {"of", "name", "default", "unit", "allowed", "meaning"})
      CAF_CHECK(object.contains(key));
  }
  CAF_CHECK(count > 50);
}

CAF_TEST(a row of Markdown has five cells whatever is in it) {
  std::istringstream lines{options_as_markdown(list_options())};
  auto rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `"))
      continue;
    ++rows;
    auto bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i)
      bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
    CAF_CHECK_EQUAL(bars, 6);
  }
  CAF_CHECK(rows > 50);
}
