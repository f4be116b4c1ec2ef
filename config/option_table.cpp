#include "config/option_table.hpp"

#include <array>

namespace troupe::config {

namespace {

using enum option_kind;
using node_row = option<node_options>;
using listener_row = option<listener_options>;

constexpr std::int64_t int32_max = INT32_MAX;
constexpr std::int64_t int64_max = INT64_MAX;
constexpr auto kib = static_cast<std::int64_t>(limits::kib);
constexpr auto gib = static_cast<std::int64_t>(limits::gib);
constexpr std::int64_t batch_max = limits::batch_max_bytes;
constexpr std::int64_t journal_file_min = 4 * limits::journal_group_max_bytes;

constexpr std::array node_rows{
    node_row{"node_id",
             integer,
             &node_options::node_id,
             0,
             int32_max,
             {},
             "The number of this node in its cluster."},
    node_row{"data_directory",
             text,
             &node_options::data_directory,
             0,
             0,
             {},
             "Where this node keeps everything; made if it is not there."},
    node_row{"auto_create_topics_enable",
             boolean,
             &node_options::auto_create_topics_enable,
             0,
             0,
             {},
             "Make a topic when a client asks for one that is not there."},
    node_row{"num_partitions",
             integer,
             &node_options::num_partitions,
             1,
             limits::partitions_per_topic_max,
             {},
             "Partitions of a new topic that does not say how many."},
    node_row{"default_replication_factor",
             integer,
             &node_options::default_replication_factor,
             1,
             32767,
             {},
             "Replicas of a new topic that does not say how many."},
    node_row{"min_insync_replicas",
             integer,
             &node_options::min_insync_replicas,
             0,
             32767,
             {},
             "Replicas that must have a record before acks=all is answered; 0 is a majority."},
    node_row{"log_retention_ms",
             duration,
             &node_options::log_retention_ms,
             -1,
             int64_max,
             {},
             "Records older than this are deleted; -1 keeps them for ever."},
    node_row{"log_retention_bytes",
             size,
             &node_options::log_retention_bytes,
             -1,
             int64_max,
             {},
             "The oldest records of a partition that is larger are deleted; -1 keeps them."},
    node_row{"log_segment_bytes",
             size,
             &node_options::log_segment_bytes,
             1024 * kib,
             2 * gib - 1,
             {},
             "A segment file that is larger is closed, and a new one begun."},
    node_row{"log_roll_ms",
             duration,
             &node_options::log_roll_ms,
             1,
             int64_max,
             {},
             "A segment file that is older is closed, so that retention can delete it."},
    node_row{"log_index_interval_bytes",
             size,
             &node_options::log_index_interval_bytes,
             0,
             int32_max,
             {},
             "Bytes of records between two entries of a segment's index."},
    node_row{"message_max_bytes",
             size,
             &node_options::message_max_bytes,
             0,
             batch_max,
             {},
             "The largest record batch that a topic takes, after compression."},
    node_row{"log_message_timestamp_type", choice, &node_options::log_message_timestamp_type, 0, 0,
             "CreateTime LogAppendTime", "Whose clock stamps a record: the producer's or the node's."},
    node_row{"log_message_timestamp_before_max_ms",
             duration,
             &node_options::log_message_timestamp_before_max_ms,
             0,
             int64_max,
             {},
             "How far a record's own time may lie behind the node's."},
    node_row{"log_message_timestamp_after_max_ms",
             duration,
             &node_options::log_message_timestamp_after_max_ms,
             0,
             int64_max,
             {},
             "How far a record's own time may lie ahead of the node's."},
    node_row{"log_retention_check_interval_ms",
             duration,
             &node_options::log_retention_check_interval_ms,
             1,
             int64_max,
             {},
             "How often the node looks for records to delete."},
    node_row{"producer_id_expiration_ms",
             duration,
             &node_options::producer_id_expiration_ms,
             1,
             int64_max,
             {},
             "An idempotent producer that is silent for so long is forgotten."},
    node_row{"connections_max",
             integer,
             &node_options::connections_max,
             1,
             1'000'000,
             {},
             "Client connections at a time; further ones are closed."},
    node_row{"connections_max_idle_ms",
             duration,
             &node_options::connections_max_idle_ms,
             1,
             int64_max,
             {},
             "A connection that is silent for so long is closed."},
    node_row{"socket_request_max_bytes",
             size,
             &node_options::socket_request_max_bytes,
             64 * kib,
             limits::frame_max_bytes,
             {},
             "The largest request that a client may send."},
    node_row{"fetch_max_bytes",
             size,
             &node_options::fetch_max_bytes,
             1 * kib,
             limits::fetch_max_bytes,
             {},
             "What a fetch returns at the most, whatever the client asks for."},
    node_row{"journal_file_bytes",
             size,
             &node_options::journal_file_bytes,
             journal_file_min,
             4 * gib,
             {},
             "The size of one journal file, a multiple of 4KiB; files are made once and used again."},
    node_row{"journal_files",
             integer,
             &node_options::journal_files,
             2,
             1024,
             {},
             "The journal's files at the most: bounds the time of a recovery."},
    node_row{"cache_bytes",
             size,
             &node_options::cache_bytes,
             0,
             int64_max,
             {},
             "Memory for records; 0 lets the node choose: a quarter of the machine's, with a cap."},
    node_row{"shutdown_timeout_ms",
             duration,
             &node_options::shutdown_timeout_ms,
             1,
             24 * 60 * 60 * 1000,
             {},
             "From SIGTERM to the end of the process, whatever is left to do."},
    node_row{"log_level", choice, &node_options::log_level, 0, 0, "trace debug info warning error",
             "The least important lines that are logged."},
    node_row{"log_format", choice, &node_options::log_format, 0, 0, "text json",
             "How a log line is written."},
};

constexpr std::array listener_rows{
    listener_row{"host", text, &listener_options::host, 0, 0, {}, "The address to listen on."},
    listener_row{"port",
                 integer,
                 &listener_options::port,
                 0,
                 65535,
                 {},
                 "The port to listen on; 0 lets the system choose a free one."},
    listener_row{"advertised_host",
                 text,
                 &listener_options::advertised_host,
                 0,
                 0,
                 {},
                 "What clients are told to connect to, if it is not the host."},
    listener_row{"advertised_port",
                 integer,
                 &listener_options::advertised_port,
                 0,
                 65535,
                 {},
                 "What clients are told to connect to, if it is not the port."},
    listener_row{"insecure",
                 boolean,
                 &listener_options::insecure,
                 0,
                 0,
                 {},
                 "Needed beyond loopback: says that everybody who reaches it may read and write everything."},
};

} // namespace

std::span<const option<node_options>> node_option_table() noexcept { return node_rows; }

std::span<const option<listener_options>> listener_option_table() noexcept { return listener_rows; }

std::string_view describe(option_kind kind) noexcept {
  switch (kind) {
  case boolean:
    return "true or false";
  case integer:
    return "an integer";
  case size:
    return "a size in bytes, such as 1048576 or \"1MiB\"";
  case duration:
    return "a duration in milliseconds, such as 60000, or with a unit, such as \"7d\"";
  case text:
    return "a text in quotation marks";
  case choice:
    return "one of the allowed words in quotation marks";
  }
  return {};
}

} // namespace troupe::config
