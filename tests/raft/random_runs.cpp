#define CAF_SUITE random_runs
#include "caf/test/unit_test.hpp"

#include "tests/raft/cluster.hpp"

using namespace troupe;
using namespace troupe::raft;

namespace {

/// How rough a run is; drawn anew for each, so that some runs have only one kind of trouble.
struct weather {
  std::uint64_t loss; // one message in so many
  std::uint64_t repeat;
  std::uint64_t crash; // one step in so many
  std::uint64_t cut;
  std::uint64_t storm; // the leader goes, at once
  bool reorder;
  std::uint64_t haste; // how often time passes: much of it makes leaders come and go
};

struct run_result {
  std::string broken;
  std::uint64_t committed = 0;
  std::uint64_t snapshots = 0;
  std::size_t leaders = 0;
};

class random_run {
public:
  explicit random_run(std::uint64_t seed)
      : random_(seed), sky_(draw()),
        all_(static_cast<int>(2 * random_.below(3) + 1 + random_.below(2)), options(seed)) {}

  run_result play(int steps) {
    for (int i = 0; i < steps && all_.broken.empty(); ++i)
      step();
    if (all_.broken.empty())
      heal();
    return {all_.broken, all_.at(1).applied.value(), snapshots_, all_.leaders_seen()};
  }

private:
  static config options(std::uint64_t seed) {
    config common;
    common.seed = seed;
    common.append_max_bytes = seed % 2 == 0 ? 1 : 64;
    common.election_ticks = seed % 4 < 2 ? 3 : 10;
    return common;
  }

  weather draw() {
    auto off = std::uint64_t{1} << 40;
    auto maybe = [&](std::uint64_t often) { return random_.one_in(2) ? often : off; };
    weather w;
    w.loss = maybe(2 + random_.below(10));
    w.repeat = maybe(3 + random_.below(10));
    w.crash = maybe(100 + random_.below(500));
    w.cut = maybe(100 + random_.below(500));
    w.storm = maybe(30 + random_.below(200));
    w.reorder = random_.one_in(2);
    w.haste = 1 + random_.below(6);
    return w;
  }

  int anybody() { return static_cast<int>(1 + random_.below(static_cast<std::uint64_t>(all_.size()))); }

  void step() {
    auto id = anybody();
    if (random_.one_in(sky_.crash)) {
      if (all_.at(id).core)
        all_.crash_while_writing(id, random_.below(7));
      return;
    }
    if (!all_.at(id).core) {
      if (random_.one_in(20))
        all_.restart(id);
      return;
    }
    if (random_.one_in(sky_.storm))
      return unseat();
    if (random_.one_in(sky_.cut))
      all_.cut_off.insert(id);
    if (random_.one_in(100))
      all_.cut_off.erase(anybody());
    act(id);
  }

  /// The leader crashes or is cut off, in whatever state its followers are, and the others lose patience.
  void unseat() {
    auto leader = all_.leader();
    if (leader == 0)
      return;
    if (random_.one_in(2))
      all_.crash(leader);
    else
      all_.cut_off.insert(leader);
    for (auto left = random_.below(60); left > 0; --left)
      if (auto id = anybody(); all_.at(id).core)
        all_.tick(id);
  }

  void act(int id) {
    auto chance = random_.below(10 + sky_.haste);
    if (chance < 2)
      all_.persist(id);
    else if (chance < 4)
      all_.finish(id);
    else if (chance == 4)
      all_.propose(id, numbered("p", ++proposals_));
    else if (chance == 5)
      snapshots_ += random_.one_in(10) && all_.compact(id) ? 1 : 0;
    else if (chance < 10)
      move_messages();
    else
      all_.tick(id);
  }

  void move_messages() {
    for (auto left = 1 + random_.below(8); left > 0 && !all_.network.empty(); --left) {
      auto which = sky_.reorder ? random_.below(all_.network.size()) : 0;
      if (random_.one_in(sky_.repeat) && all_.network.size() < 200)
        all_.network.push_back(all_.network[which]);
      if (random_.one_in(sky_.loss))
        all_.network.erase(all_.network.begin() + static_cast<std::ptrdiff_t>(which));
      else
        all_.deliver(which);
    }
  }

  /// Everybody is back and nothing gets lost: there must soon be a leader, and everybody must have the same.
  void heal() {
    all_.cut_off.clear();
    for (int id = 1; id <= all_.size(); ++id) {
      if (!all_.at(id).core)
        all_.restart(id);
      all_.finish(id);
    }
    for (int i = 0; i < 200; ++i) {
      all_.settle();
      for (int id = 1; id <= all_.size(); ++id)
        all_.tick(id);
    }
    all_.settle();
    auto leader = all_.leader();
    if (leader == 0 || !all_.propose(leader, "last")) {
      all_.broken = "liveness: nobody leads";
      return;
    }
    for (int i = 0; i < 5; ++i) {
      all_.settle();
      for (int id = 1; id <= all_.size(); ++id)
        all_.tick(id);
    }
    all_.settle();
    for (int id = 1; id <= all_.size(); ++id)
      if (all_.at(id).applied != all_.at(leader).core->last_index()
          || all_.at(id).machine != all_.at(leader).machine)
        all_.broken = numbered("liveness: node ", id) + " stays behind";
  }

  random_source random_;
  weather sky_;
  cluster all_;
  int proposals_ = 0;
  std::uint64_t snapshots_ = 0;
};

} // namespace

CAF_TEST(loss and repetition and reordering and crashes break no promise) {
  std::uint64_t committed = 0, snapshots = 0, leaders = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    auto result = random_run{seed}.play(4000);
    committed += result.committed;
    snapshots += result.snapshots;
    leaders += result.leaders;
    if (!result.broken.empty())
      CAF_FAIL("seed " << seed << ": " << result.broken);
  }
  CAF_MESSAGE(committed << " entries committed, " << snapshots << " snapshots taken, " << leaders
                        << " leaders");
  // The runs must have done something.
  CAF_CHECK(committed > 20'000);
  CAF_CHECK(snapshots > 1'000);
  CAF_CHECK(leaders > 2'500);
}

CAF_TEST(the same seed gives the same run) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto one = random_run{seed}.play(3000), two = random_run{seed}.play(3000);
    CAF_CHECK_EQUAL(one.committed, two.committed);
    CAF_CHECK_EQUAL(one.snapshots, two.snapshots);
  }
}
