#define CAF_SUITE random_runs
#include "caf/test/unit_test.hpp"

#include "tests/raft/cluster.hpp"
#include "tests/support_cpp/seeds.hpp"

#include <sstream>

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
  std::uint64_t change; // of the members, or of who leads
  std::uint64_t wipe;
  bool blank; // the members have to find each other first
  std::uint64_t coup; // the leader goes when it has something on its disk that nobody else has
};

struct run_result {
  std::string broken;
  std::uint64_t committed = 0;
  std::uint64_t snapshots = 0;
  std::size_t leaders = 0;
  std::uint64_t changes = 0;
  std::uint64_t wiped = 0;
};

class random_run {
public:
  explicit random_run(std::uint64_t seed, disk_faults faults = {})
      : random_(seed), sky_(random_.one_in(3) ? draw_coup() : draw()),
        founders_(static_cast<int>(is_coup() ? 3 : 2 * random_.below(3) + 1 + random_.below(2))),
        all_(founders_, options(seed), !sky_.blank) {
    all_.faults = faults;
    if (faults.keeps_name_when_wiped)
      sky_.wipe = 20;
    for (auto observers = is_coup() ? 0 : random_.below(3); observers > 0; --observers)
      all_.join();
  }

  run_result play(int steps) {
    for (int i = 0; i < steps && all_.broken.empty(); ++i)
      step();
    if (all_.broken.empty())
      heal();
    return {all_.broken, all_.at(1).applied.value(), snapshots_, all_.leaders_seen(), changes_, wiped_};
  }

private:
  static constexpr auto off = std::uint64_t{1} << 40;

  bool is_coup() const { return sky_.coup != off; }

  config options(std::uint64_t seed) const {
    config common;
    common.seed = seed;
    common.append_max_bytes = seed % 2 == 0 ? 1 : 64;
    common.election_ticks = seed % 4 < 2 ? 3 : 10;
    common.retry_ticks = seed % 8 < 4 ? 0 : 1;
    common.snapshot_piece_bytes = seed % 16 < 8 ? 100 : 3;
    common.in_flight_max_bytes = seed % 32 < 16 ? 100 : 100'000;
    if (is_coup()) {
      common.append_max_bytes = 1;
      common.election_ticks = 3;
      common.retry_ticks = 1;
    }
    return common;
  }

  /// Nothing gets lost, but no leader lasts: their entries reach some and not others.
  weather draw_coup() {
    weather w{off, off, off, off, off, false, 1, off, off, false, 2 + random_.below(20)};
    if (random_.one_in(3))
      w.change = 5 + random_.below(20);
    return w;
  }

  weather draw() {
    auto maybe = [&](std::uint64_t often) { return random_.one_in(2) ? often : off; };
    weather w;
    w.loss = maybe(2 + random_.below(10));
    w.repeat = maybe(3 + random_.below(10));
    w.crash = maybe(100 + random_.below(500));
    w.cut = maybe(100 + random_.below(500));
    w.storm = maybe(30 + random_.below(200));
    w.reorder = random_.one_in(2);
    w.haste = 1 + random_.below(6);
    w.change = w.wipe = w.coup = off;
    if (!random_.one_in(3)) // a change beside a lost disk could leave no majority
      (random_.one_in(3) ? w.wipe : w.change) = 5 + random_.below(50);
    w.blank = random_.one_in(4);
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
    if (random_.one_in(sky_.storm) || (random_.one_in(sky_.coup) && leads_alone()))
      return unseat();
    if (random_.one_in(sky_.change))
      return change();
    if (random_.one_in(sky_.wipe))
      return wipe(id);
    if (random_.one_in(sky_.cut))
      all_.cut_off.insert(id);
    if (random_.one_in(100))
      all_.cut_off.erase(anybody());
    act(id);
  }

  bool leads_alone() {
    auto last_stored = [&](int id) {
      auto& m = all_.at(id);
      return m.stored_entries.empty() ? m.stored_snapshot.at : m.stored_entries.back().at;
    };
    auto leader = all_.leader();
    if (leader == 0)
      return false;
    for (int id = 1; id <= all_.size(); ++id)
      if (id != leader && last_stored(id) == last_stored(leader))
        return false;
    return true;
  }

  /// The leader crashes or is cut off, in whatever state its followers are, and the others lose patience.
  void unseat() {
    auto leader = all_.leader();
    if (leader == 0)
      return;
    if (is_coup()) { // those of before are back, or nobody could be elected
      all_.cut_off.clear();
      for (int id = 1; id <= all_.size(); ++id)
        if (!all_.at(id).core)
          all_.restart(id);
    }
    if (random_.one_in(2))
      all_.crash(leader);
    else
      all_.cut_off.insert(leader);
    for (auto left = random_.below(60); left > 0; --left)
      if (auto id = anybody(); all_.at(id).core)
        all_.tick(id);
  }

