// A node's storage in miniature, without actors: partition logs, journal, flusher and reader over a simulated disk,
// beside a model of what was appended and acknowledged. Every answer is compared with the model.
#pragma once

#include "runtime/storage/data_directory.hpp"
#include "runtime/storage/segment_reader.hpp"
#include "tests/storage_log/log_workshop.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::test {

/// What a partition must hold.
struct model_partition {
  std::vector<storage::tail_batch> batches; ///< everything that was appended, from the first one on
  offset acknowledged{0};                   ///< below this nothing may ever be lost
  offset log_start{0};         ///< that the log itself has said: it never goes back
  offset log_start_ordered{0}; ///< the latest one that a flusher was told
  offset settled{0};           ///< with truncation: nothing below is ever cut off

  offset end() const { return batches.empty() ? offset{0} : batches.back().facts.end(); }
  /// The first batch that ends behind `o`.
  std::size_t find(offset o) const;
  std::int32_t next_sequence(producer_id producer) const;
};

class small_node {
public:
  small_node(simulated_file_system& disk, std::uint64_t seed, int partitions);
  ~small_node();

  /// Recovers, and compares all that comes back with the model. False if the disk failed meanwhile.
  bool start();
  /// The process is gone, or stops in good order.
  void kill();
  void stop();
  bool is_up() const { return directory_.has_value(); }
  /// The checkpoint gets damaged: at the next start logs may begin earlier than they had.
  void expect_lost_checkpoint() { lost_checkpoint_ = true; }

  /// Does something at random. False if the disk failed: the node is down then.
  bool step();

  // --- single steps ---
  void append(int partition);
  bool commit();
  /// Flushes, applies retention, writes the checkpoint.
  bool flush(bool force);
  bool write_checkpoint();
  void evict(int partition, std::uint64_t bytes);
  void delete_records(int partition);
  /// Cuts off what is not settled, or some of it.
  bool truncate(int partition);
  void check_read(int partition, offset from, offset limit, std::size_t max_bytes);
  void check_time(int partition);
  void check_producers(int partition);
  /// Reads a partition from the start to the end, in pieces.
  void check_all(int partition);

  /// The first thing that was wrong, or nothing.
  const std::string& problem() const { return problem_; }
  void expect(bool condition, const std::string& what);

  storage::partition_log& log(int partition) { return *logs_[static_cast<std::size_t>(partition)]; }
  model_partition& model(int partition) { return models_[static_cast<std::size_t>(partition)]; }
  int partitions() const { return static_cast<int>(models_.size()); }
  storage::data_directory& directory() { return *directory_; }
  storage::segment_reader& reader() { return *reader_; }
  storage::data_directory_options directory_options() const;
  std::uint64_t unflushed_bytes() const;

  /// Sizes and retention: to be changed before the start.
  storage::log_options options;
  bool deletes = true;    ///< records are deleted now and then
  bool truncates = false; ///< as a follower does: what is not settled is cut off now and then
  bool may_fail = false; ///< the disk is full or fails: that is no problem then
  std::vector<std::string> damage; ///< what readers reported

private:
  batch_plan next_batch(int partition);
  offset high_watermark(int partition);
  void settle(int partition);
  void adopt(int partition, storage::recovered_partition recovered);
  /// What the log has for the journal goes there, or waits until it fits.
  void hand_over(int partition);
  void fill_group();
  /// Something failed: false if the node is down now. With `is_fatal` an I/O error stops it.
  bool survives(const error& why, const std::string& what, bool is_fatal = false);

  simulated_file_system& disk_;
  random_source random_;
  std::vector<model_partition> models_;
  std::vector<std::unique_ptr<storage::partition_log>> logs_;
  std::optional<storage::data_directory> directory_;
  std::unique_ptr<storage::segment_reader> reader_;
  std::map<int, offset> flushed_; ///< not yet told to the journal
  std::deque<std::pair<int, storage::journal_order>> waiting_; ///< for room in the journal's group
  std::map<int, offset> pending_;                              ///< where partitions end with the journal's group
  bool is_stopping_ = false;
  bool lost_checkpoint_ = false;
  std::int64_t now_ = 1'000'000;
  std::vector<std::pair<int, storage::flush_result>> unconfirmed_; ///< deletions that wait for the checkpoint
  std::int32_t epoch_ = 0;
  std::string problem_;
};

} // namespace troupe::test
