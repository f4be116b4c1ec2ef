#include "actors/node/node_parts.hpp"

#include "actors/node/broker_settings.hpp"
#include "actors/node/node_peers.hpp"
#include "runtime/base/random.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>
#include <unistd.h>

namespace troupe {

namespace {

/// Of the machine's memory, and at most this much, for records that are already in segments: memory that is used again costs
/// less than memory that the kernel must hand out first.
constexpr std::int64_t cache_share = 4;
constexpr std::int64_t cache_max_bytes = static_cast<std::int64_t>(limits::gib);

std::int64_t cache_limit(const config::node_options& options) {
  if (options.cache_bytes > 0)
    return options.cache_bytes;
  auto memory = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  return std::min(memory / cache_share, cache_max_bytes);
}

std::array<std::uint8_t, 16> random_id(random_source& random) {
  std::array<std::uint8_t, 16> id;
  for (auto& byte : id)
    byte = static_cast<std::uint8_t>(random.next());
  id[0] |= 1; // never all zeros
  return id;
}

storage::data_directory_options directory_options(const config::node_options& options,
                                                  const node_ports& ports) {
  random_source random{ports.seed};
  storage::data_directory_options wanted;
  wanted.path = options.data_directory;
  wanted.node = node_id{options.node_id};
  wanted.fresh_directory_id = random_id(random);
  if (!has_peers(options)) // with peers it is theirs to know
    wanted.fresh_cluster_id = topic_id{random_id(random)}.to_string();
  wanted.journal.file_size_bytes = static_cast<std::uint64_t>(options.journal_file_bytes);
  wanted.journal.files_max = static_cast<std::size_t>(options.journal_files);
  wanted.journal.group_max_bytes = ports.sizes.journal_group_max_bytes;
  wanted.segments = ports.sizes.segments;
  return wanted;
}

void log_report(const std::string& path, const storage::recovery_report& report) {
  for (auto& damage : report.damage)
    spdlog::error("storage: {}", damage);
  if (report.rebuilt)
    spdlog::warn("storage: the checkpoint of {} was damaged; it was rebuilt from the segments", path);
  if (!report.direct)
    spdlog::warn("storage: the file system of {} has no direct I/O: writes go through the page cache, synced",
                 path);
  spdlog::info("storage: {}: {} batches from {} MiB of journal", path, report.replayed_batches,
               report.journal_bytes / limits::mib);
}

storage_metrics_ptr first_metrics(const storage::recovery_report& report, std::int64_t duration_ns) {
  auto metrics = std::make_shared<storage_metrics>();
  metrics->recovery_replayed_batches.set(static_cast<std::int64_t>(report.replayed_batches));
  metrics->recovery_replayed_bytes.set(static_cast<std::int64_t>(report.journal_bytes));
  metrics->recovery_duration_ns.set(duration_ns);
  return metrics;
}

admin::admin_environment watch_of(const node_parts& parts) {
  admin::admin_environment watch;
  watch.clock = parts.ports.clock;
  watch.self = node_id{parts.options.node_id};
  watch.version = TROUPE_VERSION;
  watch.cluster_id = parts.cluster_id;
  watch.data_directory = parts.options.data_directory;
  watch.own_thread = parts.ports.own_threads;
  watch.supervision = std::make_shared<supervision_log>(*parts.ports.clock);
  return watch;
}

} // namespace

result<node_parts> open_node(const config::node_options& options, const node_ports& ports) {
  node_parts parts;
  parts.options = options;
  parts.ports = ports;
  auto defaults = metadata::topic_defaults::make(broker_settings_of(options));
  if (!defaults)
    return fail(std::move(defaults));
  parts.defaults = std::move(*defaults);
  auto begin_ns = ports.clock->monotonic_ns();
  auto before = storage::read_meta(*ports.files, options.data_directory);
  auto directory = storage::open_data_directory(*ports.files, directory_options(options, ports));
  if (!directory)
    return fail(std::move(directory));
  log_report(options.data_directory, directory->report);
  parts.storage_metrics = first_metrics(directory->report, ports.clock->monotonic_ns() - begin_ns);
  auto raft = open_raft(*ports.files, options.data_directory + "/metadata", quorum_of(options, ports.seed));
  if (!raft)
    return fail(std::move(raft));
  parts.cluster_id = directory->meta.cluster_id;
  // A directory knows its cluster only since its broker was registered: whoever had lost everything, and died before that,
  // has still to say so.
  parts.storage_kept = before.has_value() && !before->cluster_id.empty() && directory->report.damage.empty()
                       && !directory->report.damage_untold;
  parts.watch = watch_of(parts);
  parts.raft = std::make_shared<raft_start>(std::move(*raft));
  parts.lock = std::move(directory->lock);
  parts.journal = std::move(directory->journal);
  parts.segments = std::move(directory->segments);
  parts.recovered = std::make_shared<recovered_partitions>(std::move(directory->partitions));
  parts.cache = std::make_shared<cache_budget>(cache_limit(options));
  return parts;
}

} // namespace troupe
