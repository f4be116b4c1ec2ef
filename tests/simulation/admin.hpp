// Makes topics, deletes them, and looks whether the node knows what it was told. The only one that changes
// topics, one at a time; what it does not know the outcome of it does again.
#pragma once

#include "tests/simulation/client.hpp"

namespace troupe::simulation {

class admin final : public client {
public:
  admin(const world_parts& world, std::uint64_t seed);

  bool is_done() const override { return wire_.unanswered() == 0 && !unsettled(); }
  std::string status() const override;

private:
  void on_answer(const answer& from) override;
  void act() override;

  /// The topic whose creation or deletion is not known to have happened.
  topic_facts* unsettled() const;
  void ask_for_new_topic();
  void create(const topic_facts& topic);
  void remove(const topic_facts& topic);
  void list();
  void on_created(const answer& from);
  void on_removed(const answer& from);
  void on_listed(const answer& from);

  int made_ = 0;
};

} // namespace troupe::simulation
