#include "runtime/metrics/partition_table.hpp"

#include <algorithm>
#include <array>

namespace troupe::metrics {

namespace {

constexpr std::string_view other_topics = "_other";

/// A number that there is one of for each `Of`.
template <class Of>
struct family_of {
  std::string_view name;
  family_kind kind;
  std::string_view help;
  double (*value)(const Of&);
};

using topic_family = family_of<topic_totals>;
using partition_family = family_of<partition_counters>;

template <auto Member>
double member(const topic_totals& totals) {
  return static_cast<double>(totals.*Member);
}

constexpr std::array topic_families{
    topic_family{"troupe_topic_partitions", family_kind::gauge, "Partitions of the topic on this node.",
                 member<&topic_totals::partitions>},
    topic_family{"troupe_topic_appended_bytes_total", family_kind::counter, "Bytes of record batches that were appended.",
                 member<&topic_totals::appended_bytes>},
    topic_family{"troupe_topic_appended_records_total", family_kind::counter, "Records that were appended.",
                 member<&topic_totals::appended_records>},
    topic_family{"troupe_topic_appended_batches_total", family_kind::counter, "Record batches that were appended.",
                 member<&topic_totals::appended_batches>},
    topic_family{"troupe_topic_refused_batches_total", family_kind::counter,
                 "Record batches that were refused: invalid, out of sequence, or no room.",
                 member<&topic_totals::refused_batches>},
    topic_family{"troupe_topic_fetches_total", family_kind::counter, "Reads of a partition.",
                 member<&topic_totals::fetches>},
    topic_family{"troupe_topic_fetched_bytes_total", family_kind::counter, "Bytes of record batches that were read.",
                 member<&topic_totals::fetched_bytes>},
    topic_family{"troupe_topic_expired_records_total", family_kind::counter,
                 "Records that retention or DeleteRecords removed.", member<&topic_totals::expired_records>},
    topic_family{"troupe_topic_log_size_bytes", family_kind::gauge, "Size of the topic's logs on this node.",
                 member<&topic_totals::size_bytes>},
    topic_family{"troupe_topic_segments", family_kind::gauge, "Segment files.", member<&topic_totals::segments>},
};

template <auto Member>
double reading(const partition_counters& counters) {
  return static_cast<double>((counters.*Member).value());
}

constexpr std::array partition_families{
    partition_family{"troupe_partition_log_start_offset", family_kind::gauge, "The first offset that can be read.",
                     reading<&partition_counters::log_start>},
    partition_family{"troupe_partition_high_watermark_offset", family_kind::gauge,
                     "Everything below it is durable and can be read.", reading<&partition_counters::high_watermark>},
    partition_family{"troupe_partition_log_size_bytes", family_kind::gauge, "Size of the partition's log.",
                     reading<&partition_counters::size_bytes>},
    partition_family{"troupe_partition_appended_bytes_total", family_kind::counter,
                     "Bytes of record batches that were appended.", reading<&partition_counters::appended_bytes>},
    partition_family{"troupe_partition_fetched_bytes_total", family_kind::counter,
                     "Bytes of record batches that were read.", reading<&partition_counters::fetched_bytes>},
};

} // namespace

void topic_totals::add(const partition_counters& one) noexcept {
  ++partitions;
  appended_batches += one.appended_batches.value();
  appended_records += one.appended_records.value();
  appended_bytes += one.appended_bytes.value();
  refused_batches += one.refused_batches.value();
  fetches += one.fetches.value();
  fetched_bytes += one.fetched_bytes.value();
  expired_records += one.expired_records.value();
  records += one.log_end.value() - one.log_start.value();
  size_bytes += one.size_bytes.value();
  unflushed_bytes += one.unflushed_bytes.value();
  cached_bytes += one.cached_bytes.value();
  segments += one.segments.value();
  appended_at_ms = std::max(appended_at_ms, one.appended_at_ms.value());
}

topic_totals& topic_totals::operator+=(const topic_totals& other) noexcept {
  partitions += other.partitions;
  appended_batches += other.appended_batches;
  appended_records += other.appended_records;
  appended_bytes += other.appended_bytes;
  refused_batches += other.refused_batches;
  fetches += other.fetches;
  fetched_bytes += other.fetched_bytes;
  expired_records += other.expired_records;
  records += other.records;
  size_bytes += other.size_bytes;
  unflushed_bytes += other.unflushed_bytes;
  cached_bytes += other.cached_bytes;
  segments += other.segments;
  appended_at_ms = std::max(appended_at_ms, other.appended_at_ms);
  return *this;
}

partition_counters_ptr partition_table::add(const topic_id& topic, std::string_view name, partition_id partition) {
  std::lock_guard lock{mutex_};
  auto [known, is_new] = topics_.try_emplace(topic);
  auto& one = known->second;
  if (is_new) {
    one.name = name;
    one.labelled = labelled_ < labelled_max_;
    labelled_ += one.labelled;
  }
  auto& counters = one.partitions[partition];
  if (!counters)
    counters = std::make_shared<partition_counters>();
  return counters;
}

void partition_table::remove(const topic_id& topic) {
  std::lock_guard lock{mutex_};
  auto known = topics_.find(topic);
  if (known == topics_.end())
    return;
  auto counted = sum(known->second);
  // What was there is gone; what was counted stays.
  counted.partitions = 0;
  counted.records = counted.size_bytes = counted.unflushed_bytes = counted.cached_bytes = counted.segments = 0;
  counted.appended_at_ms = 0;
  gone_ += counted;
  labelled_ -= known->second.labelled;
  topics_.erase(known);
}

topic_totals partition_table::sum(const topic& one) const {
  topic_totals totals;
  for (auto& [partition, counters] : one.partitions)
    totals.add(*counters);
  return totals;
}

bool partition_table::totals_of(std::string_view topic, topic_totals& out) const {
  std::lock_guard lock{mutex_};
  for (auto& [id, one] : topics_)
    if (one.name == topic) {
      out = sum(one);
      return true;
    }
  return false;
}

std::map<std::string, topic_totals> partition_table::topics() const {
  std::lock_guard lock{mutex_};
  std::map<std::string, topic_totals> all;
  for (auto& [id, one] : topics_)
    all.emplace(one.name, sum(one));
  return all;
}

topic_totals partition_table::all() const {
  std::lock_guard lock{mutex_};
  auto totals = gone_;
  for (auto& [id, one] : topics_)
    totals += sum(one);
  return totals;
}

void partition_table::collect_topics(sink& to) const {
  std::lock_guard lock{mutex_};
  std::map<std::string_view, topic_totals> by_name;
  topic_totals others = gone_;
  for (auto& [id, one] : topics_)
    (one.labelled ? by_name[one.name] : others) += sum(one);
  for (auto& family : topic_families) {
    if (!to.family(family.name, family.kind, family.help))
      continue;
    for (auto& [name, totals] : by_name)
      to.sample({{"topic", name}}, family.value(totals));
    to.sample({{"topic", other_topics}}, family.value(others));
  }
}

void partition_table::collect_partitions(sink& to) const {
  struct row {
    std::string_view topic;
    std::string partition;
    const partition_counters* counters;
  };
  std::lock_guard lock{mutex_};
  std::vector<row> rows;
  for (auto& [id, one] : topics_)
    for (auto& [partition, counters] : one.partitions)
      if (rows.size() < listed_partitions_max)
        rows.push_back({one.name, std::to_string(partition.value()), counters.get()});
  for (auto& family : partition_families) {
    if (!to.family(family.name, family.kind, family.help))
      continue;
    for (auto& row : rows)
      to.sample({{"topic", row.topic}, {"partition", row.partition}}, family.value(*row.counters));
  }
}

} // namespace troupe::metrics
