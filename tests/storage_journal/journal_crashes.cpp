#define CAF_SUITE journal_crashes
#include "caf/test/unit_test.hpp"

#include "tests/storage_journal/journal_workshop.hpp"

#include <algorithm>
#include <map>

using namespace troupe;
using namespace troupe::storage;
using test::appended;
using test::collect_into;
using test::simulated_file_system;

namespace {

/// Drives a journal at random and knows what it must still have.
class workload {
public:
  explicit workload(std::uint64_t seed) : random_(seed), fs_(seed ^ 0x5eed) {}

  simulated_file_system& fs() { return fs_; }
  random_source& random() { return random_; }
  std::uint64_t steps() const { return steps_; }
  std::uint64_t commits() const { return commits_; }

  /// False if the machine stopped meanwhile.
  bool open() {
    log_.reset();
    pending_.clear();
    std::vector<appended> replayed;
    auto opened = journal::open(fs_, options_, collect_into(replayed));
    if (!opened) {
      CAF_REQUIRE(fs_.is_off());
      return false;
    }
    check(replayed, opened->report);
    log_ = std::move(opened->log);
    return true;
  }

  /// One random step. False if the machine has stopped.
  bool step() {
    ++steps_;
    switch (random_.below(10)) {
      case 0:
        return done(log_->seal());
      case 1:
        return release();
      case 2:
        return done(log_->prepare_next_file());
      default:
        return append_and_commit();
    }
  }

  void stop(bool power) {
    log_.reset();
    if (power)
      fs_.power_cut(random_);
    fs_.restart();
  }

private:
  template <class T>
  bool done(const T& outcome) {
    if (outcome || outcome.error() == errc::no_space)
      return true;
    CAF_REQUIRE(fs_.is_off());
    return false;
  }

  bool append_and_commit() {
    auto batches = 1 + random_.below(4);
    for (std::uint64_t i = 0; i < batches; ++i) {
      auto p = static_cast<int>(random_.below(3));
      auto size = random_.one_in(8) ? random_.below(7 * block_size_bytes) : random_.below(1500);
      // No batch is like another.
      appended a{p, ends_[p], ends_[p] + 1, std::to_string(++number_) + ":"};
      a.batch.append(size, static_cast<char>(number_));
      if (!log_->fits(a.batch.size()))
        break;
      ends_[p] = a.next;
      test::append(*log_, a);
      pending_.push_back(std::move(a));
    }
    auto outcome = log_->commit();
    if (outcome) {
      ++commits_;
      acknowledged_.insert(acknowledged_.end(), pending_.begin(), pending_.end());
      pending_.clear();
    }
    return done(outcome);
  }

  bool release() {
    for (int p = 0; p < 3; ++p) {
      if (!random_.one_in(2))
        continue;
      auto upto = ends_[p];
      for (auto& a : pending_)
        if (a.partition == p)
          upto = std::min(upto, a.base);
      log_->checkpointed(test::journal_partition(p), offset{upto});
      flushed_[p] = std::max(flushed_[p], upto);
    }
    return done(log_->release());
  }

