// What `troupe topic` can do, one function for each of its subcommands. All give an exit code.
#pragma once

#include "actors/node/command/arguments.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe::command {

/// What the subcommands of `troupe topic` can be told; each looks at its own part.
struct topic_arguments {
  connection_arguments connection;
  std::vector<std::string> names;
  std::vector<std::string> settings; // --option NAME=VALUE
  std::vector<std::string> resets;   // --reset NAME
  std::int32_t partitions = -1;
  std::int16_t replication_factor = -1;
  std::vector<std::int32_t> only_partitions; // --partition, empty: all
  std::string where;                         // --at, --before
  bool if_needed = false;                    // --if-not-exists or --if-exists
  bool with_internal = false;
  bool with_options = false;
  bool only_validates = false;
  bool is_json = false;

  /// --timeout as the wire has it.
  std::int32_t wire_timeout_ms() const;
};

/// How a change of one topic went.
struct topic_change {
  std::string topic;
  std::int16_t code = 0; // Kafka's, 0 is done
  std::optional<std::string> said;
  /// The code that means "nothing to do" under --if-exists and --if-not-exists.
  std::int16_t already = 0;
};

/// One line about one topic: "created topic 'orders'", an object with --json, or an error.
int report_change(const topic_arguments& arguments, const streams& to, const topic_change& change,
                  std::string_view done);

/// The names that were given or else those of all topics, with internal ones only if that was asked for.
result<std::vector<std::string>> chosen_topics(const topic_arguments& arguments, kafka_client& client);

int describe_topics(const topic_arguments& arguments, const streams& to, kafka_client& client);
int alter_topics(const topic_arguments& arguments, const streams& to, kafka_client& client);
int show_offsets(const topic_arguments& arguments, const streams& to, kafka_client& client);
int delete_records(const topic_arguments& arguments, const streams& to, kafka_client& client);

} // namespace troupe::command
