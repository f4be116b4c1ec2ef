// What the disk actors of a node count: journal, flusher, reader. Each number has one writer.
#pragma once

#include "actors/partition/cache_budget.hpp"
#include "runtime/metrics/registry.hpp"

#include <memory>

namespace troupe {

struct storage_metrics {
  // --- the disk actor ---
  metrics::counter journal_writes;
  metrics::counter journal_bytes;
  metrics::duration_histogram journal_write_duration; ///< until it is durable
  metrics::counter journal_full; ///< writes that found no room
  metrics::gauge journal_files;  ///< that hold what is in no segment yet
  metrics::gauge journal_files_limit;
  metrics::gauge journal_file_bytes; ///< the size of each

  // --- the flusher ---
  metrics::counter flushes;
  metrics::counter flushed_bytes;
  metrics::counter flush_failures;
  metrics::counter removed_segments; ///< by retention, or with their topic
  metrics::counter checkpoints;
  metrics::duration_histogram flush_duration; ///< of all orders that share a sync

  // --- the reader ---
  metrics::counter segment_reads;
  metrics::counter segment_read_bytes;
  metrics::counter segment_read_failures;

  // --- set once, when the node starts ---
  metrics::gauge recovery_replayed_batches;
  metrics::gauge recovery_replayed_bytes;
  metrics::gauge recovery_duration_ns;

  void collect(const cache_budget& cache, metrics::sink& to) const;
};

using storage_metrics_ptr = std::shared_ptr<storage_metrics>;

} // namespace troupe
