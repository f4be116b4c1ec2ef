// The reader: detached, reads what is no longer in memory from segments, so that no partition ever waits for a disk.
#pragma once

#include "actors/partition/disk_messages.hpp"
#include "actors/partition/storage_metrics.hpp"
#include "runtime/storage/segment_reader.hpp"

#include <memory>

namespace troupe {

class reader_state {
public:
  static inline const char* name = "reader";

  explicit reader_state(reader_actor::pointer self) : self_(self) {}

  void start(storage::file_system& files, storage::segment_reader_options options, reader_keeper_actor keeper,
             storage_metrics_ptr metrics);
  void read(read_order& order);
  void search(search_order& order);
  void find_stamp(const stamp_order& order);
  void forget(const partitions_forgotten& message);
  /// An order is done, well or not.
  void report();

private:
  /// Logs it, but not too often; what the client is told.
  errc refuse(const error& what);

  reader_actor::pointer self_;
  reader_keeper_actor keeper_;
  storage_metrics_ptr metrics_;
  std::unique_ptr<storage::segment_reader> segments_;
  std::string last_said_;
  caf::actor_clock::time_point last_said_at_;
};

/// `files` outlives the actor. The keeper is told of every order that is done.
reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state> self, storage::file_system* files,
                                   storage::segment_reader_options options, reader_keeper_actor keeper,
                                   storage_metrics_ptr metrics);

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::storage::segment_reader_options)
