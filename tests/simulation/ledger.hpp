// What is known of the world without asking the node: every record that anybody tried to write, where each
// was seen, and the topics. Clients write it, checkers compare it with what the node says.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/random.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::simulation {

/// A partition, by the name of its topic; names are never used twice.
struct place {
  std::string topic;
  std::int32_t partition = 0;

  auto operator<=>(const place&) const = default;
  std::string to_string() const { return topic + "-" + std::to_string(partition); }
};

using record_number = std::uint64_t;

/// A record that somebody tried to write. Its value names it, and ends with a checksum.
struct attempt {
  place where;
  int producer = 0;
  std::uint32_t connection = 0; ///< of the producer, counted: on which it was sent first
  std::string key;
  std::string value;
  timestamp_ms time;
  bool exactly_once = false; ///< its producer is idempotent
  std::uint32_t sent = 0;    ///< how many times
};

enum class topic_state { asked_for, live, leaving, gone };

struct topic_facts {
  std::string name;
  topic_id id;
  std::int32_t partitions = 0;
  topic_state state = topic_state::asked_for;
};

/// What the node itself has said of a partition.
struct partition_facts {
  std::map<std::int64_t, record_number> at; ///< what was acknowledged or read, by offset
  std::int64_t acknowledged_end = 0;        ///< behind the last record that was acknowledged
  std::int64_t high_watermark = 0;          ///< the highest that anybody was told
  std::int64_t log_start = 0;               ///< the highest that anybody was told
  bool is_deleted_from = false;             ///< somebody asked for a deletion, at least
  std::vector<std::pair<std::int64_t, std::int64_t>> may_lack; ///< [from, end): was in what is damaged

  /// Whether all of [from, end) may be missing.
  bool may_lack_all(std::int64_t from, std::int64_t end) const;
};

class ledger {
public:
  /// Invents a record. Times lie around `now`, in no order.
  record_number invent(random_source& random, const place& where, int producer, timestamp_ms now,
                       std::uint64_t padding_max_bytes);
  attempt& of(record_number number) { return attempts_.at(number); }
  const attempt& of(record_number number) const { return attempts_.at(number); }
  /// Which record this is; nothing if it is none that was ever invented, or is damaged.
  std::optional<record_number> recognise(std::string_view value) const;

  /// [from, end) was in something that is damaged now: it may be missing; if nothing follows, the log ends before it.
  void may_lack(const topic_partition& where, std::int64_t from, std::int64_t end);

  partition_facts& facts(const place& where) { return partitions_[where]; }
  const std::map<place, partition_facts>& partitions() const { return partitions_; }

  std::vector<topic_facts>& topics() { return topics_; }
  const std::vector<topic_facts>& topics() const { return topics_; }
  topic_facts* find(const std::string& name);
  /// Only some answers tell a client the id.
  const topic_facts* find(const topic_id& id) const;
  bool is_live(const std::string& name);
  std::vector<place> live_places() const;

private:
  std::vector<attempt> attempts_;
  std::map<place, partition_facts> partitions_;
  std::vector<topic_facts> topics_;
};

} // namespace troupe::simulation
