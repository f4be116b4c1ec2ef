// A producer: batches to several partitions at once, up to five under way for each. An idempotent one sends a
// batch whose fate it does not know again, with the same sequence number, until it is acknowledged; others
// may give up.
#pragma once

#include "tests/simulation/client.hpp"

#include "runtime/wire/produce.hpp"

#include <deque>
#include <map>

namespace troupe::simulation {

class producer final : public client {
public:
  producer(const world_parts& world, int number, std::uint64_t seed);

  /// Makes it write a batch to every partition, and try until all of them are acknowledged.
  void write_everywhere();

  bool is_done() const override;
  std::string status() const override;

private:
  struct batch {
    std::vector<record_number> records;
    std::uint64_t ordinal = 0; ///< in its lane
    std::int32_t sequence = 0;
    bool under_way = false;
    snapshot before; ///< when it was sent last
  };
  /// The batches for one partition, in order; those under way first.
  struct lane {
    place where;
    topic_id topic;
    std::deque<batch> batches;
    std::size_t under_way = 0;
    std::uint64_t batches_made = 0;
    std::int32_t next_sequence = 0;
    bool is_known = false; ///< a batch was acknowledged
    bool holds = false;    ///< something failed: nothing more is sent until all answers are there
  };
  /// One request: in each lane, how many of its batches are in it is always one.
  using request_lanes = std::vector<place>;

  void on_connected() override;
  void on_disconnected() override;
  void on_answer(const answer& from) override;
  void act() override;

  lane* lane_for(const place& where);
  void begin_batch();
  void begin_batch(lane& to);
  void send_some();
  bool can_send(const lane& from) const;
  bytes build(const lane& from, const batch& what);
  void take(lane& from, const wire::produce_response::partition_produce_response& said);
  void acknowledged(lane& from, const wire::produce_response::partition_produce_response& said);
  void refused(lane& from, std::int16_t code);
  void forget_dead_lanes();
  void ask_for_id();

  int number_;
  bool idempotent_;
  bool retries_;
  std::int16_t acks_;
  std::size_t under_way_max_;
  std::int64_t id_ = -1;
  std::int16_t epoch_ = -1;
  bool asked_for_id_ = false;
  std::uint32_t connection_ = 0;
  std::map<place, lane> lanes_;
  std::map<std::int32_t, request_lanes> requests_;
};

} // namespace troupe::simulation
