// The table of all options. Sorted by name.
#include "runtime/base/limits.hpp"
#include "runtime/metadata/topic_config.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace troupe::metadata {

namespace {

using enum option_type;
using enum option_effect;

constexpr auto any32 = std::numeric_limits<std::int32_t>::max();
constexpr auto any64 = std::numeric_limits<std::int64_t>::max();

constexpr config_option flag(std::string_view name, std::string_view value, option_effect effect,
                             std::string_view documentation) {
  return {name, boolean, value, 0, 0, "true,false", effect, documentation};
}

constexpr config_option number(std::string_view name, option_type type, std::string_view value,
                               std::int64_t least, std::int64_t most, option_effect effect,
                               std::string_view documentation) {
  return {name, type, value, least, most, "", effect, documentation};
}

constexpr config_option words(std::string_view name, option_type type, std::string_view value,
                              std::string_view choices, option_effect effect,
                              std::string_view documentation) {
  return {name, type, value, 0, 0, choices, effect, documentation};
}

constexpr std::array topic_table{
    words("cleanup.policy", list, "delete", "compact,delete", partial,
          "What happens to old records: delete removes whole segments by age and size; compact keeps the "
          "last record of each "
          "key. So far compact only makes records without a key invalid: nothing is compacted yet."),
    number("compression.gzip.level", int32, "-1", -1, 9, full,
           "How hard batches are compressed anew if compression.type is gzip; -1: the codec's own choice."),
    number("compression.lz4.level", int32, "9", 1, 17, full,
           "How hard batches are compressed anew if compression.type is lz4."),
    words("compression.type", text, "producer", "gzip,lz4,producer,snappy,uncompressed,zstd", full,
          "How batches are kept: as their producer compressed them (producer), without compression, or "
          "compressed anew unless they have that codec already."),
    number("compression.zstd.level", int32, "3", -131072, 22, full,
           "How hard batches are compressed anew if compression.type is zstd."),
    number("delete.retention.ms", int64, "86400000", 0, any64, none,
           "How long compaction keeps the marks of deleted keys; nothing is compacted yet."),
    number(
        "file.delete.delay.ms", int64, "60000", 0, any64, none,
        "How long a file outlives its removal from the log: not needed here, readers keep what they read."),
    number("flush.messages", int64, "9223372036854775807", 1, any64, none,
           "Records between two syncs: every acknowledged record is on disk already."),
    number("flush.ms", int64, "9223372036854775807", 0, any64, none,
           "Time between two syncs: every acknowledged record is on disk already."),
    words("follower.replication.throttled.replicas", list, "", "", full,
          "Replicas that are slowed down as followers until they are in sync: partition:broker,... or *."),
    number("index.interval.bytes", int32, "4096", 0, any32, full,
           "The bytes of a segment between two entries of its index."),
    words("leader.replication.throttled.replicas", list, "", "", full,
          "Replicas that, as leaders, serve followers slowly until these are in sync: partition:broker,... "
          "or *."),
    number("local.retention.bytes", int64, "-2", -2, any64, none,
           "Concerns tiered storage, which there is none of."),
    number("local.retention.ms", int64, "-2", -2, any64, none,
           "Concerns tiered storage, which there is none of."),
    number("max.compaction.lag.ms", int64, "9223372036854775807", 1, any64, none,
           "When a record is compacted at the latest; nothing is compacted yet."),
    number("max.message.bytes", int32, "1048588", 0, static_cast<std::int64_t>(limits::batch_max_bytes), full,
           "The largest record batch that is accepted, as it is on the wire."),
    number("message.timestamp.after.max.ms", int64, "3600000", 0, any64, full,
           "How far a record's timestamp may lie ahead of the broker's clock."),
    number("message.timestamp.before.max.ms", int64, "9223372036854775807", 0, any64, full,
           "How far a record's timestamp may lie behind the broker's clock."),
    words("message.timestamp.type", text, "CreateTime", "CreateTime,LogAppendTime", full,
          "Whose clock stamps a record: the producer's, or the broker's when it appends."),
    number("min.cleanable.dirty.ratio", float64, "0.5", 0, 1, none,
           "How much of a log is to be uncompacted before it is compacted; nothing is compacted yet."),
    number("min.compaction.lag.ms", int64, "0", 0, any64, none,
           "When a record is compacted at the earliest; nothing is compacted yet."),
    number("min.insync.replicas", int32, "0", 1, any32, full,
           "The replicas that must have a record on disk before acks=all is answered. Unless it is set, a "
           "majority of them."),
    flag("preallocate", "false", none, "Whether segment files are allocated in advance."),
    flag("remote.log.copy.disable", "false", none, "Concerns tiered storage, which there is none of."),
    flag("remote.log.delete.on.disable", "false", none, "Concerns tiered storage, which there is none of."),
    words("remote.storage.enable", boolean, "false", "false", none, "There is no tiered storage."),
    number("retention.bytes", int64, "-1", -1, any64, full,
           "The size of a partition beyond which its oldest segments are deleted; -1: no limit."),
    number("retention.ms", int64, "604800000", -1, any64, full,
           "The age beyond which a partition's segments are deleted; -1: no limit."),
    number("segment.bytes", int32, "1073741824", 1024 * 1024, any32, full,
           "The size at which a new segment is begun."),
    number("segment.index.bytes", int32, "10485760", 4, any32, none,
           "The largest index of a segment: indexes grow as they have to."),
    number("segment.jitter.ms", int64, "0", 0, any64, none,
           "Spreads the time at which new segments are begun."),
    number("segment.ms", int64, "604800000", 1, any64, full, "The age at which a new segment is begun."),
    flag("unclean.leader.election.enable", "false", full,
         "Whether a replica that may lack records is made leader when no other is left."),
};

static_assert(std::is_sorted(topic_table.begin(), topic_table.end(),
                             [](auto& a, auto& b) { return a.name < b.name; }));

} // namespace

std::span<const config_option> topic_options_table() { return topic_table; }

const config_option* find_topic_option(std::string_view name) {
  auto found = std::lower_bound(topic_table.begin(), topic_table.end(), name,
                                [](auto& option, auto wanted) { return option.name < wanted; });
  return found != topic_table.end() && found->name == name ? &*found : nullptr;
}

} // namespace troupe::metadata
