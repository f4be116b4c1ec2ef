#define CAF_SUITE topic_config
#include "caf/test/unit_test.hpp"

#include "runtime/base/limits.hpp"
#include "runtime/metadata/topic_config.hpp"

using namespace troupe;
using namespace troupe::metadata;

namespace {

std::string refusal(std::string_view key, std::string_view value) {
  auto valid = validate_topic_option(key, value);
  if (valid)
    return "valid";
  CAF_CHECK(valid.error().code == errc::invalid_config);
  return valid.error().detail;
}

bool valid(std::string_view key, std::string_view value) {
  return validate_topic_option(key, value).has_value();
}

} // namespace

CAF_TEST(every option has a valid default and a sentence) {
  for (auto& option : topic_options_table()) {
    if (option.name != "min.insync.replicas") // a majority unless it is set
      CAF_CHECK(valid(option.name, option.default_value));
    CAF_CHECK(!option.documentation.empty());
    CAF_CHECK(find_topic_option(option.name) == &option);
  }
  CAF_CHECK(find_topic_option("nothing") == nullptr);
  CAF_CHECK(find_topic_option("") == nullptr);
  CAF_CHECK(find_topic_option("zzz") == nullptr);
}

CAF_TEST(refusals name key and value and what is allowed) {
  CAF_CHECK_EQUAL(refusal("retention.ms", "-2"), "retention.ms = -2: must be a number from -1");
  CAF_CHECK_EQUAL(refusal("segment.bytes", "1048575"),
                  "segment.bytes = 1048575: must be a number from 1048576 to 2147483647");
  CAF_CHECK_EQUAL(refusal("cleanup.policy", "shred"),
                  "cleanup.policy = shred: must be one or more of compact,delete");
  CAF_CHECK_EQUAL(refusal("message.timestamp.type", "Now"),
                  "message.timestamp.type = Now: must be one of CreateTime,LogAppendTime");
  CAF_CHECK_EQUAL(refusal("preallocate", "yes"), "preallocate = yes: must be true or false");
  CAF_CHECK_EQUAL(refusal("remote.storage.enable", "true"), "remote.storage.enable = true: must be false");
  CAF_CHECK_EQUAL(refusal("colour", "red"), "there is no topic option colour");
}

CAF_TEST(numbers are read strictly) {
  CAF_CHECK(valid("retention.ms", " 5 "));
  CAF_CHECK(valid("retention.ms", "+5"));
  CAF_CHECK(valid("retention.ms", "9223372036854775807"));
  for (auto bad : {"", " ", "5 6", "5ms", "0x5", "5.0", "+-5", "+", "9223372036854775808", "1e3"})
    CAF_CHECK(!valid("retention.ms", bad));
  CAF_CHECK(valid("min.cleanable.dirty.ratio", "0.25"));
  for (auto bad : {"1.5", "-0.1", "nan", "half", "inf"})
    CAF_CHECK(!valid("min.cleanable.dirty.ratio", bad));
  CAF_CHECK(!valid("min.insync.replicas", "0"));
  CAF_CHECK(!valid("max.message.bytes", std::to_string(limits::batch_max_bytes + 1)));
}

CAF_TEST(lists and words are read as Kafka does) {
  CAF_CHECK(valid("cleanup.policy", "compact"));
  CAF_CHECK(valid("cleanup.policy", "delete, compact"));
  CAF_CHECK(!valid("cleanup.policy", ""));
  CAF_CHECK(!valid("cleanup.policy", "delete,"));
  CAF_CHECK(!valid("cleanup.policy", "Delete"));
  CAF_CHECK(valid("preallocate", "TRUE"));
  CAF_CHECK(valid("leader.replication.throttled.replicas", ""));
  CAF_CHECK(valid("leader.replication.throttled.replicas", "*"));
  CAF_CHECK(valid("leader.replication.throttled.replicas", "0:1,1:2"));
  CAF_CHECK(!valid("leader.replication.throttled.replicas", "0:1,,1:2"));
  CAF_CHECK(!valid("leader.replication.throttled.replicas", std::string(40'000, 'x')));
}

CAF_TEST(options that contradict each other are refused) {
  CAF_CHECK(!validate_topic_options({{"min.compaction.lag.ms", "5"}, {"max.compaction.lag.ms", "4"}}));
  CAF_CHECK(
      validate_topic_options({{"min.compaction.lag.ms", "5"}, {"max.compaction.lag.ms", "5"}}).has_value());
}

CAF_TEST(the defaults are those of Kafka) {
  auto o = topic_defaults{}.resolve({});
  CAF_CHECK_EQUAL(o.retention_ms, 604'800'000);
  CAF_CHECK_EQUAL(o.retention_bytes, -1);
  CAF_CHECK_EQUAL(o.segment_bytes, 1 << 30);
  CAF_CHECK_EQUAL(o.segment_ms, 604'800'000);
  CAF_CHECK_EQUAL(o.index_interval_bytes, 4096);
  CAF_CHECK_EQUAL(o.max_message_bytes, 1'048'588);
  CAF_CHECK_EQUAL(o.message_timestamp_before_max_ms, INT64_MAX);
  CAF_CHECK_EQUAL(o.message_timestamp_after_max_ms, 3'600'000);
  CAF_CHECK(o.message_timestamp_type == timestamp_type::create_time);
  CAF_CHECK(o.compression == compression_option::producer);
  CAF_CHECK(o.cleanup_delete && !o.cleanup_compact);
  CAF_CHECK_EQUAL(effective_min_insync(o, 1), 1);
  CAF_CHECK_EQUAL(effective_min_insync(o, 3), 2);
  CAF_CHECK_EQUAL(effective_min_insync(o, 5), 3);
}

CAF_TEST(a topic overrides the broker and the broker overrides the default) {
  auto defaults =
      topic_defaults::make({{"retention.ms", "10"}, {"segment.ms", "20"}, {"min.insync.replicas", "2"}})
          .value();
  config_overrides topic{{"segment.ms", "30"},
                         {"message.timestamp.type", "LogAppendTime"},
                         {"cleanup.policy", "compact,delete"},
                         {"compression.type", "zstd"},
                         {"retention.bytes", "made by a later version"}};
  auto o = defaults.resolve(topic);
  CAF_CHECK_EQUAL(o.retention_ms, 10);
  CAF_CHECK_EQUAL(o.segment_ms, 30);
  CAF_CHECK_EQUAL(o.retention_bytes, -1);
  CAF_CHECK(o.message_timestamp_type == timestamp_type::log_append_time);
  CAF_CHECK(o.compression == compression_option::zstd);
  CAF_CHECK(o.cleanup_delete && o.cleanup_compact);
  CAF_CHECK_EQUAL(effective_min_insync(o, 3), 2);
  CAF_CHECK_EQUAL(effective_min_insync(o, 1), 1);
  for (auto& shown : defaults.describe(topic, 3)) {
    if (shown.option->name == "retention.ms")
      CAF_CHECK(shown.value == "10" && shown.source == config_source::broker);
    if (shown.option->name == "segment.ms")
      CAF_CHECK(shown.value == "30" && shown.source == config_source::topic);
    if (shown.option->name == "segment.bytes")
      CAF_CHECK(shown.value == "1073741824" && shown.source == config_source::built_in);
  }
}

CAF_TEST(a bad default of the broker is refused) {
  CAF_CHECK(topic_defaults::make({{"retention.ms", "x"}}).error().code == errc::invalid_config);
  CAF_CHECK(topic_defaults::make({{"log.retention.ms", "1"}}).error().code == errc::invalid_config);
}
