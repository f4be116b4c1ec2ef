// Tells a leader core a story and prints what it does about it.
#pragma once

#include "runtime/replication/leader_core.hpp"

#include <sstream>
#include <string>
#include <vector>

namespace troupe::replication {

inline std::vector<node_id> nodes(std::vector<int> list) {
  std::vector<node_id> result;
  for (auto n : list)
    result.push_back(node_id{n});
  return result;
}

/// Node 1 leads in epoch 7, from `end` on; brokers are in their life 100.
inline leader_start leading(std::vector<int> replicas, std::vector<int> isr, int minimum = 1, int end = 0) {
  leader_start s;
  s.self = node_id{1};
  s.epoch = leader_epoch{7};
  s.replicas = nodes(std::move(replicas));
  s.isr = nodes(std::move(isr));
  s.min_insync_replicas = minimum;
  s.log_end = offset{end};
  s.partition_epoch = partition_epoch{10};
  s.self_epoch = broker_epoch{100};
  s.lag_max_ms = 1000;
  s.proposal_patience_ms = 500;
  return s;
}

/// "hw 5, done 1 at 5, fetch 9, 2 gets 5 to 9, 3 hears, 3: diverged 4 at 7, propose 1 2" in the order of the effects.
inline std::string print(const leader_core& core, effects list) {
  std::ostringstream out;
  for (auto& e : list) {
    if (out.tellp() > 0)
      out << ", ";
    switch (e.what) {
    case effect::kind::high_watermark:
      out << "hw " << e.at.value();
      break;
    case effect::kind::fetch_ready:
      out << "fetch " << e.who;
      break;
    case effect::kind::produce_done:
      e.code == errc::none ? out << "done " << e.who << " at " << e.at.value() : out << name(e.code) << " " << e.who;
      break;
    case effect::kind::answer_replica: {
      auto& a = core.answer(e.who);
      out << a.to.value();
      if (a.code == replica_code::diverged)
        out << ": diverged " << a.diverging.epoch.value() << " at " << a.diverging.end.value();
      else if (a.code != replica_code::none)
        out << ": " << name(a.code);
      else if (a.until > a.from)
        out << " gets " << a.from.value() << " to " << a.until.value();
      else
        out << " hears";
      break;
    }
    case effect::kind::propose_isr:
      out << "propose";
      for (auto& member : core.proposal().isr)
        out << " " << member.node.value();
      break;
    case effect::kind::lost_records:
      out << e.who << " lost down to " << e.at.value();
    }
  }
  return out.str();
}

/// A fetch of a follower whose log is this leader's up to `end`, all of it on disk, and that knows every high watermark.
inline replica_fetch fetch_at(int follower, int end, std::uint64_t round) {
  replica_fetch f;
  f.epoch = leader_epoch{7};
  f.round = round;
  f.follower = node_id{follower};
  f.broker_epoch = broker_epoch{100};
  f.from = f.durable_end = offset{end};
  f.last_epoch = end > 0 ? leader_epoch{7} : no_leader_epoch;
  f.high_watermark = offset{1'000'000};
  return f;
}

/// A core with a clock and a count of rounds; every call gives what was done about it.
class story {
public:
  explicit story(leader_start start) : core(start) {}

  std::string fetch(int follower, int end) { return fetch(fetch_at(follower, end, ++round)); }
  std::string fetch(const replica_fetch& f) { return fetch(f, {leader_epoch{7}, core.log_end()}); }
  std::string fetch(const replica_fetch& f, epoch_end own) { return print(core, core.fetched(f, own, now_ms)); }
  std::string durable(int end) { return print(core, core.durable(offset{end})); }
  /// Appended and on disk.
  std::string write(int end, token who = 0, required_acks acks = required_acks::none) {
    core.appended(offset{end}, acks, who);
    return durable(end);
  }
  std::string changed(int epoch, std::vector<int> isr, int minimum, std::vector<int> elr = {}) {
    return print(core, core.changed({partition_epoch{epoch}, nodes(std::move(isr)), nodes(std::move(elr))}, minimum,
                                    now_ms));
  }
  std::string brokers(std::vector<int> alive, std::vector<int> fenced = {}) {
    std::vector<known_broker> known;
    for (auto n : alive)
      known.push_back({node_id{n}, broker_epoch{100}, false});
    for (auto n : fenced)
      known.push_back({node_id{n}, broker_epoch{100}, true});
    return print(core, core.brokers(known, now_ms));
  }
  std::string accepted(int epoch, std::vector<int> isr, int minimum) {
    return print(core, core.proposal_accepted(core.proposal().attempt,
                                              {partition_epoch{epoch}, nodes(std::move(isr)), {}}, minimum, now_ms));
  }
  std::string failed() { return print(core, core.proposal_failed(core.proposal().attempt, now_ms)); }
  std::string after(std::int64_t ms) {
    now_ms += ms;
    return print(core, core.tick(now_ms));
  }

  leader_core core;
  std::int64_t now_ms = 0;
  std::uint64_t round = 0;
};

} // namespace troupe::replication
