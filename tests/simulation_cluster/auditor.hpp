// Reads everything from the leaders, while nobody writes: each partition from its start to its end; then searches it by time.
#pragma once

#include "runtime/wire/fetch.hpp"
#include "runtime/wire/list_offsets.hpp"
#include "tests/simulation_cluster/client.hpp"

#include <deque>

namespace troupe::simulation::cluster {

class auditor final : public client {
public:
  auditor(const world_parts& world, std::uint64_t seed);

  bool is_done() const override { return left_.empty(); }
  std::string status() const override;

private:
  enum class stage { start, end, records, times };

  void on_answer(int node, const answer& from) override;
  void on_lost(int) override { begin_next(); }
  void act() override;

  void begin_next();
  void next_if_read();
  std::int64_t some_time();
  void ask(wire_client& by, std::int64_t timestamp);
  void fetch(wire_client& by);
  void on_offset(const wire::list_offsets_response::list_offsets_partition_response& part);
  void on_records(const wire::fetch_response::partition_data& part);
  bool is_over(std::int16_t code);

  std::deque<place> left_; ///< the front one is being read
  stage stage_ = stage::start;
  std::int64_t asked_ = 0;
  std::int64_t position_ = 0;
  route to_;
  int searches_ = 0;
  partition_drained all_;
};

} // namespace troupe::simulation::cluster
