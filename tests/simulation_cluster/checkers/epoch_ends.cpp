// Where a leader says that an epoch ends, the records of later epochs begin: the ends grow with the epochs, and fit to what is read.
#include "tests/simulation_cluster/checker.hpp"

#include <algorithm>
#include <map>

namespace troupe::simulation::cluster {

namespace {

class epoch_end_checker final : public checker {
public:
  using checker::checker;

  void on(const records_read& event) override {
    auto& epochs = read_[event.where];
    for (auto& record : event.records) {
      auto [entry, is_new] = epochs.try_emplace(record.epoch, extent{record.offset, record.offset});
      entry->second.first = std::min(entry->second.first, record.offset);
      entry->second.last = std::max(entry->second.last, record.offset);
      if (is_new)
        compare_neighbours(event.where, epochs, entry);
    }
  }

  void on(const epoch_end_told& event) override {
    if (event.epoch < 0)
      return;
    auto name = "epoch ends: " + event.where.to_string() + ": epoch " + std::to_string(event.asked) + " ends at "
                + std::to_string(event.end) + " for the leader of epoch " + std::to_string(event.by_epoch) + ", ";
    if (event.epoch > event.asked)
      wrong(name + "which names the later epoch " + std::to_string(event.epoch));
    for (auto& [epoch, there] : read_[event.where]) {
      // Of its own epoch a leader may append more.
      if (epoch <= event.asked && event.asked < event.by_epoch && there.last >= event.end)
        wrong(name + "but offset " + std::to_string(there.last) + " of epoch " + std::to_string(epoch) + " was read");
      // Of later leaders it does not know: they may have written over what it has.
      if (epoch > event.epoch && epoch <= event.by_epoch && there.first < event.end)
        wrong(name + "but offset " + std::to_string(there.first) + " of epoch " + std::to_string(epoch) + " was read");
    }
    auto& ends = told_[{event.where, event.by_epoch}];
    auto& end = ends[event.asked];
    end = std::max(end, event.end);
    for (auto& [asked, other] : ends)
      if ((asked > event.asked && other < event.end) || (asked < event.asked && other > event.end))
        wrong(name + "and epoch " + std::to_string(asked) + " at " + std::to_string(other));
  }

private:
  struct extent {
    std::int64_t first = 0;
    std::int64_t last = 0;
  };
  using extents = std::map<std::int32_t, extent>; ///< by epoch

  void compare_neighbours(const place& where, const extents& epochs, extents::const_iterator at) {
    for (auto one : {at, std::next(at)})
      if (one != epochs.begin() && one != epochs.end() && std::prev(one)->second.last > one->second.first)
        wrong("epoch ends: " + where.to_string() + " at " + std::to_string(std::prev(one)->second.last) + " is of epoch "
              + std::to_string(std::prev(one)->first) + ", behind epoch " + std::to_string(one->first) + " at "
              + std::to_string(one->second.first));
  }

  std::map<place, extents> read_;
  std::map<std::pair<place, std::int32_t>, std::map<std::int32_t, std::int64_t>> told_; ///< the ends, by the leader's epoch
};

} // namespace

checker_ptr make_epoch_end_checker(history& report, replica_disks& disks) {
  return std::make_unique<epoch_end_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
