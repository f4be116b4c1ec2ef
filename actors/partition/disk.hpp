// The disk actor: alone writes the journal. Batches that arrive while a write is under way form the next group. If the
// journal breaks, it ends with an error, and the node with it: nothing may be acknowledged any more.
#pragma once

#include "actors/partition/disk_messages.hpp"
#include "actors/partition/storage_metrics.hpp"
#include "runtime/storage/journal.hpp"

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace troupe {

class disk_state {
public:
  static inline const char* name = "disk";

  explicit disk_state(disk_actor::pointer self) : self_(self) {}

  void start(std::shared_ptr<storage::journal> journal, storage::file_system* files, std::string directory,
             storage_metrics_ptr metrics);
  void append(journal_append& message);
  void add_member(journal_member& message);
  void commit();
  void synced(const segments_synced& message);
  void forget(const partitions_forgotten& message);
  void recall(const recall_partition& message);
  void idle();
  void stop(const caf::error& reason);

private:
  struct durable_end {
    partition_internal partition;
    offset end;
  };

  struct member {
    partition_internal actor;
    bool knows_full = false;
  };

  void arm();
  void wake_when_idle();
  void say_full(member& to);
  bool goes_ahead(const journal_append& message) const;
  result<void> write_cuts();
  void add_to_group(journal_append& message);
  void remember_acknowledgement(journal_append& message);
  void acknowledge();
  void count_files();
  void fill_next_group();
  void out_of_room();
  void room_again();
  void drop_waiting(const topic_partition& partition);
  void release();
  void ask_for_flushes();
  void die(const error& why);

  disk_actor::pointer self_;
  std::shared_ptr<storage::journal> journal_;
  storage::file_system* files_ = nullptr;
  std::string directory_; ///< the data directory
  storage_metrics_ptr metrics_;
  std::unordered_map<topic_partition, member> members_; ///< who has entries in the journal
  std::vector<durable_end> group_;       ///< who is told once the pending group is durable
  std::deque<journal_append> waiting_;   ///< what did not fit into the pending group
  std::vector<journal_append> cuts_;     ///< of partitions that have nothing else here: they need not wait for room
  storage::journal_file_number asked_for_; ///< the file for which flushes were asked last
  /// Partitions whose last actor died with entries in the pending group, and where they end without these.
  std::map<topic_partition, offset> given_up_;
  bool commit_armed_ = false;
  bool full_ = false;     ///< the pending group found no room
  bool refusing_ = false; ///< for so long that partitions were told
  caf::actor_clock::time_point full_since_;
  bool idle_armed_ = false;
  bool active_ = false; ///< since the last idle check
};

/// `files` outlives the actor; `directory` is the data directory that the journal is part of.
disk_actor::behavior_type disk(disk_actor::stateful_pointer<disk_state> self, std::shared_ptr<storage::journal> journal,
                               storage::file_system* files, std::string directory, storage_metrics_ptr metrics);

} // namespace troupe
