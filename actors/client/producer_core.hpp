// What a producer decides: which partition a record goes to, when a batch is sent, what is reported to whom. Pure: time
// comes in as numbers, effects are taken out.
//
// Effects come about in `advance`, which must follow whatever was put in.
#pragma once

#include "actors/client/delivery_queue.hpp"
#include "actors/client/new_record.hpp"
#include "actors/client/producer_options.hpp"
#include "actors/client/send_gate.hpp"
#include "runtime/record/builder.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::client {

class producer_core {
public:
  struct append_order {
    partition_id to;
    std::uint64_t number;
    bytes batch;
  };
  struct report {
    sender_key to;
    delivery what;
  };

  /// `seed` chooses the partition that records without a key begin with. Of each record that the gate let in, the memory is
  /// given back there once it is reported. The gate outlives this.
  producer_core(const producer_options& options, std::uint64_t seed, send_gate& gate);

  /// Takes the contents of the records. `wall`: the time of those that have none.
  void send(admitted_records& message, std::int64_t now_ms, timestamp_ms wall);

  /// It is another topic of the same name. What was not answered goes there.
  void topic_changed();
  /// The topic is there, with so many partitions. They become fewer only if it was made again: what waits for one that is
  /// gone is given up then.
  void topic_found(std::int32_t partition_count, std::int64_t now_ms);
  bool has_topic() const noexcept { return partition_count_ > 0; }
  std::int32_t partition_count() const noexcept { return partition_count_; }
  /// The partition has another leader than before, or (false) none for now.
  void leader_changed(partition_id of, bool is_reachable);
  void answered(partition_id by, delivery_queue::answer what, std::int64_t now_ms);

  /// True once for each id that is to be fetched.
  bool take_identity_request() { return std::exchange(wants_identity_, false); }
  void set_identity(producer_id id, producer_epoch epoch);

  /// `take_flushed` gives the token once all that was sent before has been reported.
  void flush(std::uint64_t token);
  /// Refuses what is sent from now on.
  void close() noexcept { is_closed_ = true; }
  /// Reports all that is left with this error.
  void give_up_all(const error& why);

  void advance(std::int64_t now_ms);

  std::vector<append_order> take_orders() { return std::exchange(orders_, {}); }
  std::vector<report> take_reports() { return std::exchange(reports_, {}); }
  std::vector<std::uint64_t> take_flushed();
  /// When `advance` is to be called if nothing else happens; nothing: never.
  std::optional<std::int64_t> due_at_ms() const noexcept { return due_at_ms_; }

  /// Taken and not reported.
  std::uint64_t outstanding_records() const noexcept { return outstanding_; }

private:
  struct open_batch {
    std::unique_ptr<record::batch_builder> builder; ///< null: none is open
    std::vector<record_run> runs;
    std::int64_t opened_ms = 0;
    std::uint64_t generation = 0;
  };
  /// What leads to one partition.
  struct lane {
    lane(partition_id which, const delivery_rules& rules) : id(which), queue(rules) {}

    partition_id id;
    delivery_queue queue;
    open_batch open;
    bool is_reachable = false;
    bool is_dirty = false;  ///< is in dirty_
    bool is_active = false; ///< is in active_
  };
  /// A record that waits for its topic.
  struct waiting_record {
    record_run run;
    new_record record;
    std::uint64_t generation;
    std::int64_t taken_ms;
  };
  struct flush_mark {
    std::uint64_t token;
    std::uint64_t generation; ///< the last one that it waits for
  };

  void take_record(record_run run, new_record& record, std::uint64_t generation, std::int64_t now_ms);
  std::optional<partition_id> choose(const new_record& record);
  void next_sticky() noexcept;
  void put(lane& to, const record_run& run, const new_record& record, std::uint64_t generation, std::int64_t now_ms);
  void open(lane& which, std::uint64_t generation, std::int64_t now_ms);
  void close(lane& which);
  void give_up(lane& which, const error& why);
  bool is_due(const lane& which, std::int64_t now_ms) const noexcept;
  void touch(lane& which);
  void pump(lane& which, std::int64_t now_ms);
  void expire(std::int64_t now_ms);
  void consider_due(std::optional<std::int64_t> at) noexcept;
  std::optional<std::int64_t> due_of(const lane& which, std::int64_t now_ms) const noexcept;
  void refuse(const record_run& run, error why);
  void fail_one(const record_run& run, std::uint64_t generation, error why);
  void settle(lane& of);
  void settle(partition_id of, batch_outcome& outcome);
  void count(std::uint64_t generation, std::int64_t records);

  producer_options options_;
  delivery_rules rules_;
  send_gate& gate_;
  std::deque<lane> lanes_; ///< by partition; from partition_count_ on: of an earlier topic of that name
  std::int32_t partition_count_ = 0;
  std::deque<waiting_record> waiting_;
  std::vector<lane*> dirty_;  ///< to be looked at by `advance`
  std::vector<lane*> active_; ///< that have something, and perhaps some that have not
  std::vector<std::unique_ptr<record::batch_builder>> spare_builders_;
  std::vector<record::header_view> headers_; ///< of the record at hand
  std::int32_t sticky_ = 0;
  std::uint64_t seed_;
  producer_id id_ = no_producer_id;
  producer_epoch epoch_{-1};
  bool wants_identity_ = false;
  bool awaits_identity_ = false;
  bool is_closed_ = false;
  std::uint64_t generation_ = 0;             ///< counts flushes
  std::uint64_t first_generation_ = 0;       ///< of outstanding_by_generation_
  std::deque<std::int64_t> outstanding_by_generation_{0};
  std::uint64_t outstanding_ = 0;
  std::vector<flush_mark> flushes_;
  std::optional<std::int64_t> due_at_ms_;
  std::vector<append_order> orders_;
  std::vector<report> reports_;
};

} // namespace troupe::client
