// A whole cluster around a controller, as small as can be: brokers with logs of numbers, followers that
// fetch, leaders that count who has what, messages that come late or never, processes that die and lose their
// disks. What it checks is said in cluster_model_checks.cpp.
#pragma once

#include "runtime/base/random.hpp"
#include "runtime/metadata/controller_core.hpp"
#include "runtime/metadata/node_list.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe::metadata {

class cluster_model {
public:
  explicit cluster_model(std::uint64_t seed);

  /// What went wrong first; nothing if all was well.
  std::optional<std::string> run(int steps);

  /// What happened, so that a test can tell whether the model got anywhere.
  struct tally {
    std::size_t acknowledged = 0, elections = 0, from_eligible = 0, unclean = 0, leaderless = 0, grown = 0,
                reassigned = 0, shut_down = 0, lost_disks = 0, new_controllers = 0;
  };
  const tally& counted() const { return tally_; }

private:
  struct entry {
    leader_epoch epoch;
    std::uint32_t number;
    friend bool operator==(const entry&, const entry&) = default;
  };
  using log = std::vector<entry>;

  struct fetched {
    std::size_t position = 0;
    broker_epoch epoch;
  };
  struct leadership {
    leader_epoch epoch;
    metadata::partition_epoch partition_epoch;
    std::vector<node_id> isr;
    std::optional<std::vector<in_sync_member>> wanted; // asked for, and no answer yet
    int asked = 0;                                     // how often
    std::int32_t minimum = 1;
    metadata_version known_at;
    std::size_t start = 0; // the log's end when it began
    std::size_t high_watermark = 0;
    std::map<node_id, fetched> followers;
  };
  struct node {
    bool up = false;
    bool lost = false; // part of its disk, since it last registered
    bool stopping = false;
    broker_incarnation incarnation;
    std::optional<broker_epoch> epoch;
    image_ptr view = metadata_image::empty();
    std::map<topic_partition, log> logs;
    std::map<topic_partition, leadership> leads;
  };
  struct undecided {
    std::vector<record> records;
    bool is_unclean;   // an operator insisted on a leader
    bool is_by_leader; // a leader says who is in sync
    std::function<void(metadata_version)> done;
  };

  void step();
  void happen_to_process(node_id id, node& n);
  void happen_to_admin();
  void crash(node& n);
  void send(command what, std::function<void(const reply&, metadata_version)> then);
  void deliver();
  void decide(command what, const std::function<void(const reply&, metadata_version)>& then);
  void commit();
  void replace_controller();

  void register_node(node_id id, node& n);
  void heartbeat(node_id id, node& n);
  bool serves(node_id id, const node& n) const;
  void refresh(node_id id, node& n);
  void append(node& n);
  void fetch(node_id id, node& n);
  void count(node_id id, node& n, const topic_partition& tp, leadership& l);
  void change_in_sync(node_id id, node& n);
  void take_answer(node_id id, const topic_partition& tp, const alter_partition::item& asked,
                   const reply& answer, metadata_version version);
  void acknowledge(const topic_partition& tp, const log& from, std::size_t end);

  void check_commit(const metadata_image& before, const metadata_image& after, const undecided& why);
  void check_partition(const metadata_image& image, const topic& t, const topic_partition& tp,
                       const partition* before, const partition& after, const undecided& why);
  void check_records(const topic_partition& tp, const partition& p);
  void wrong(std::string what, const topic_partition& tp);

  partition_id number(std::size_t bound) {
    return partition_id{static_cast<std::int32_t>(random_.below(bound))};
  }
  node_id any_node() { return node_id{1 + static_cast<std::int32_t>(random_.below(nodes_.size()))}; }
  std::vector<node_id> some_nodes();
  named_partition some_partition();

  random_source random_;
  controller_config options_;
  topic_defaults defaults_; // what leaders go by
  std::optional<controller_core> core_;
  image_ptr replayed_ = metadata_image::empty(); // all records, applied one batch after the other
  metadata_version version_;
  std::map<node_id, node> nodes_;
  std::deque<undecided> uncommitted_;
  std::deque<std::function<void()>> under_way_;
  std::map<topic_partition, log> acknowledged_;
  std::map<topic_partition, std::set<node_id>> eligible_; // as the model sees it
  std::map<std::pair<topic_partition, leader_epoch>, node_id> leaders_;
  std::map<topic_partition, leader_epoch> since_unclean_;
  std::int64_t now_ms_ = 0;
  std::uint32_t next_number_ = 1;
  std::uint64_t next_incarnation_ = 1;
  std::optional<std::string> problem_;
  tally tally_;
};

/// How far two logs agree.
template <class Log>
std::size_t common(const Log& a, const Log& b) {
  auto ends = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(ends.first - a.begin());
}

inline std::vector<node_id> joined(std::vector<node_id> list, const std::vector<node_id>& more) {
  for (auto node : more)
    if (!contains(list, node))
      list.push_back(node);
  return list;
}

} // namespace troupe::metadata
