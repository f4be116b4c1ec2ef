#define CAF_SUITE topic_settings

#include "actors/node/command/topic_settings.hpp"

#include "actors/node/command/text_table.hpp"
#include "runtime/metadata/topic_config.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe;
using namespace troupe::command;

namespace {

std::string value_of(std::string_view text) {
  auto setting = parse_topic_setting(text);
  return setting ? setting->value : "refused: " + setting.error().detail;
}

} // namespace

CAF_TEST(times and sizes may have a unit) {
  CAF_CHECK_EQUAL(value_of("retention.ms=7d"), "604800000");
  CAF_CHECK_EQUAL(value_of("retention.ms=36h"), "129600000");
  CAF_CHECK_EQUAL(value_of("retention.ms=-1"), "-1");
  CAF_CHECK_EQUAL(value_of("segment.bytes=64MiB"), "67108864");
  CAF_CHECK_EQUAL(value_of("max.message.bytes=1.5MiB"), "1572864");
  CAF_CHECK_EQUAL(value_of("retention.ms=86400000"), "86400000");
}

CAF_TEST(everything else goes as it is for the node to judge) {
  CAF_CHECK_EQUAL(value_of("cleanup.policy=delete"), "delete");
  CAF_CHECK_EQUAL(value_of("cleanup.policy=compact,delete"), "compact,delete");
  CAF_CHECK_EQUAL(value_of("retention.ms=soon"), "soon");
  CAF_CHECK_EQUAL(value_of("retention.ms="), "");
  CAF_CHECK_EQUAL(value_of("no.such.option=a=b"), "a=b");
  CAF_CHECK_EQUAL(value_of("min.insync.replicas=1KiB"), "1KiB");
}

CAF_TEST(a setting needs a name and a value) {
  CAF_CHECK_EQUAL(value_of("retention.ms"), "refused: 'retention.ms' has no value: write --option NAME=VALUE");
  CAF_CHECK_EQUAL(value_of("=5"), "refused: '=5' has no name: write --option NAME=VALUE");
}

CAF_TEST(a value with a unit is what the node takes) {
  for (auto& option : metadata::topic_options_table()) {
    auto suffix = option.name.ends_with(".ms") ? "1h" : option.name.ends_with(".bytes") ? "1MiB" : nullptr;
    if (!suffix)
      continue;
    CAF_MESSAGE(option.name);
    auto setting = parse_topic_setting(std::string{option.name} + "=" + suffix);
    CAF_REQUIRE(setting.has_value());
    CAF_CHECK(metadata::validate_topic_option(setting->name, setting->value).has_value());
  }
}

CAF_TEST(values are shown with their unit where that helps) {
  CAF_CHECK_EQUAL(unit_remark("retention.ms", "604800000"), " (7d)");
  CAF_CHECK_EQUAL(unit_remark("retention.bytes", "1073741824"), " (1GiB)");
  CAF_CHECK_EQUAL(unit_remark("retention.ms", "17"), "");
  CAF_CHECK_EQUAL(unit_remark("retention.bytes", "1000"), "");
  CAF_CHECK_EQUAL(unit_remark("retention.ms", "-1"), "");
  CAF_CHECK_EQUAL(unit_remark("min.insync.replicas", "3600000"), "");
  CAF_CHECK_EQUAL(unit_remark("retention.ms", "soon"), "");
}

CAF_TEST(the words for where a value comes from) {
  CAF_CHECK_EQUAL(source_name(1), "topic");
  CAF_CHECK_EQUAL(source_name(4), "node");
  CAF_CHECK_EQUAL(source_name(5), "default");
  CAF_CHECK_EQUAL(source_name(77), "unknown");
}

CAF_TEST(columns) {
  text_table table;
  table.row({"A", "LONG", "C"}).row({"longer", "x"}).row({"", "", "end"});
  CAF_CHECK_EQUAL(table.str(), "A       LONG  C\nlonger  x\n              end\n");
  CAF_CHECK_EQUAL(text_table{}.str(), "");
}
