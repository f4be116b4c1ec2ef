// What every partition of a node counts, where those who watch can read it without asking ten thousand actors.
#pragma once

#include "runtime/base/limits.hpp"
#include "runtime/base/types.hpp"
#include "runtime/metrics/registry.hpp"

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::metrics {

/// A follower, as its leader knows it.
struct follower_progress {
  gauge node;
  gauge log_end; ///< on its disk; -1: it has not said so to this leader
};

/// Followers that are shown of a partition; those beyond are not.
inline constexpr std::size_t followers_shown_max = 7;

/// Written by the partition's actor alone, and kept over its restarts. A cache line of its own: partitions run on
/// different cores.
struct alignas(64) partition_counters {
  counter appended_batches;
  counter appended_records;
  counter appended_bytes;
  counter refused_batches; ///< what a producer sent and was not taken
  counter fetches;
  counter fetched_bytes;
  counter expired_records; ///< removed by retention or by DeleteRecords
  gauge log_start;
  gauge high_watermark;
  gauge log_end;
  gauge size_bytes;     ///< of the whole log
  gauge unflushed_bytes; ///< in the journal and not yet in segments
  gauge cached_bytes;    ///< flushed and still in memory
  gauge segments;
  gauge appended_at_ms;  ///< when the newest batch came, in ms since 1970; 0: none since the start
  gauge followers_shown; ///< the first so many of `followers`; 0 unless this replica leads
  std::array<follower_progress, followers_shown_max> followers;
};

using partition_counters_ptr = std::shared_ptr<partition_counters>;

/// One partition, at one moment.
struct partition_facts {
  topic_id id;
  std::string_view topic; ///< valid while it is looked at
  partition_id partition;
  const partition_counters& counters;
};

/// The sum over the partitions of a topic.
struct topic_totals {
  std::uint64_t partitions = 0;
  std::uint64_t appended_batches = 0;
  std::uint64_t appended_records = 0;
  std::uint64_t appended_bytes = 0;
  std::uint64_t refused_batches = 0;
  std::uint64_t fetches = 0;
  std::uint64_t fetched_bytes = 0;
  std::uint64_t expired_records = 0;
  std::int64_t records = 0; ///< offsets between start and end of the logs
  std::int64_t size_bytes = 0;
  std::int64_t unflushed_bytes = 0;
  std::int64_t cached_bytes = 0;
  std::int64_t segments = 0;
  std::int64_t appended_at_ms = 0; ///< the newest

  void add(const partition_counters& one) noexcept;
  topic_totals& operator+=(const topic_totals& other) noexcept;
};

/// Safe from any thread. Its lock is taken to add, to remove and to look, never to count.
class partition_table {
public:
  /// Topics that get a label of their own; those that come later are summed up as "_other", until one of these goes.
  static constexpr std::size_t labelled_topics_max = 500;
  /// Partitions that are listed one by one, if that is asked for.
  static constexpr std::size_t listed_partitions_max = 20'000;

  explicit partition_table(std::size_t labelled_topics = labelled_topics_max) : labelled_max_(labelled_topics) {}

  /// The counters of a partition; those that it had if it is known.
  partition_counters_ptr add(const topic_id& topic, std::string_view name, partition_id partition);
  /// The topic is deleted. What it counted stays in the sums.
  void remove(const topic_id& topic);

  /// Calls `use(partition_facts)` for each partition of the topic, in order. False: there is no such topic.
  template <class F>
  bool for_each_of(std::string_view topic, F use) const {
    std::lock_guard lock{mutex_};
    for (auto& [id, one] : topics_)
      if (one.name == topic) {
        for (auto& [partition, counters] : one.partitions)
          use(partition_facts{id, one.name, partition, *counters});
        return true;
      }
    return false;
  }
  /// The same for all partitions, in the order of topic ids.
  template <class F>
  void for_each(F use) const {
    std::lock_guard lock{mutex_};
    for (auto& [id, one] : topics_)
      for (auto& [partition, counters] : one.partitions)
        use(partition_facts{id, one.name, partition, *counters});
  }
  /// The topic's sum; nothing if there is no such topic.
  bool totals_of(std::string_view topic, topic_totals& out) const;
  /// By name.
  std::map<std::string, topic_totals> topics() const;
  topic_totals all() const;

  /// Families by topic, as troupe_topic_*.
  void collect_topics(sink& to) const;
  /// Families by partition, as troupe_partition_*: thousands of lines.
  void collect_partitions(sink& to) const;

private:
  struct topic {
    std::string name;
    std::map<partition_id, partition_counters_ptr> partitions;
    bool labelled = false;
  };

  topic_totals sum(const topic& one) const;

  const std::size_t labelled_max_;
  mutable std::mutex mutex_;
  std::map<topic_id, topic> topics_;
  std::size_t labelled_ = 0;
  topic_totals gone_; ///< what deleted topics counted: a sum never falls
};

} // namespace troupe::metrics
