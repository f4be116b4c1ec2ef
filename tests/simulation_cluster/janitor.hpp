// Deletes records from the beginnings of partitions, by asking their leaders.
#pragma once

#include "runtime/wire/delete_records.hpp"
#include "tests/simulation_cluster/client.hpp"

namespace troupe::simulation::cluster {

class janitor final : public client {
public:
  janitor(const world_parts& world, std::uint64_t seed) : client(world, "janitor", seed) {}

  bool is_done() const override { return !waits_for_answers(); }

private:
  void on_answer(int node, const answer& from) override;
  void on_lost(int) override {}
  void act() override;

  place where_;
  std::int64_t before_ = 0; ///< this offset; -1: everything that is committed
  std::int32_t epoch_ = -1;
};

} // namespace troupe::simulation::cluster
