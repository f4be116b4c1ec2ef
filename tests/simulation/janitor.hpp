// Deletes records: up to an offset, up to all there are, beyond what there is. What it was answered holds for ever,
// whatever happens to the node.
#pragma once

#include "tests/simulation/client.hpp"

namespace troupe::simulation {

class janitor final : public client {
public:
  janitor(const world_parts& world, std::uint64_t seed);

  bool is_done() const override { return !is_open_; }

private:
  void on_answer(const answer& from) override;
  void act() override;
  void choose();
  void send();

  bool is_open_ = false; ///< a deletion was sent and not answered: it may happen at any time, and is sent again
  place where_;
  std::int64_t before_ = 0; ///< that was asked for; -1: all
  snapshot then_;
};

} // namespace troupe::simulation
