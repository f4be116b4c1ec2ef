// Goes through the segments of which a deletion left only the end, and looks for a timestamp as large as the largest one
// known of the rest of the log. An actor of its own: it may take a while, and everybody else reads in between.
#pragma once

#include "actors/partition/disk_messages.hpp"

namespace troupe {

class max_timestamp_search_state {
public:
  static inline const char* name = "max_timestamp_search";

  explicit max_timestamp_search_state(partition_client::pointer self) : self_(self) {}

  void start(reader_actor reader, storage::segment_read where, max_timestamp_known known,
             partition_internal partition);
  void look_at(fetch_reply& piece);
  void end();

private:
  void read_on();
  result<void> compare(const record::batch_view& batch, const bytes& data);
  void finish();

  partition_client::pointer self_;
  reader_actor reader_;
  storage::segment_read where_; ///< what is still to be read
  offset begin_;                ///< records below it do not count
  max_timestamp_known known_;
  bytes best_; ///< the first batch that has the largest timestamp; empty: nothing is as large as what is known
  partition_internal partition_;
};

/// Reads `where` from its `from` to its `limit`. Answers known.reply_to, or tells the partition that what is known stands.
partition_client::behavior_type max_timestamp_search(partition_client::stateful_pointer<max_timestamp_search_state> self,
                                                     reader_actor reader, storage::segment_read where,
                                                     max_timestamp_known known, partition_internal partition);

} // namespace troupe
