#define CAF_SUITE replica_runs
#include "caf/test/unit_test.hpp"

#include "runtime/base/random.hpp"
#include "tests/replication/replica_cluster.hpp"
#include "tests/support_cpp/seeds.hpp"

using namespace troupe;
using namespace troupe::replication;

namespace {

/// How rough a run is; drawn anew for each, so that some runs have only one kind of trouble.
struct weather {
  std::uint64_t loss; // one message in so many
  std::uint64_t repeat;
  std::uint64_t crash; // one step in so many
  std::uint64_t wipe;  // one crash in so many
  std::uint64_t revive;
  std::uint64_t cut;
  std::uint64_t doubt; // one answer of the controller in so many is lost, or its question comes late once more
  std::uint64_t deletion;
  std::uint64_t late; // one message in so many comes much later
  bool reorder;
  std::uint64_t haste;   // how often time passes
  std::uint64_t laziness; // one chance in so many to learn something from the controller
};

class random_run {
public:
  explicit random_run(std::uint64_t seed)
      : random_(seed), sky_(draw()), all_(replicas(), 1 + static_cast<int>(random_.below(3)), lossy()) {}

  replica_cluster& play(int steps) {
    for (int i = 0; i < steps && all_.broken.empty(); ++i)
      step();
    if (all_.broken.empty())
      all_.heal();
    return all_;
  }

private:
  static constexpr std::uint64_t never = std::uint64_t{1} << 40;

  int replicas() { return random_.one_in(8) ? 2 : 3 + static_cast<int>(random_.below(3)); }
  bool lossy() const { return sky_.loss != never; }

  weather draw() {
    auto maybe = [&](std::uint64_t often) { return random_.one_in(2) ? often : never; };
    weather w;
    w.loss = maybe(3 + random_.below(20));
    w.repeat = maybe(3 + random_.below(10));
    w.crash = maybe(30 + random_.below(300));
    w.wipe = maybe(1 + random_.below(4));
    w.revive = maybe(50 + random_.below(200));
    w.cut = maybe(50 + random_.below(200));
    w.doubt = maybe(2 + random_.below(4));
    w.deletion = maybe(20 + random_.below(100));
    w.late = maybe(3 + random_.below(20));
    w.reorder = random_.one_in(2);
    w.haste = 1 + random_.below(6);
    w.laziness = 1 + random_.below(6);
    return w;
  }

  int anybody() { return static_cast<int>(1 + random_.below(static_cast<std::uint64_t>(all_.size()))); }
  template <class T>
  std::size_t any_of(const std::vector<T>& list) {
    return static_cast<std::size_t>(random_.below(list.size()));
  }

  void step() {
    auto id = anybody();
    if (!all_.at(id).running) {
      if (random_.one_in(10))
        all_.restart(id);
      return;
    }
    if (random_.one_in(sky_.crash)) {
      if (!random_.one_in(sky_.wipe) || !all_.may_wipe(id))
        return all_.crash(id);
      return random_.one_in(2) ? come_back_empty(id) : all_.wipe(id);
    }
    if (random_.one_in(sky_.revive))
      return all_.revive(id);
    if (random_.one_in(sky_.cut))
      if (auto other = anybody(); other != id)
        all_.cut(id, other);
    if (random_.one_in(200))
      all_.mend_all();
    if (random_.one_in(sky_.deletion))
      all_.delete_records(id, offset{static_cast<std::int64_t>(
                                  random_.below(static_cast<std::uint64_t>(all_.at(id).log.end().value()) + 1))});
    act(id);
  }

  /// With another disk, and so fast that the others hear of its new life before it speaks to them.
  void come_back_empty(int id) {
    for (int other = 1; other <= all_.size(); ++other)
      if (other != id)
        all_.cut(id, other);
    all_.wipe(id);
    all_.restart(id);
    all_.controller.unfence(node_id{id});
    for (int other = 1; other <= all_.size(); ++other)
      while (all_.at(other).running && all_.at(other).image < all_.controller.version())
        all_.learn(other);
  }

