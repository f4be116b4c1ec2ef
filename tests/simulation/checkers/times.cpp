// A search by time finds the first record that is no older, and the largest timestamp is the largest. Judged
// at the end, when all that a partition holds is known.
#include "tests/simulation/checker.hpp"

#include "actors/interface/session_messages.hpp"

namespace troupe::simulation {

namespace {

class time_checker final : public checker {
public:
  using checker::checker;

  void on(const partition_drained& event) override { held_[event.where] = event; }
  void node_restarts() override { held_.clear(); }

  void on(const offset_found& event) override {
    auto held = held_.find(event.where);
    if (held == held_.end() || (event.asked < 0 && event.asked != list_offset::max_timestamp))
      return;
    const read_record* wanted = nullptr;
    for (auto& record : held->second.records) {
      if (event.asked >= 0 && record.time.value() >= event.asked) {
        wanted = &record;
        break;
      }
      if (event.asked == list_offset::max_timestamp && (!wanted || record.time > wanted->time))
        wanted = &record;
    }
    auto offset = wanted ? wanted->offset : -1;
    auto time = wanted ? wanted->time.value() : -1;
    auto same = event.asked == list_offset::max_timestamp ? event.time == time
                                                          : event.offset == offset && event.time == time;
    if (!same)
      wrong("time: a search in " + event.where.to_string() + " for " + std::to_string(event.asked)
            + " gives offset " + std::to_string(event.offset) + " of " + std::to_string(event.time)
            + " instead of " + std::to_string(offset) + " of " + std::to_string(time));
  }

private:
  std::map<place, partition_drained> held_;
};

} // namespace

checker_ptr make_time_checker(const ledger& known, history& report) {
  return std::make_unique<time_checker>(known, report);
}

} // namespace troupe::simulation
