// A topic whose creation was acknowledged is there, with its id and its partitions; one whose deletion was
// acknowledged is not.
#include "tests/simulation/checker.hpp"

namespace troupe::simulation {

namespace {

class topic_checker final : public checker {
public:
  using checker::checker;

  void on(const topics_listed& event) override {
    for (auto& topic : known_.topics()) {
      auto found = event.topics.find(topic.name);
      auto is_there = found != event.topics.end();
      if (topic.state == topic_state::gone && is_there)
        wrong("topics: " + topic.name + " was deleted and is there");
      if (topic.state != topic_state::live)
        continue;
      if (!is_there)
        wrong("topics: " + topic.name + " was created and is not there");
      else if (found->second.partitions != static_cast<std::size_t>(topic.partitions))
        wrong("topics: " + topic.name + " has another number of partitions");
      else if (!topic.id.is_zero() && !found->second.id.is_zero() && found->second.id != topic.id)
        wrong("topics: " + topic.name + " has another id");
    }
  }
};

} // namespace

checker_ptr make_topic_checker(const ledger& known, history& report) {
  return std::make_unique<topic_checker>(known, report);
}

} // namespace troupe::simulation
