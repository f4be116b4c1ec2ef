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

topic_defaults made_from(config_overrides set) { return topic_defaults::make({std::move(set), {}}).value(); }

/// "30: segment.ms=30 topic, log.roll.ms=604800000 built in": the value, and every place that has one.
std::string text_of(const std::vector<effective_config>& configs, std::string_view name) {
  constexpr std::string_view sources[] = {"topic", "one", "all", "node", "built in"};
  for (auto& config : configs)
    if (config.option->name == name) {
      auto text = config.value + (config.read_only ? " read only:" : ":");
      CAF_CHECK(config.value == config.synonyms.at(0).value && config.source == config.synonyms[0].source);
      for (auto& s : config.synonyms)
        text += (text.back() == ':' ? " " : ", ") + std::string{s.name} + "=" + s.value + " "
                + std::string{sources[static_cast<std::size_t>(s.source)]};
      return text;
    }
  return "not there";
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
  for (auto bad : {"0", "0:", ":1", "0:x", "*,0:1", "0:1:2"})
    CAF_CHECK(!valid("follower.replication.throttled.replicas", bad));
  CAF_CHECK(!valid("leader.replication.throttled.replicas", std::string(40'000, 'x')));
}

CAF_TEST(lists of throttled replicas name partitions and brokers) {
  CAF_CHECK(lists_replica("*", partition_id{3}, node_id{9}));
  CAF_CHECK(lists_replica("0:1, 1:12", partition_id{1}, node_id{12}));
  CAF_CHECK(!lists_replica("0:1,1:12", partition_id{1}, node_id{1}));
  CAF_CHECK(!lists_replica("", partition_id{0}, node_id{1}));
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
      made_from({{"log.retention.ms", "10"}, {"log.roll.ms", "20"}, {"min.insync.replicas", "2"}});
  config_overrides topic{{"segment.ms", "30"},
                         {"message.timestamp.type", "LogAppendTime"},
                         {"cleanup.policy", "compact,delete"},
                         {"compression.type", "zstd"},
                         {"compression.zstd.level", "7"},
                         {"retention.bytes", "made by a later version"}};
  auto o = defaults.resolve(topic);
  CAF_CHECK_EQUAL(o.retention_ms, 10);
  CAF_CHECK_EQUAL(o.segment_ms, 30);
  CAF_CHECK_EQUAL(o.retention_bytes, -1);
  CAF_CHECK(o.message_timestamp_type == timestamp_type::log_append_time);
  CAF_CHECK(o.compression == compression_option::zstd);
  CAF_CHECK_EQUAL(o.zstd_level, 7);
  CAF_CHECK_EQUAL(o.gzip_level, -1);
  CAF_CHECK_EQUAL(o.lz4_level, 9);
  CAF_CHECK(o.cleanup_delete && o.cleanup_compact);
  CAF_CHECK_EQUAL(effective_min_insync(o, 3), 2);
  CAF_CHECK_EQUAL(effective_min_insync(o, 1), 1);
  auto shown = defaults.describe(topic, 3);
  CAF_CHECK_EQUAL(shown.size(), topic_options_table().size());
  CAF_CHECK_EQUAL(text_of(shown, "retention.ms"),
                  "10: log.retention.ms=10 node, log.retention.ms=604800000 built in");
  CAF_CHECK_EQUAL(text_of(shown, "segment.ms"),
                  "30: segment.ms=30 topic, log.roll.ms=20 node, log.roll.ms=604800000 built in");
  CAF_CHECK_EQUAL(text_of(shown, "segment.bytes"), "1073741824: log.segment.bytes=1073741824 built in");
  CAF_CHECK_EQUAL(text_of(shown, "retention.bytes"), "-1: log.retention.bytes=-1 built in");
  CAF_CHECK_EQUAL(text_of(shown, "min.insync.replicas"),
                  "2: min.insync.replicas=2 node, min.insync.replicas=2 built in");
  CAF_CHECK_EQUAL(text_of(shown, "leader.replication.throttled.replicas"),
                  ": leader.replication.throttled.replicas= built in");
}

CAF_TEST(what is set while brokers run lies between the topic and the configuration) {
  auto defaults = made_from({{"log.retention.ms", "10"}, {"log.retention.bytes", "11"}});
  config_overrides one{{"log.retention.ms", "20"}, {"log.roll.ms", "by a later version"}};
  config_overrides all{{"log.retention.ms", "30"}, {"log.retention.bytes", "31"}, {"log.roll.ms", "32"}};
  auto o = defaults.resolve({}, {one, all});
  CAF_CHECK_EQUAL(o.retention_ms, 20);
  CAF_CHECK_EQUAL(o.retention_bytes, 31);
  CAF_CHECK_EQUAL(o.segment_ms, 32);
  CAF_CHECK_EQUAL(defaults.resolve({{"retention.ms", "40"}}, {one, all}).retention_ms, 40);
  CAF_CHECK_EQUAL(text_of(defaults.describe({{"retention.ms", "40"}}, 1, {one, all}), "retention.ms"),
                  "40: retention.ms=40 topic, log.retention.ms=20 one, log.retention.ms=30 all, "
                  "log.retention.ms=10 node, log.retention.ms=604800000 built in");
  CAF_CHECK(!o.producer_id_expiration_ms);
  one["producer.id.expiration.ms"] = "5";
  CAF_CHECK_EQUAL(defaults.resolve({}, {one, all}).producer_id_expiration_ms.value_or(0), 5);
}

CAF_TEST(a bad default of the broker is refused) {
  auto refused = [](std::string key, std::string value) {
    broker_settings node;
    node.set.emplace(std::move(key), std::move(value));
    auto made = topic_defaults::make(std::move(node));
    CAF_REQUIRE(!made);
    CAF_CHECK(made.error().code == errc::invalid_config);
    return made.error().detail;
  };
  CAF_CHECK_EQUAL(refused("log.retention.ms", "x"), "log.retention.ms = x: must be a number from -1");
  CAF_CHECK_EQUAL(refused("log.segment.bytes", "1"),
                  "log.segment.bytes = 1: must be a number from 1048576 to 2147483647");
  CAF_CHECK_EQUAL(
      refused("retention.ms", "1"),
      "there is no broker option retention.ms: brokers set it for all topics as log.retention.ms");
}

CAF_TEST(every option of a broker is found and those of topics have their default and range) {
  std::size_t defaults = 0;
  for (auto& option : broker_options_table()) {
    CAF_CHECK(find_broker_option(option.is.name) == &option);
    CAF_CHECK(!option.is.documentation.empty());
    if (!option.topic)
      continue;
    ++defaults;
    CAF_CHECK(option.dynamic);
    CAF_CHECK(find_default_of(*option.topic) == &option);
    CAF_CHECK_EQUAL(option.is.default_value, option.topic->default_value);
    CAF_CHECK_EQUAL(option.is.most, option.topic->most);
  }
  CAF_CHECK_EQUAL(defaults, 28u);
  CAF_CHECK(find_broker_option("retention.ms") == nullptr);
  CAF_CHECK(find_default_of(*find_topic_option("remote.storage.enable")) == nullptr);
}

CAF_TEST(a broker shows what was set for it and what was not) {
  broker_settings node{{{"node.id", "3"}, {"log.retention.ms", "10"}}, {{"max.connections", "100"}}};
  config_overrides one{{"max.connections", "7"}, {"node.id", "8"}}, all{{"max.connections", "6"}};
  auto shown = describe_broker(node, {one, all});
  CAF_CHECK_EQUAL(shown.size(), broker_options_table().size());
  CAF_CHECK_EQUAL(text_of(shown, "max.connections"),
                  "7: max.connections=7 one, max.connections=6 all, max.connections=100 built in");
  CAF_CHECK_EQUAL(text_of(shown, "node.id"), "3 read only: node.id=3 node, node.id= built in");
  CAF_CHECK_EQUAL(text_of(shown, "log.retention.ms"),
                  "10: log.retention.ms=10 node, log.retention.ms=604800000 built in");
  CAF_CHECK_EQUAL(dynamic_number("max.connections", {one, all}).value_or(0), 7);
  CAF_CHECK(!dynamic_number("max.connections", no_broker_overrides()));
  auto of_all = describe_every_broker(all);
  CAF_REQUIRE_EQUAL(of_all.size(), 1u);
  CAF_CHECK_EQUAL(text_of(of_all, "max.connections"), "6: max.connections=6 all");
}

CAF_TEST(a name that is nearly right is answered with the right one) {
  CAF_CHECK_EQUAL(refusal("retension.ms", "1"),
                  "there is no topic option retension.ms, did you mean retention.ms?");
  CAF_CHECK_EQUAL(refusal("cleanup_policy", "1"),
                  "there is no topic option cleanup_policy, did you mean cleanup.policy?");
  CAF_CHECK_EQUAL(refusal("Retention.ms", "1"),
                  "there is no topic option Retention.ms, did you mean retention.ms?");
  CAF_CHECK_EQUAL(refusal("log.retention.ms", "1"),
                  "there is no topic option log.retention.ms: topics have it as retention.ms");
  CAF_CHECK(unknown_broker_option("log.retention.m").detail.ends_with("did you mean log.retention.ms?"));
  CAF_CHECK_EQUAL(refusal("", ""), "there is no topic option ");
  CAF_CHECK(refusal(std::string(5000, 'x'), "").size() < 300);
}

CAF_TEST(every option refuses what is of another type or beyond its range) {
  for (auto& option : topic_options_table()) {
    switch (option.type) {
    case option_type::boolean:
      for (auto bad : {"", "1", "yes", "truefalse"})
        CAF_CHECK(!valid(option.name, bad));
      break;
    case option_type::int32:
    case option_type::int64:
      for (auto bad : {"", "x", "1.5", "1e3", "true", "99999999999999999999"})
        CAF_CHECK(!valid(option.name, bad));
      CAF_CHECK(valid(option.name, std::to_string(option.least)));
      CAF_CHECK(valid(option.name, std::to_string(option.most)));
      if (option.least > INT64_MIN)
        CAF_CHECK(!valid(option.name, std::to_string(option.least - 1)));
      if (option.most < INT64_MAX)
        CAF_CHECK(!valid(option.name, std::to_string(option.most + 1)));
      break;
    case option_type::float64:
      for (auto bad : {"", "x", "-0.01", "1.01", "nan"})
        CAF_CHECK(!valid(option.name, bad));
      break;
    case option_type::text:
      for (auto bad : {"", "x", "1"})
        CAF_CHECK(!valid(option.name, bad));
      break;
    case option_type::list:
      for (auto bad : {",", "a,,b", "delete,"})
        CAF_CHECK(!valid(option.name, bad));
      break;
    }
    CAF_CHECK(!valid(option.name, std::string(32'768, '1')));
  }
}
