// The flusher: detached, moves durable batches from memory to segments and keeps the checkpoint, so that journal files
// can be recycled. A full disk makes it fail and nothing is lost: the journal still has everything.
#pragma once

#include "actors/partition/disk_messages.hpp"
#include "actors/partition/storage_metrics.hpp"
#include "runtime/storage/segment_store.hpp"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace troupe {

class flusher_state {
public:
  static inline const char* name = "flusher";

  explicit flusher_state(flusher_actor::pointer self) : self_(self) {}

  void start(std::shared_ptr<storage::segment_store> segments, disk_actor disk, reader_actor reader,
             storage_metrics_ptr metrics);
  void add(flush_order& order);
  void cut(cut_order& order);
  void patch(const patch_order& order);
  void remove(const remove_partitions& message);
  void recall(const recall_partition& message);
  void flush_all(flush_group why);
  /// Everything that was ordered goes to disk, then it quits.
  void stop(const caf::error& reason);

private:
  struct client {
    partition_internal actor;
    bool waits_for_checkpoint = false;
  };

  void arm();
  void answer(std::vector<client>& clients, std::vector<result<storage::flush_result>>& results);
  void count(const std::vector<storage::flush_request>& orders,
             const std::vector<result<storage::flush_result>>& results);
  void write_checkpoint();
  void wake_after(std::chrono::milliseconds delay);
  void die(const error& why);

  flusher_actor::pointer self_;
  std::shared_ptr<storage::segment_store> segments_;
  disk_actor disk_;
  reader_actor reader_;
  storage_metrics_ptr metrics_;
  std::vector<storage::flush_request> orders_;
  std::vector<client> clients_; ///< who gave the orders
  std::vector<std::pair<partition_internal, flush_done>> unconfirmed_; ///< answers that wait for the checkpoint file
  segments_synced synced_;       ///< flushed, but not in the checkpoint file yet
  partitions_forgotten removed_; ///< the same for deleted partitions
  caf::actor_clock::time_point last_checkpoint_;
  bool armed_ = false;     ///< a flush_group is on its way
  bool alarm_set_ = false; ///< a later one is
  bool reported_full_ = false;
};

flusher_actor::behavior_type flusher(flusher_actor::stateful_pointer<flusher_state> self,
                                     std::shared_ptr<storage::segment_store> segments, disk_actor disk,
                                     reader_actor reader, storage_metrics_ptr metrics);

} // namespace troupe
