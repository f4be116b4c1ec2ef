// Makes the topics, then moves replicas about, asks for elections, and takes voters out of the quorum and back, by any broker.
#pragma once

#include "runtime/wire/create_topics.hpp"
#include "tests/simulation_cluster/client.hpp"

#include <optional>

namespace troupe::simulation::cluster {

class admin final : public client {
public:
  admin(const world_parts& world, std::uint64_t seed);

  bool is_done() const override { return !unsettled() && !voter_out_ && !waits_for_answers(); }
  std::string status() const override;

private:
  void on_answer(int node, const answer& from) override;
  void on_lost(int) override {}
  void act() override;

  topic_facts* unsettled() const;
  void create(topic_facts& topic, wire_client& by);
  void on_created(const wire::create_topics_response& said);
  void reassign(wire_client& by);
  void elect(wire_client& by);
  bool may_remove_a_voter() const;
  void remove_a_voter(wire_client& by);
  void add_the_voter(wire_client& by);

  std::optional<std::int32_t> voter_out_; ///< was removed, or perhaps
  std::int64_t voter_back_at_ms_ = 0;
};

} // namespace troupe::simulation::cluster
