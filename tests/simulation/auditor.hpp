// Reads everything, while nobody writes: each partition from its start to its end, then searches by time.
#pragma once

#include "tests/simulation/client.hpp"

#include "runtime/wire/fetch.hpp"
#include "runtime/wire/list_offsets.hpp"

#include <deque>

namespace troupe::simulation {

class auditor final : public client {
public:
  auditor(const world_parts& world, std::uint64_t seed);

  bool is_done() const override { return left_.empty(); }
  std::string status() const override;

private:
  enum class stage { start, end, records, times };

  void on_disconnected() override;
  void on_answer(const answer& from) override;
  void act() override;

  void begin_next();
  void next_partition();
  bool may_shrink() const;
  void ask(std::int64_t timestamp);
  void fetch();
  void on_offset(const wire::list_offsets_response::list_offsets_partition_response& part);
  void on_records(const wire::fetch_response::partition_data& part);
  bool is_over(std::int16_t code);

  std::deque<place> left_; ///< the front one is being read
  stage stage_ = stage::start;
  std::int64_t asked_ = 0;
  std::int64_t position_ = 0;
  int searches_ = 0;
  partition_drained all_;
};

} // namespace troupe::simulation