  void act(int id) {
    auto& log = all_.at(id).log;
    switch (auto chance = random_.below(14 + sky_.haste)) {
    case 0:
    case 1:
      return all_.produce(id, random_.one_in(4) ? required_acks::leader : required_acks::all);
    case 2:
    case 3: {
      auto left = static_cast<std::uint64_t>(log.end() - log.durable_end);
      return all_.persist(id, log.durable_end + static_cast<std::int64_t>(random_.below(left + 1)));
    }
    case 4:
      return all_.persist(id, log.end());
    case 5:
    case 6:
      return random_.one_in(sky_.laziness) ? all_.learn(id) : void();
    case 7:
      return watch_over(id);
    case 8:
      return ask_controller();
    default:
      return chance < 14 ? move_messages() : all_.pass_time(static_cast<std::int64_t>(random_.below(60)));
    }
  }

  /// The controller takes a node for dead, or lets it serve again.
  void watch_over(int id) {
    auto& broker = all_.controller.now().brokers.at(node_id{id});
    auto& n = all_.at(id);
    if (broker.fenced && n.running && n.image >= n.joins_at && random_.one_in(2))
      all_.controller.unfence(n.id);
    else if (!broker.fenced && (random_.one_in(30) || (!n.running && random_.one_in(2))))
      all_.controller.fence(n.id);
    for (int other = 1; other <= all_.size(); ++other)
      if (!all_.at(other).running && random_.one_in(5) && !all_.controller.now().brokers.at(node_id{other}).fenced)
        all_.controller.fence(node_id{other});
  }

  void ask_controller() {
    if (!all_.proposals.empty()) {
      auto which = any_of(all_.proposals);
      all_.answer_proposal(which);
      if (!random_.one_in(sky_.doubt)) // else it comes again, some time
        all_.proposals.erase(all_.proposals.begin() + static_cast<std::ptrdiff_t>(which));
    }
    if (!all_.answers.empty()) {
      auto which = any_of(all_.answers);
      if (random_.one_in(sky_.doubt))
        all_.answers.erase(all_.answers.begin() + static_cast<std::ptrdiff_t>(which));
      else
        all_.deliver_answer(which);
    }
    if (all_.proposals.size() > 20)
      all_.proposals.erase(all_.proposals.begin());
  }

  void move_messages() {
    if (!late_.empty() && random_.one_in(20)) {
      auto which = any_of(late_);
      all_.network.push_back(late_[which]);
      late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(which));
    }
    for (auto left = 1 + random_.below(6); left > 0 && !all_.network.empty(); --left) {
      auto which = sky_.reorder ? any_of(all_.network) : 0;
      if (random_.one_in(sky_.repeat) && all_.network.size() < 100)
        all_.network.push_back(all_.network[which]);
      if (random_.one_in(sky_.late) && late_.size() < 20)
        late_.push_back(all_.network[which]);
      if (random_.one_in(sky_.loss))
        all_.network.erase(all_.network.begin() + static_cast<std::ptrdiff_t>(which));
      else
        all_.deliver(which);
    }
  }

  random_source random_;
  weather sky_;
  replica_cluster all_;
  std::vector<packet> late_; ///< also from lives and connections that are over
};

} // namespace

CAF_TEST(no trouble loses or changes what is committed) {
  replica_cluster::counts all;
  auto seeds = test::seeds_wanted(3000);
  test::seed_watch watch;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    watch.begins(seed);
    random_run run{seed};
    auto& cluster = run.play(2000);
    if (!cluster.broken.empty())
      CAF_FAIL("seed " << seed << ": " << cluster.broken);
    all.acknowledged += cluster.seen.acknowledged;
    all.cuts += cluster.seen.cuts;
    all.elections += cluster.seen.elections;
    all.joins += cluster.seen.joins;
    all.losses_seen += cluster.seen.losses_seen;
  }
  CAF_MESSAGE(all.acknowledged << " acknowledged, " << all.elections << " elections, " << all.joins << " joined, "
                               << all.cuts << " logs cut, " << all.losses_seen << " losses noticed");
  // The runs must have done something.
  CAF_CHECK(all.acknowledged > 30'000);
  CAF_CHECK(all.elections > 3'000);
  CAF_CHECK(all.joins > 3'000);
  CAF_CHECK(all.cuts > 300);
}

CAF_TEST(the same seed gives the same run) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    random_run one{seed}, two{seed};
    auto &a = one.play(1000).seen, &b = two.play(1000).seen;
    CAF_CHECK_EQUAL(a.acknowledged, b.acknowledged);
    CAF_CHECK_EQUAL(a.cuts, b.cuts);
    CAF_CHECK_EQUAL(a.elections, b.elections);
  }
}
