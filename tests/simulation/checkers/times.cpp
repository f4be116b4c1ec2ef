// A search by time finds the first record that is no older, and the largest timestamp is the largest. Judged
// at the end, when all that a partition holds is known; before, as far as it is known.
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
    if (event.asked < 0 && event.asked != list_offset::max_timestamp)
      return;
    if (event.asked >= 0 && event.offset >= 0)
      compare_with_known(event);
    auto held = held_.find(event.where);
    if (held == held_.end())
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
  void compare_with_known(const offset_found& event) {
    auto facts = known_.partitions().find(event.where);
    if (facts == known_.partitions().end())
      return;
    auto& at = facts->second.at;
    auto name = "time: a search in " + event.where.to_string() + " for " + std::to_string(event.asked) + " gives offset "
                + std::to_string(event.offset) + " of " + std::to_string(event.time);
    if (auto found = at.find(event.offset); found != at.end() && known_.of(found->second).time.value() != event.time)
      wrong(name + ", which is of " + std::to_string(known_.of(found->second).time.value()));
    if (event.time < event.asked)
      wrong(name);
    if (event.may_shrink)
      return; // there may be fewer than are known
    for (auto one = at.begin(); one != at.end() && one->first < event.offset; ++one)
      if (known_.of(one->second).time.value() >= event.asked && !facts->second.may_lack_all(one->first, one->first + 1))
        wrong(name + ", but offset " + std::to_string(one->first) + " is young enough");
  }

  std::map<place, partition_drained> held_;
};

} // namespace

checker_ptr make_time_checker(const ledger& known, history& report) {
  return std::make_unique<time_checker>(known, report);
}

} // namespace troupe::simulation
