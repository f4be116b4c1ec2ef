// How one partition is read: where to begin, what to ask for next, what an answer means. Pure: numbers for time and for
// questions come in, what is to be handed out comes out.
//
//     locating --(offset found)--> reading --(nothing there)--> waiting --(woken)--> reading
//     reading  --(offset out of range)--> locating (reset), or stopped
//     any      --(seek)--> locating or reading;   any --(damage)--> stopped
#pragma once

#include "actors/client/consumer_options.hpp"
#include "actors/client/record_batch.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::client {

/// In the order of the offsets.
using reader_item = std::variant<record_batch, partition_notice>;

class partition_reader {
public:
  enum class question : std::uint8_t { none, offset, records };

  struct fetch_plan {
    offset from;
    std::uint32_t max_bytes;
    std::uint32_t wake_below_bytes;
  };
  struct fetch_answer {
    std::uint64_t number = 0;
    error what;
    offset high_watermark = no_offset;
    std::vector<bytes> batches;
    std::size_t size_bytes = 0;
  };
  struct offset_answer {
    std::uint64_t number = 0;
    error what;
    offset found = no_offset;
  };

  partition_reader(std::string topic, partition_id partition, start_point from, const consumer_options& options);

  /// What is to be asked now.
  question next_question(std::int64_t now_ms) const noexcept;
  /// Asks for the offset of this timestamp (or one of list_offset's constants).
  std::int64_t ask_offset(std::uint64_t number, std::int64_t now_ms);
  fetch_plan ask_records(std::uint64_t number, std::int64_t now_ms);

  /// Answers to other questions than the latest are passed over.
  void take(offset_answer answer, std::int64_t now_ms);
  void take(fetch_answer answer, std::int64_t now_ms);
  /// There is more for whoever asked this.
  void woken(std::uint64_t number) noexcept;

  /// Whoever was asked is gone. False: there is nobody to ask for now.
  void leader_changed(bool is_reachable) noexcept;
  /// It is another topic of the same name: the offset means nothing there.
  void topic_changed() noexcept;
  void seek(start_point to);
  void pause(bool paused) noexcept { is_paused_ = paused; }

  std::optional<std::int64_t> due_at_ms() const noexcept;
  void expire(std::int64_t now_ms);

  bool has_items() const noexcept { return !items_.empty() && !is_paused_; }
  const reader_item& front() const noexcept { return items_.front(); }
  reader_item take_item();

  const std::string& topic() const noexcept { return topic_; }
  partition_id partition() const noexcept { return partition_; }
  std::size_t queued_bytes() const noexcept { return queued_bytes_; }
  /// True while an answer with records is expected.
  bool is_fetching() const noexcept { return asked_ == question::records; }
  /// Where the next item begins; no_offset: not known yet.
  offset handed() const noexcept { return handed_; }
  offset high_watermark() const noexcept { return high_watermark_; }

private:
  enum class state : std::uint8_t { locating, reading, waiting, stopped };

  void begin(start_point from);
  void locate(std::int64_t timestamp);
  void out_of_range(const error& why);
  void back_off(std::int64_t now_ms);
  void stop(error why);
  void accept(std::vector<bytes> batches, std::int64_t now_ms);
  void tell_end();
  void notice(partition_notice::kind what, offset from, offset next, error why = {});
  bool is_late(std::int64_t now_ms) const noexcept { return patient_until_ms_ && now_ms >= *patient_until_ms_; }
  void calm() noexcept;

  const consumer_options& options_;
  std::string topic_;
  partition_id partition_;
  state state_ = state::locating;
  std::int64_t wanted_timestamp_ = 0; ///< while locating
  bool is_reset_ = false;             ///< locating because the offset was out of range
  offset position_ = no_offset;       ///< of the next fetch
  offset handed_ = no_offset;
  offset high_watermark_ = no_offset;
  bool is_reachable_ = false;
  bool is_paused_ = false;
  bool told_end_ = false;
  question asked_ = question::none;
  std::uint64_t number_ = 0; ///< of the latest question
  std::int64_t asked_at_ms_ = 0;
  std::optional<std::int64_t> patient_until_ms_; ///< till when less than fetch_min_bytes is not taken; nothing: from the next question on
  bool has_a_little_ = false;         ///< waiting, and there is less than fetch_min_bytes
  std::optional<std::int64_t> retry_at_ms_; ///< nothing: nothing failed
  std::int64_t backoff_ms_ = 0;
  std::deque<reader_item> items_;
  std::size_t queued_bytes_ = 0;
};

} // namespace troupe::client
