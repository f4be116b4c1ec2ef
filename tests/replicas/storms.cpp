#define CAF_SUITE storms
#include "tests/replicas/replica_workshop.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include <spdlog/spdlog.h>

#include "caf/test/dsl.hpp" // last: its macros have everyday names

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Three nodes to which things happen while somebody writes.
class storm {
public:
  explicit storm(std::uint64_t seed) : random_(seed), w_(3, seed) {
    w_.make_topic({1, 2, 3}, {{"min.insync.replicas", random_.one_in(3) ? "1" : "2"},
                              {"segment.bytes", "1048576"}});
  }

  /// The first thing that is wrong, or nothing.
  std::string play(int steps) {
    for (int i = 0; i < steps && problem_.empty(); ++i)
      step();
    if (problem_.empty())
      heal();
    return problem_;
  }

  std::size_t acknowledged() const { return acknowledged_.size(); }

private:
  int anybody() { return static_cast<int>(1 + random_.below(3)); }
  int down() const {
    int count = 0;
    for (int id : {1, 2, 3})
      count += w_.is_up(id) ? 0 : 1;
    return count;
  }

  void step() {
    auto id = anybody();
    switch (random_.below(24)) {
    case 0:
      if (w_.is_up(id)) {
        collect(id);
        w_.crash(id, random_.one_in(2));
        if (random_.one_in(2))
          w_.fence(id);
      }
      break;
    case 1:
    case 2:
      if (!w_.is_up(id))
        w_.start(id);
      break;
    case 3:
      w_.kill_partition(id);
      break;
    case 4:
      if (cut_.empty() && w_.is_up(id)) {
        w_.cut_off(id);
        cut_.insert(id);
      }
      break;
    case 5:
      mend();
      break;
    case 6:
      if (w_.is_up(id))
        w_.fence(id);
      break;
    case 7:
      if (w_.is_up(id))
        w_.unfence(id);
      break;
    case 8:
      w_.pass(std::chrono::milliseconds{random_.below(2'000)});
      break;
    default:
      for (auto count = random_.below(6); count > 0; --count)
        write();
      w_.pass(std::chrono::milliseconds{random_.below(20)});
    }
    for (int one : {1, 2, 3})
      collect(one);
  }

  void mend() {
    for (int id : cut_)
      w_.mend(id);
    cut_.clear();
  }

  /// To whoever takes himself for the leader.
  void write() {
    auto id = random_.one_in(4) ? anybody() : std::max(w_.leader(), 1);
    if (!w_.is_up(id) || !w_.mail(id).view)
      return;
    auto value = std::to_string(++values_);
    if (random_.one_in(20))
      value.resize(50'000, '.');
    w_.send(id, value, random_.one_in(5) ? 1 : -1, values_);
    asks_all_[values_] = value;
  }

  void collect(int id) {
    for (auto& reply : w_.mail(id).appended)
      if (reply.code == errc::none && reply.tag.part == 1)
        acknowledged_[reply.base_offset] = asks_all_.at(reply.tag.request);
    w_.mail(id).appended.clear();
    w_.mail(id).fetched.clear();
  }

  void heal() {
    mend();
    for (int id : {1, 2, 3})
      if (!w_.is_up(id))
        w_.start(id);
    for (int id : {1, 2, 3})
      w_.unfence(id);
    auto end = [&](int id) { return w_.counters(id).log_end.value(); };
    auto mark = [&](int id) { return w_.counters(id).high_watermark.value(); };
    auto well = [&] {
      return w_.isr() == "1 2 3" && end(1) == end(2) && end(2) == end(3) && mark(1) == end(1) && mark(2) == end(1)
             && mark(3) == end(1);
    };
    if (!w_.pass_until(well, 60s)) {
      problem_ = "they do not agree: " + w_.describe();
      for (int id : {1, 2, 3})
        problem_ += ", " + std::to_string(id) + " ends at " + std::to_string(end(id)) + " with "
                    + std::to_string(mark(id));
      return;
    }
    std::vector<std::vector<std::string>> logs;
    for (int id : {1, 2, 3}) { // each leads once
      for (int other : {1, 2, 3})
        if (other != id)
          w_.fence(other);
      w_.set_option("min.insync.replicas", "1");
      if (!w_.pass_until([&] { return w_.leader() == id && w_.latest() == std::to_string(end(id)); }, 10s)) {
        problem_ = "node " + std::to_string(id) + " does not lead";
        return;
      }
      logs.push_back(w_.read_all());
      for (int other : {1, 2, 3})
        w_.unfence(other);
      w_.pass_until([&] { return w_.isr() == "1 2 3"; }, 10s);
    }
    if (logs[0] != logs[1] || logs[1] != logs[2])
      problem_ = "the logs differ";
    for (auto& [at, value] : acknowledged_)
      if (static_cast<std::size_t>(at.value()) >= logs[0].size() || logs[0][static_cast<std::size_t>(at.value())] != value)
        problem_ = "what was acknowledged at " + std::to_string(at.value()) + " is not there";
  }

  random_source random_;
  replica_workshop w_;
  std::set<int> cut_;
  std::uint64_t values_ = 0;
  std::map<std::uint64_t, std::string> asks_all_;
  std::map<offset, std::string> acknowledged_;
  std::string problem_;
};

std::uint64_t seeds() {
  auto* wanted = std::getenv("STORMS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : 150;
}

} // namespace

CAF_TEST(whatever happens to three nodes what they acknowledged stays) {
  spdlog::set_level(std::getenv("LOUD") ? spdlog::level::debug : spdlog::level::off);
  auto* only = std::getenv("SEED");
  std::uint64_t first = only ? std::strtoull(only, nullptr, 10) : 1;
  std::uint64_t last = only ? first : seeds();
  std::size_t acknowledged = 0;
  for (auto seed = first; seed <= last; ++seed) {
    storm one{seed};
    auto problem = one.play(120);
    acknowledged += one.acknowledged();
    if (!problem.empty())
      CAF_FAIL("seed " << seed << ": " << problem);
  }
  CAF_MESSAGE(acknowledged << " acknowledged");
  CAF_CHECK(only || acknowledged > 1'000);
}