  void check(const std::vector<appended>& replayed, const journal_report& report) {
    CAF_REQUIRE(report.damage.empty());
    // An old beginning may be gone or may be there still: only what was not flushed must be there.
    auto at = replayed.empty() ? acknowledged_.end()
                               : std::find(acknowledged_.begin(), acknowledged_.end(), replayed.front());
    for (auto i = acknowledged_.begin(); i != at; ++i)
      CAF_REQUIRE(i->next <= flushed_[i->partition]);
    std::vector<appended> expected(at, acknowledged_.end());
    CAF_REQUIRE(replayed.size() >= expected.size());
    CAF_REQUIRE(std::equal(expected.begin(), expected.end(), replayed.begin()));
    // The group in flight is there as a whole or not at all.
    std::vector<appended> more(replayed.begin() + static_cast<std::ptrdiff_t>(expected.size()), replayed.end());
    CAF_REQUIRE(more.empty() || more == in_flight_);
    acknowledged_ = replayed;
    std::map<int, std::int64_t> ends;
    for (int p = 0; p < 3; ++p)
      ends[p] = flushed_[p];
    for (auto& a : acknowledged_)
      ends[a.partition] = std::max(a.next, ends[a.partition]);
    ends_ = ends;
    in_flight_.clear();
  }

public:
  /// What was pending when the machine stopped may be there after it, and after further crashes during a recovery.
  void remember_in_flight() {
    if (!pending_.empty())
      in_flight_ = pending_;
  }

private:
  random_source random_;
  simulated_file_system fs_;
  journal_options options_ = test::small_journal(24, 3);
  std::unique_ptr<journal> log_;
  std::vector<appended> pending_;
  std::vector<appended> in_flight_;
  std::vector<appended> acknowledged_;
  std::map<int, std::int64_t> ends_;
  std::map<int, std::int64_t> flushed_;
  std::uint64_t number_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t commits_ = 0;
};

/// Runs until the machine stops or `steps` are done; then restarts it.
void run_once(workload& w, std::uint64_t crash_after, std::uint64_t steps, bool power) {
  w.fs().crash_after(crash_after);
  auto alive = w.open();
  for (std::uint64_t i = 0; alive && i < steps; ++i)
    alive = w.step();
  w.remember_in_flight();
  w.stop(power);
}

} // namespace

CAF_TEST(a power cut at every operation of a workload loses nothing that was acknowledged) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    bool crashed = true;
    for (std::uint64_t n = 0; crashed && n < 400; ++n) {
      workload w{seed};
      w.fs().crash_after(n);
      auto alive = w.open();
      for (int i = 0; alive && i < 60; ++i)
        alive = w.step();
      crashed = !alive;
      w.remember_in_flight();
      w.stop(true);
      CAF_REQUIRE(w.open());
      // A second cut in the middle of the recovery.
      w.stop(true);
      run_once(w, n % 9, 5, true);
      CAF_REQUIRE(w.open());
    }
    CAF_CHECK(!crashed);
  }
}

CAF_TEST(a killed process at every operation loses nothing that was acknowledged) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    bool crashed = true;
    for (std::uint64_t n = 0; crashed && n < 400; ++n) {
      workload w{seed};
      w.fs().crash_after(n);
      auto alive = w.open();
      for (int i = 0; alive && i < 60; ++i)
        alive = w.step();
      crashed = !alive;
      w.remember_in_flight();
      w.stop(false);
      // What the new process has seen of the old one's writes survives a power cut.
      alive = w.open();
      for (auto i = n % 3; alive && i > 0; --i)
        alive = w.step();
      CAF_REQUIRE(alive);
      w.remember_in_flight();
      w.stop(true);
      CAF_REQUIRE(w.open());
    }
    CAF_CHECK(!crashed);
  }
}

CAF_TEST(a million random steps with crashes all the way) {
  std::uint64_t steps = 0;
  std::uint64_t commits = 0;
  for (std::uint64_t seed = 100; steps < 1'000'000; ++seed) {
    workload w{seed};
    auto lives = 3 + w.random().below(10);
    for (std::uint64_t life = 0; life < lives; ++life) {
      w.fs().set_capacity(w.random().one_in(3) ? 50 * block_size_bytes : ~std::uint64_t{0});
      auto length = 1 + w.random().below(2000);
      run_once(w, w.random().below(2 * length), length, w.random().one_in(2));
    }
    w.fs().set_capacity(~std::uint64_t{0});
    CAF_REQUIRE(w.open());
    steps += w.steps();
    commits += w.commits();
  }
  CAF_MESSAGE(steps << " steps, " << commits << " commits");
  CAF_CHECK(commits > steps / 10);
}

CAF_TEST(the same seed gives the same run) {
  auto run = [](std::uint64_t seed) {
    workload w{seed};
    for (int life = 0; life < 5; ++life)
      run_once(w, 100, 80, true);
    return w.fs().trace();
  };
  CAF_CHECK_EQUAL(run(1), run(1));
  CAF_CHECK(run(1) != run(2));
}
