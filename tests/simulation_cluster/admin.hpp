// Makes the topics, then moves replicas about and asks for elections, by any broker.
#pragma once

#include "runtime/wire/create_topics.hpp"
#include "tests/simulation_cluster/client.hpp"

namespace troupe::simulation::cluster {

class admin final : public client {
public:
  admin(const world_parts& world, std::uint64_t seed);

  bool is_done() const override { return !unsettled() && !waits_for_answers(); }
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
};

} // namespace troupe::simulation::cluster
