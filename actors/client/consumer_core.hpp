// What a consumer decides: which partition is asked for what, and what the handler is handed when. Pure: time comes in as
// numbers, effects are taken out.
//
// Effects come about in `advance`, which must follow whatever was put in.
#pragma once

#include "actors/client/consumer_options.hpp"
#include "actors/client/handout_ledger.hpp"
#include "actors/client/partition_reader.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::client {

class consumer_core {
public:
  /// Names a partition that is read: its place among all of them.
  using lane_id = std::uint32_t;

  struct fetch_order {
    lane_id lane;
    std::uint64_t number;
    partition_reader::fetch_plan plan;
  };
  struct offset_order {
    lane_id lane;
    std::uint64_t number;
    std::int64_t timestamp;
  };

  explicit consumer_core(const consumer_options& options);

  /// Starts to read a partition; once for each.
  lane_id add(std::string topic, partition_id partition, start_point from);
  std::optional<lane_id> find(std::string_view topic, partition_id partition) const;
  std::size_t lanes() const noexcept { return lanes_.size(); }
  const partition_reader& reader(lane_id of) const { return lanes_[of].reader; }

  void leader_changed(lane_id of, bool is_reachable);
  void topic_changed(lane_id of);
  void take(lane_id from, partition_reader::fetch_answer answer, std::int64_t now_ms);
  void take(lane_id from, partition_reader::offset_answer answer, std::int64_t now_ms);
  void woken(lane_id which, std::uint64_t number);

  void seek(lane_id which, start_point to);
  void pause(lane_id which, bool paused);
  /// Asks for nothing more and hands nothing more out.
  void close() noexcept { is_closed_ = true; }
  offset answered(lane_id of) const;

  /// False: nobody waits for that answer.
  bool batch_done(std::uint64_t id, std::int64_t now_ms) { return ledger_.answered(id, now_ms); }
  void handler_started(std::int64_t now_ms);
  /// How long to wait before the next one is started, in milliseconds.
  std::int64_t handler_ended() noexcept;
  bool handler_is_overdue(std::int64_t now_ms) const noexcept;
  std::size_t unanswered() const noexcept { return ledger_.unanswered(); }

  void advance(std::int64_t now_ms);

  std::vector<fetch_order> take_fetch_orders() { return std::exchange(fetch_orders_, {}); }
  std::vector<offset_order> take_offset_orders() { return std::exchange(offset_orders_, {}); }
  std::vector<delivery_item> take_deliveries() { return std::exchange(deliveries_, {}); }
  /// When `advance` is to be called if nothing else happens; nothing: never.
  std::optional<std::int64_t> due_at_ms() const noexcept;
  std::size_t buffered_bytes() const noexcept { return buffered_bytes_; }

private:
  struct lane {
    partition_reader reader;
    std::size_t counted_bytes = 0; ///< of it, in buffered_bytes_
    bool is_dirty = false;         ///< is in dirty_
    bool has_turn = false;         ///< is in ready_
    bool is_hungry = false;        ///< is in hungry_
  };

  void touch(lane_id which);
  void look_at(lane_id which, std::int64_t now_ms);
  void count(lane& which);
  void hand_out(std::int64_t now_ms);
  void ask(std::int64_t now_ms);
  bool ask(lane_id which, std::int64_t now_ms);
  void look_at_dirty(std::int64_t now_ms);

  consumer_options options_;
  handout_ledger ledger_;
  std::deque<lane> lanes_;
  std::vector<lane_id> dirty_;
  std::deque<lane_id> ready_;  ///< have something to hand out; each hands out one item in its turn
  std::deque<lane_id> hungry_; ///< have something to ask; each asks in its turn
  std::size_t buffered_bytes_ = 0; ///< queued, and asked for
  std::uint64_t next_number_ = 1;
  bool has_handler_ = false;
  bool is_closed_ = false;
  std::optional<std::int64_t> due_at_ms_;
  std::vector<fetch_order> fetch_orders_;
  std::vector<offset_order> offset_orders_;
  std::vector<delivery_item> deliveries_;
};

} // namespace troupe::client
