// A producer: batches to several partitions at once, up to five under way for each, sent to whoever leads. An idempotent one
// sends a batch whose fate it does not know again, with the same sequence number, until it is acknowledged; others may give
// up.
#pragma once

#include "runtime/wire/produce.hpp"
#include "tests/simulation_cluster/client.hpp"

#include <deque>
#include <optional>

namespace troupe::simulation::cluster {

class producer final : public client {
public:
  producer(const world_parts& world, int number, std::uint64_t seed);

  /// Makes it write a batch to every partition, and try until all of them are acknowledged.
  void write_everywhere();

  bool is_done() const override;
  std::string status() const override;
  std::uint64_t acknowledged() const { return acknowledged_; }

private:
  struct batch {
    std::vector<record_number> records;
    std::uint64_t ordinal = 0; ///< in its lane
    std::int32_t sequence = 0;
    std::uint32_t sent = 0;
    bool under_way = false;
    std::int64_t acknowledged_before = 0; ///< when it was sent first
    snapshot before;                      ///< when it was sent last
  };
  /// The batches for one partition, in order; those under way first.
  struct lane {
    place where;
    std::deque<batch> batches;
    std::size_t under_way = 0;
    int node = -1; ///< where those under way were sent
    std::int32_t epoch = -1;
    std::uint64_t batches_made = 0;
    std::int32_t next_sequence = 0;
    bool is_known = false; ///< a batch was acknowledged
    bool holds = false;    ///< something failed: nothing more is sent until all answers are there
  };
  using request_lanes = std::vector<place>;

  void on_answer(int node, const answer& from) override;
  void on_lost(int node) override;
  void act() override;

  void ask_for_id();
  void begin_batch();
  void begin_batch(lane& to);
  bool can_send(const lane& from, const route& to) const;
  void send_some();
  void send_to(int node);
  bytes build(const lane& from, batch& what);
  void take(lane& from, const wire::produce_response::partition_produce_response& said);
  void acknowledged(lane& from, const wire::produce_response::partition_produce_response& said);
  void refused(lane& from, std::int16_t code);

  int number_;
  bool idempotent_;
  bool retries_;
  std::int16_t acks_;
  std::size_t under_way_max_;
  std::int64_t id_ = -1;
  std::int16_t epoch_ = -1;
  std::optional<int> asked_for_id_; ///< where
  std::uint32_t requests_sent_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::map<place, lane> lanes_;
  std::map<request_name, request_lanes> requests_;
};

} // namespace troupe::simulation::cluster
