#include "actors/partition/storage_metrics.hpp"

namespace troupe {

void storage_metrics::collect(const cache_budget& cache, metrics::sink& to) const {
  auto of = [](const auto& instrument) { return static_cast<double>(instrument.value()); };
  to.counter("troupe_journal_writes_total", "Group commits: writes of the journal.", of(journal_writes));
  to.counter("troupe_journal_written_bytes_total", "Bytes of group commits.", of(journal_bytes));
  to.histogram("troupe_journal_write_duration_seconds", "Until a group commit is durable.", journal_write_duration);
  to.counter("troupe_journal_full_total", "Group commits that found no free journal file.", of(journal_full));
  to.gauge("troupe_journal_files", "Journal files with batches that are in no segment yet.", of(journal_files));
  to.gauge("troupe_journal_files_limit", "Journal files at the most.", of(journal_files_limit));
  to.gauge("troupe_journal_file_bytes", "Size of one journal file.", of(journal_file_bytes));
  to.counter("troupe_flushes_total", "Writes from memory to segment files, one for each partition.", of(flushes));
  to.counter("troupe_flushed_bytes_total", "Bytes that were written to segment files.", of(flushed_bytes));
  to.counter("troupe_flush_failures_total", "Writes to segment files that failed; they are tried again.",
             of(flush_failures));
  to.histogram("troupe_flush_duration_seconds", "Of the writes to segment files that share a sync.", flush_duration);
  to.counter("troupe_removed_segments_total", "Segment files that retention or a deletion of records removed.",
             of(removed_segments));
  to.counter("troupe_checkpoints_total", "Checkpoints of what is in segments.", of(checkpoints));
  to.counter("troupe_segment_reads_total", "Reads that memory could not answer.", of(segment_reads));
  to.counter("troupe_segment_read_bytes_total", "Bytes that were read from segment files for clients.",
             of(segment_read_bytes));
  to.counter("troupe_segment_read_failures_total", "Reads from segment files that failed.", of(segment_read_failures));
  to.gauge("troupe_cache_bytes", "Flushed batches that are still in memory.", static_cast<double>(cache.used_bytes()));
  to.gauge("troupe_cache_limit_bytes", "What flushed batches may take of the memory.",
           static_cast<double>(cache.limit_bytes()));
  to.gauge("troupe_recovery_replayed_batches", "Batches that the last start took from the journal.",
           of(recovery_replayed_batches));
  to.gauge("troupe_recovery_replayed_bytes", "Bytes of journal that the last start read.", of(recovery_replayed_bytes));
  to.gauge("troupe_recovery_duration_seconds", "How long the last start took to recover the data directory.",
           of(recovery_duration_ns) * 1e-9);
}

} // namespace troupe
