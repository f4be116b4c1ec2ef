// The disk actor: alone writes the journal. Batches that arrive while a write is under way form the next group. If the
// journal breaks, it ends with an error, and the node with it: nothing may be acknowledged any more.
#pragma once

#include "actors/partition/disk_messages.hpp"
#include "actors/partition/storage_metrics.hpp"
#include "runtime/storage/journal.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace troupe {

/// What senders may know of the disk from their own threads.
struct disk_pace {
  std::atomic<std::int64_t> idle_since_ns{0}; ///< of the actors' clock, when the last group had been written
  std::atomic<std::int64_t> last_write_ns{0}; ///< how long that took
};

class disk_state {
public:
  static inline const char* name = "disk";

  explicit disk_state(disk_actor::pointer self) : self_(self) {}

  const disk_pace& pace() const noexcept { return pace_; }

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
  disk_pace pace_;
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

/// With a thread of its own; but what is small and comes while there is little to do is written on the thread of whoever
/// hands it over: to wake two threads takes longer than to write it. See docs/decisions/0027.
class threaded_disk : public disk_actor::stateful_base<disk_state> {
public:
  using super = disk_actor::stateful_base<disk_state>;

  threaded_disk(caf::actor_config& config, std::shared_ptr<storage::journal> journal, storage::file_system* files,
                std::string directory, storage_metrics_ptr metrics);

  using super::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* context) override;

protected:
  behavior_type make_behavior() override;

private:
  bool is_written_by_sender(const caf::mailbox_element& what, caf::execution_unit* context) const;

  std::function<behavior_type()> begin_;
};

/// `files` outlives the actor; `directory` is the data directory that the journal is part of.
disk_actor::behavior_type disk(disk_actor::stateful_pointer<disk_state> self, std::shared_ptr<storage::journal> journal,
                               storage::file_system* files, std::string directory, storage_metrics_ptr metrics);

} // namespace troupe
