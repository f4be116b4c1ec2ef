// The table of a broker's options: the defaults of topics under the broker's names (apache/kafka,
// ServerTopicConfigSynonyms), and what a node reads from its own configuration.
#include "runtime/base/check.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/metadata/topic_config.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace troupe::metadata {

namespace {

using enum option_type;

constexpr std::int64_t most32 = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t most64 = std::numeric_limits<std::int64_t>::max();

/// The broker's name and the topic's.
constexpr std::pair<std::string_view, std::string_view> default_names[] = {
    {"compression.gzip.level", "compression.gzip.level"},
    {"compression.lz4.level", "compression.lz4.level"},
    {"compression.type", "compression.type"},
    {"compression.zstd.level", "compression.zstd.level"},
    {"log.cleaner.delete.retention.ms", "delete.retention.ms"},
    {"log.cleaner.max.compaction.lag.ms", "max.compaction.lag.ms"},
    {"log.cleaner.min.cleanable.ratio", "min.cleanable.dirty.ratio"},
    {"log.cleaner.min.compaction.lag.ms", "min.compaction.lag.ms"},
    {"log.cleanup.policy", "cleanup.policy"},
    {"log.flush.interval.messages", "flush.messages"},
    {"log.flush.interval.ms", "flush.ms"},
    {"log.index.interval.bytes", "index.interval.bytes"},
    {"log.index.size.max.bytes", "segment.index.bytes"},
    {"log.local.retention.bytes", "local.retention.bytes"},
    {"log.local.retention.ms", "local.retention.ms"},
    {"log.message.timestamp.after.max.ms", "message.timestamp.after.max.ms"},
    {"log.message.timestamp.before.max.ms", "message.timestamp.before.max.ms"},
    {"log.message.timestamp.type", "message.timestamp.type"},
    {"log.preallocate", "preallocate"},
    {"log.retention.bytes", "retention.bytes"},
    {"log.retention.ms", "retention.ms"},
    {"log.roll.jitter.ms", "segment.jitter.ms"},
    {"log.roll.ms", "segment.ms"},
    {"log.segment.bytes", "segment.bytes"},
    {"log.segment.delete.delay.ms", "file.delete.delay.ms"},
    {"message.max.bytes", "max.message.bytes"},
    {"min.insync.replicas", "min.insync.replicas"},
    {"unclean.leader.election.enable", "unclean.leader.election.enable"},
};

constexpr config_option own_number(std::string_view name, option_type type, std::int64_t least,
                                   std::string_view documentation) {
  return {name, type, "", least, type == int32 ? most32 : most64, "", option_effect::full, documentation};
}

constexpr config_option own_words(std::string_view name, option_type type, std::string_view choices,
                                  std::string_view documentation) {
  return {name, type, "", 0, 0, choices, option_effect::full, documentation};
}

constexpr config_option throttle(std::string_view name, option_effect effect,
                                 std::string_view documentation) {
  return {name, int64, "9223372036854775807", 0, most64, "", effect, documentation};
}

/// Their values are the node's to tell: see broker_settings.
constexpr config_option own_options[] = {
    own_words("advertised.listeners", text, "", "The addresses that clients are told to connect to."),
    own_words("auto.create.topics.enable", boolean, "true,false",
              "Make a topic when a client asks for one that is not there."),
    own_number("broker.id", int32, 0, "The number of this node in its cluster, under its older name."),
    own_words("broker.rack", text, "", "Where this node stands: replicas are put into different racks."),
    own_number("cache.bytes", int64, 0, "Memory for records; 0 lets the node choose."),
    own_number("connections.max.idle.ms", int64, 1, "A connection that is silent for so long is closed."),
    own_number("default.replication.factor", int32, 1, "Replicas of a new topic that does not say how many."),
    own_number("fetch.max.bytes", int32, 1024,
               "What a fetch returns at the most, whatever the client asks for."),
    throttle("follower.replication.throttled.rate", option_effect::full,
             "Bytes a second that throttled replicas of this node fetch, all together; 0 counts as 1."),
    own_number("journal.file.bytes", int64, 0, "The size of one journal file."),
    own_number("journal.files", int32, 2, "The journal's files at the most: bounds the time of a recovery."),
    throttle("leader.replication.throttled.rate", option_effect::full,
             "Bytes a second that throttled replicas of this node serve, all together; 0 counts as 1."),
    own_words("listeners", text, "", "The addresses that Kafka clients may connect to."),
    own_words("log.dir", text, "", "Where this node keeps everything."),
    own_words("log.dirs", text, "", "Where this node keeps everything."),
    own_words("log.format", text, "text,json", "How a log line is written."),
    own_words("log.level", text, "trace,debug,info,warning,error",
              "The least important lines that are logged."),
    own_number("log.retention.check.interval.ms", int64, 1,
               "How often the node looks for records to delete."),
    own_number("max.connections", int32, 1,
               "Client connections of a listener at a time; further ones are closed."),
    own_number("max.incremental.fetch.session.cache.slots", int32, 0,
               "Fetch sessions that are remembered at the most; 0: none are begun."),
    own_number("node.id", int32, 0, "The number of this node in its cluster."),
    own_number("num.partitions", int32, 1, "Partitions of a new topic that does not say how many."),
    own_number("producer.id.expiration.ms", int64, 1,
               "An idempotent producer that is silent for so long is forgotten."),
    throttle("replica.alter.log.dirs.io.max.bytes.per.second", option_effect::none,
             "Bytes a second at which replicas move between directories; a broker has only one."),
    own_words("replica.selector.class", text, "",
              "How consumers that say their rack find the replica to read from: the nearest one, where nodes have racks."),
    own_number("shutdown.timeout.ms", int64, 1,
               "From SIGTERM to the end of the process, whatever is left to do."),
    own_number("socket.request.max.bytes", int32, 64 * 1024, "The largest request that a client may send."),
};

constexpr std::string_view dynamic_own_options[] = {
    "follower.replication.throttled.rate",
    "leader.replication.throttled.rate",
    "max.connections",
    "producer.id.expiration.ms",
    "replica.alter.log.dirs.io.max.bytes.per.second",
};

std::vector<broker_option> make_table() {
  std::vector<broker_option> table;
  for (auto& [name, topic_name] : default_names) {
    auto* topic = find_topic_option(topic_name);
    CHECK(topic != nullptr, "brokers give defaults of options that there are");
    auto is = *topic;
    is.name = name;
    table.push_back({is, topic, true});
  }
  for (auto& is : own_options)
    table.push_back({is, nullptr,
                     std::find(std::begin(dynamic_own_options), std::end(dynamic_own_options), is.name)
                         != std::end(dynamic_own_options)});
  std::sort(table.begin(), table.end(), [](auto& a, auto& b) { return a.is.name < b.is.name; });
  return table;
}

const std::vector<broker_option>& broker_table() {
  static const auto table = make_table();
  return table;
}

} // namespace

std::span<const broker_option> broker_options_table() { return broker_table(); }

const broker_option* find_broker_option(std::string_view name) {
  auto& table = broker_table();
  auto found = std::lower_bound(table.begin(), table.end(), name,
                                [](auto& option, auto wanted) { return option.is.name < wanted; });
  return found != table.end() && found->is.name == name ? &*found : nullptr;
}

const broker_option* find_default_of(const config_option& topic) {
  static const auto by_topic = [] {
    std::map<std::string_view, const broker_option*> made;
    for (auto& option : broker_table())
      if (option.topic)
        made.emplace(option.topic->name, &option);
    return made;
  }();
  auto found = by_topic.find(topic.name);
  return found == by_topic.end() ? nullptr : found->second;
}

} // namespace troupe::metadata