  void change() {
    auto leader = all_.leader();
    if (leader == 0)
      return;
    auto& core = *all_.at(leader).core;
    auto others = core.others();
    if (others.empty())
      return;
    auto& whom = others[random_.below(others.size())];
    auto what = random_.below(5);
    if (what == 0)
      changes_ += core.transfer_leadership(random_.one_in(2) ? whom.node : no_node) ? 1 : 0;
    else if (whom.votes)
      changes_ += what < 3 && core.remove_voter(random_.one_in(4) ? node_id{leader} : whom.node) ? 1 : 0;
    else
      changes_ += core.add_voter(whom.node) ? 1 : 0;
    if (all_.size() < founders_ + 4 && random_.one_in(20))
      all_.join();
  }

  /// One disk at a time, and the next one only when that is a member's again: more than a majority can bear else.
  void wipe(int id) {
    auto leader = all_.leader();
    if (leader == 0 || founders_ < 3)
      return;
    auto& core = *all_.at(leader).core;
    for (auto& v : core.members().voters)
      if (all_.at(v.node.value()).disk != v.disk)
        return;
    if (core.members().awaited.empty() && core.log().members_index() <= core.commit_index()
        && core.commit_index() > log_index{1}) {
      all_.wipe(id);
      ++wiped_;
      all_.restart(id);
      if (random_.one_in(2))
        unseat(); // whoever knows what this node had promised
    }
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
      all_.broken = "liveness: nobody leads" + describe();
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
        all_.broken = numbered("liveness: node ", static_cast<std::uint64_t>(id)) + " stays behind" + describe();
  }

  std::string describe() {
    std::ostringstream text;
    for (int id = 1; id <= all_.size(); ++id) {
      auto& m = all_.at(id);
      text << "; " << id << ": " << (m.core->is_leader() ? "leads" : m.core->votes() ? "votes" : "observes")
           << " term " << m.core->current().term.value() << " log " << m.core->last_index().value() << " committed "
           << m.core->commit_index().value() << " applied " << m.applied.value() << " voters";
      for (auto& v : m.core->members().voters)
        text << " " << v.node.value();
    }
    return text.str();
  }

  random_source random_;
  weather sky_;
  int founders_;
  cluster all_;
  int proposals_ = 0;
  std::uint64_t snapshots_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t wiped_ = 0;
};

/// The first seed in which a fault of the disk breaks a promise, and which one; no more than 200 are tried.
std::string found_out(disk_faults faults) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed)
    if (auto result = random_run{seed, faults}.play(4000);
        !result.broken.empty() && !result.broken.starts_with("liveness"))
      return numbered("seed ", seed) + ": " + result.broken;
  return {};
}

} // namespace

CAF_TEST(loss and repetition and reordering and crashes break no promise) {
  run_result sum;
  auto seeds = test::seeds_wanted(1500);
  test::seed_watch watch;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    watch.begins(seed);
    auto result = random_run{seed}.play(4000);
    sum.committed += result.committed;
    sum.snapshots += result.snapshots;
    sum.leaders += result.leaders;
    sum.changes += result.changes;
    sum.wiped += result.wiped;
    if (!result.broken.empty())
      CAF_FAIL("seed " << seed << ": " << result.broken);
  }
  CAF_MESSAGE(sum.committed << " entries committed, " << sum.snapshots << " snapshots taken, " << sum.leaders
                            << " leaders, " << sum.changes << " changes of members, " << sum.wiped << " disks lost");
  // The runs must have done something.
  CAF_CHECK(sum.committed > 20 * seeds);
  CAF_CHECK(sum.snapshots > seeds);
  CAF_CHECK(sum.leaders > 3 * seeds);
  CAF_CHECK(sum.changes > seeds / 2);
  CAF_CHECK(sum.wiped > seeds / 50);
}

CAF_TEST(a disk that forgets is found out) {
  auto votes = found_out({.forgets_votes = true});
  CAF_MESSAGE(votes);
  CAF_CHECK(!votes.empty());
  auto entries = found_out({.forgets_entries = true});
  CAF_MESSAGE(entries);
  CAF_CHECK(!entries.empty());
  auto names = found_out({.keeps_name_when_wiped = true});
  CAF_MESSAGE(names);
  CAF_CHECK(!names.empty());
}

CAF_TEST(the same seed gives the same run) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto one = random_run{seed}.play(3000), two = random_run{seed}.play(3000);
    CAF_CHECK_EQUAL(one.committed, two.committed);
    CAF_CHECK_EQUAL(one.snapshots, two.snapshots);
    CAF_CHECK_EQUAL(one.changes, two.changes);
  }
}
