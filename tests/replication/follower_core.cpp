#define CAF_SUITE follower_core
#include "caf/test/unit_test.hpp"

#include "runtime/replication/follower_core.hpp"

#include <sstream>

using namespace troupe;
using namespace troupe::replication;

namespace {

/// Follows in epoch 7, with a log up to `end` whose last record is of epoch 5.
follower_start following(int end, bool connected = true) {
  follower_start s;
  s.self = node_id{2};
  s.broker_epoch = broker_epoch{100};
  s.epoch = leader_epoch{7};
  s.log_end = s.durable_end = offset{end};
  s.last_epoch = end > 0 ? leader_epoch{5} : no_leader_epoch;
  s.connected = connected;
  return s;
}

replica_records records(std::uint64_t round, int high_watermark = 0, int log_start = 0) {
  replica_records r;
  r.epoch = leader_epoch{7};
  r.round = round;
  r.high_watermark = offset{high_watermark};
  r.log_start = offset{log_start};
  return r;
}

replica_records refusal(std::uint64_t round, replica_code code, epoch_end diverging = {}, int log_start = 0) {
  auto r = records(round, 0, log_start);
  r.code = code;
  r.diverging = diverging;
  return r;
}

epoch_end up_to(int epoch, int end) { return {leader_epoch{epoch}, offset{end}}; }
batch_extent batch(int base, int last, int epoch) { return {offset{base}, offset{last}, leader_epoch{epoch}}; }

class story {
public:
  explicit story(follower_start start) : core(start) {}

  std::string print(follower_effects list) {
    std::ostringstream out;
    for (auto& e : list) {
      if (out.tellp() > 0)
        out << ", ";
      switch (e.what) {
        using kind = follower_effect::kind;
      case kind::fetch: {
        auto f = core.fetch();
        out << "fetch " << f.round << " from " << f.from.value() << " of " << f.last_epoch.value();
        break;
      }
      case kind::append:
        out << "append";
        break;
      case kind::truncate:
        out << "truncate " << e.at.value();
        break;
      case kind::begin_at:
        out << "begin " << e.at.value();
        break;
      case kind::high_watermark:
        out << "hw " << e.at.value();
        break;
      case kind::log_start:
        out << "start " << e.at.value();
        break;
      case kind::ask_again_at:
        out << "rest";
        break;
      case kind::loses_committed:
        out << "loses " << e.at.value();
        break;
      case kind::refused_answer:
        out << "refuses " << core.complaint();
      }
    }
    return out.str();
  }
  std::string begin() { return print(core.begin(now_ms)); }
  std::string answer(const replica_records& r, std::vector<batch_extent> batches = {}, epoch_end own = {}) {
    return print(core.answered(r, batches, own, now_ms));
  }
  std::string durable(int end) { return print(core.durable(offset{end}, now_ms)); }
  std::string truncated(int end, int epoch) { return print(core.truncated(offset{end}, leader_epoch{epoch}, now_ms)); }
  std::string connected(bool is) { return print(core.connected(is, now_ms)); }
  std::string wake() {
    now_ms = core.wake_at_ms();
    return print(core.tick(now_ms));
  }

  follower_core core;
  std::int64_t now_ms = 1000;
};

} // namespace

CAF_TEST(records are stored before the next fetch) {
  story s{following(10)};
  CAF_CHECK_EQUAL(s.begin(), "fetch 2 from 10 of 5");
  CAF_CHECK_EQUAL(s.answer(records(2, 8), {batch(10, 12, 5), batch(13, 13, 7)}), "append, hw 8");
  CAF_CHECK_EQUAL(s.durable(13), "");
  CAF_CHECK_EQUAL(s.durable(14), "fetch 3 from 14 of 7");
  CAF_CHECK_EQUAL(s.core.fetch().durable_end.value(), 14);
  CAF_CHECK_EQUAL(s.core.fetch().high_watermark.value(), 8);
  CAF_CHECK_EQUAL(s.answer(records(3, 99, 4)), "hw 14, start 4, fetch 4 from 14 of 7");
}

CAF_TEST(the leader hears of a log start once it is durable) {
  story s{following(10)};
  s.begin();
  CAF_CHECK_EQUAL(s.answer(records(2, 8, 4)), "hw 8, start 4, fetch 3 from 10 of 5");
  CAF_CHECK_EQUAL(s.core.fetch().log_start.value(), 0);
  CAF_CHECK_EQUAL(s.answer(records(3, 9, 4)), "hw 9, start 4, fetch 4 from 10 of 5"); // once more
  CAF_CHECK_EQUAL(s.print(s.core.log_start_durable(offset{4}, s.now_ms)), "fetch 5 from 10 of 5");
  CAF_CHECK_EQUAL(s.core.fetch().log_start.value(), 4);
  CAF_CHECK_EQUAL(s.print(s.core.log_start_durable(offset{4}, s.now_ms)), "");
}

CAF_TEST(a log start counts though its answer was overtaken) {
  story s{following(10)};
  s.begin();
  CAF_CHECK_EQUAL(s.answer(refusal(2, replica_code::ask_again)), "fetch 3 from 10 of 5");
  CAF_CHECK_EQUAL(s.answer(records(2, 8, 4)), "start 4");
}

CAF_TEST(only what is durable may go) {
  story s{following(10)};
  s.begin();
  CAF_CHECK_EQUAL(s.answer(records(2, 13, 12), {batch(10, 12, 5)}), "append, hw 13, start 10");
  CAF_CHECK_EQUAL(s.durable(13), "start 12, fetch 3 from 13 of 5");
}

CAF_TEST(what is older than the newest fetch is ignored) {
  story s{following(10)};
  s.begin();
  CAF_CHECK_EQUAL(s.answer(records(1), {batch(10, 12, 5)}), "");
  auto old = records(2);
  old.epoch = leader_epoch{6};
  CAF_CHECK_EQUAL(s.answer(old, {batch(10, 12, 5)}), "");
  CAF_CHECK_EQUAL(s.connected(false), "");
  CAF_CHECK_EQUAL(s.answer(records(2), {batch(10, 12, 5)}), ""); // from an earlier connection
  CAF_CHECK_EQUAL(s.connected(true), "fetch 3 from 10 of 5");
  CAF_CHECK_EQUAL(s.answer(records(2), {batch(10, 12, 5)}), "");
  CAF_CHECK_EQUAL(s.answer(records(3), {batch(10, 12, 5)}), "append");
  CAF_CHECK_EQUAL(s.answer(records(3), {batch(10, 12, 5)}), "");
}

CAF_TEST(a connection that is lost while storing) {
  story s{following(10)};
  s.begin();
  s.answer(records(2), {batch(10, 12, 5)});
  CAF_CHECK_EQUAL(s.connected(false), "");
  CAF_CHECK_EQUAL(s.durable(13), "");
  CAF_CHECK(s.core.state() == follower_state::waiting);
  CAF_CHECK_EQUAL(s.connected(true), "fetch 3 from 13 of 5");
}

CAF_TEST(nothing is asked before all of the log is on disk) {
  auto start = following(10);
  start.durable_end = offset{7}; // it led a moment ago
  story s{start};
  CAF_CHECK_EQUAL(s.begin(), "");
  CAF_CHECK_EQUAL(s.durable(9), "");
  CAF_CHECK_EQUAL(s.durable(10), "fetch 2 from 10 of 5");
}

CAF_TEST(the log is cut where the epochs part) {
  story s{following(20)};
  s.begin();
  // Both have epoch 5: it ends where it ended first.
  CAF_CHECK_EQUAL(s.answer(refusal(2, replica_code::diverged, up_to(5, 14)), {}, up_to(5, 20)), "truncate 14");
  CAF_CHECK_EQUAL(s.answer(records(2), {batch(20, 20, 7)}), ""); // not now
  CAF_CHECK_EQUAL(s.truncated(14, 5), "fetch 3 from 14 of 5");
  // The leader has no epoch 5, and more of epoch 4 than there is here.
  CAF_CHECK_EQUAL(s.answer(refusal(3, replica_code::diverged, up_to(4, 30)), {}, up_to(4, 9)), "truncate 9");
  CAF_CHECK_EQUAL(s.truncated(9, 4), "fetch 4 from 9 of 4");
  // The leader's newest one below is 3; here it is 2.
  CAF_CHECK_EQUAL(s.answer(refusal(4, replica_code::diverged, up_to(3, 8)), {}, up_to(2, 6)), "truncate 6");
  CAF_CHECK_EQUAL(s.truncated(5, 2), "fetch 5 from 5 of 2"); // whole batches only
  CAF_CHECK_EQUAL(s.answer(refusal(5, replica_code::diverged, up_to(1, 8)), {}, {}), "truncate 0");
  CAF_CHECK_EQUAL(s.truncated(0, -1), "fetch 6 from 0 of -1");
}

CAF_TEST(a cut below the high watermark is told) {
  auto start = following(20);
  start.high_watermark = offset{18};
  story s{start};
  s.begin();
  CAF_CHECK_EQUAL(s.answer(refusal(2, replica_code::diverged, up_to(5, 14)), {}, up_to(5, 20)),
                  "loses 14, hw 14, truncate 14");
}

CAF_TEST(a divergence that cannot be is refused) {
  for (auto& [theirs, own] : {std::pair{up_to(5, 20), up_to(5, 20)}, {up_to(5, 25), up_to(5, 20)},
                              {up_to(6, 14), up_to(5, 20)}, {epoch_end{}, epoch_end{}}, {up_to(3, 9), up_to(4, 8)}}) {
    story s{following(20)};
    s.begin();
    auto said = s.answer(refusal(2, replica_code::diverged, theirs), {}, own);
    CAF_CHECK_EQUAL(said.substr(0, 7), "refuses");
    CAF_CHECK_EQUAL(s.wake(), "fetch 3 from 20 of 5");
  }
}

CAF_TEST(a log that ends below the start of the other begins anew) {
  story s{following(20)};
  s.begin();
  CAF_CHECK_EQUAL(s.answer(refusal(2, replica_code::offset_out_of_range, {}, 50)), "begin 50");
  CAF_CHECK_EQUAL(s.truncated(50, -1), "hw 50, fetch 3 from 50 of -1"); // what lies below was committed
  CAF_CHECK_EQUAL(s.core.fetch().log_start.value(), 50);
  // An empty log may also go back.
  CAF_CHECK_EQUAL(s.answer(refusal(3, replica_code::offset_out_of_range, {}, 30)), "hw 30, begin 30");
  CAF_CHECK_EQUAL(s.truncated(30, -1), "fetch 4 from 30 of -1");
  // One with records does not give them up.
  story t{following(20)};
  t.begin();
  auto said = t.answer(refusal(2, replica_code::offset_out_of_range, {}, 10));
  CAF_CHECK_EQUAL(said.substr(0, 7), "refuses");
}

CAF_TEST(batches that cannot follow are refused) {
  for (auto& batches : std::vector<std::vector<batch_extent>>{{batch(9, 12, 5)},
                                                              {batch(11, 12, 5)},
                                                              {batch(10, 9, 5)},
                                                              {batch(10, 12, 4)},
                                                              {batch(10, 12, 8)},
                                                              {batch(10, 12, 6), batch(13, 13, 5)},
                                                              {batch(10, 12, 5), batch(12, 13, 5)}}) {
    story s{following(10)};
    s.begin();
    CAF_CHECK_EQUAL(s.answer(records(2, 5), batches).substr(0, 7), "refuses");
    CAF_CHECK_EQUAL(s.core.log_end().value(), 10);
    CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
  }
  story s{following(10)};
  s.begin();
  CAF_CHECK_EQUAL(s.print(s.core.unreadable(records(1), s.now_ms)), "");
  CAF_CHECK_EQUAL(s.print(s.core.unreadable(records(2), s.now_ms)), "refuses batches that cannot be read, rest");
}

CAF_TEST(compaction leaves gaps) {
  auto start = following(10);
  start.gaps_allowed = true;
  story s{start};
  s.begin();
  CAF_CHECK_EQUAL(s.answer(records(2), {batch(12, 12, 5), batch(20, 21, 5)}), "append");
  CAF_CHECK_EQUAL(s.durable(22), "fetch 3 from 22 of 5");
}

CAF_TEST(pauses grow and end) {
  story s{following(10)};
  s.begin();
  std::int64_t longest = 0;
  for (std::uint64_t round = 2; round < 20; ++round) {
    CAF_CHECK_EQUAL(s.answer(refusal(round, replica_code::not_leader)), "rest");
    auto pause = s.core.wake_at_ms() - s.now_ms;
    CAF_CHECK(pause >= follower_core::first_pause_ms && pause <= follower_core::longest_pause_ms * 5 / 4);
    longest = std::max(longest, pause);
    CAF_CHECK_EQUAL(s.print(s.core.tick(s.core.wake_at_ms() - 1)), "");
    s.wake();
  }
  CAF_CHECK(longest >= follower_core::longest_pause_ms);
  s.answer(records(20));
  s.answer(refusal(21, replica_code::failed));
  CAF_CHECK(s.core.wake_at_ms() - s.now_ms < 2 * follower_core::first_pause_ms);
}

CAF_TEST(a leader that began anew is asked at once) {
  story s{following(10)};
  s.begin();
  auto notice = refusal(0, replica_code::ask_again);
  CAF_CHECK_EQUAL(s.answer(notice), "fetch 3 from 10 of 5");
  s.answer(refusal(3, replica_code::not_leader));
  CAF_CHECK_EQUAL(s.answer(notice), "fetch 4 from 10 of 5");
  notice.epoch = leader_epoch{8};
  CAF_CHECK_EQUAL(s.answer(notice), "");
}

CAF_TEST(without connections to tell of losses it asks again) {
  auto start = following(10);
  start.repeat_ms = 300;
  story s{start};
  CAF_CHECK_EQUAL(s.begin(), "fetch 2 from 10 of 5, rest");
  CAF_CHECK_EQUAL(s.wake(), "fetch 3 from 10 of 5, rest");
}

CAF_TEST(who has stopped does nothing) {
  story s{following(10)};
  s.begin();
  s.core.stop();
  CAF_CHECK_EQUAL(s.answer(records(2), {batch(10, 12, 5)}), "");
  CAF_CHECK_EQUAL(s.connected(false), "");
  CAF_CHECK_EQUAL(s.connected(true), "");
  CAF_CHECK_EQUAL(s.durable(10), "");
  CAF_CHECK_EQUAL(s.wake(), "");
}

CAF_TEST(who is throttled asks later) {
  story s{following(10)};
  s.begin();
  s.core.hold(5'000);
  CAF_CHECK_EQUAL(s.answer(records(2, 10), {batch(10, 12, 5)}), "append, hw 10");
  CAF_CHECK_EQUAL(s.durable(13), "rest");
  CAF_CHECK_EQUAL(s.core.wake_at_ms(), 5'000);
  s.now_ms = 4'999;
  CAF_CHECK_EQUAL(s.print(s.core.tick(s.now_ms)), "");
  CAF_CHECK_EQUAL(s.wake(), "fetch 3 from 13 of 5");
  CAF_CHECK_EQUAL(s.answer(records(3, 13), {batch(13, 13, 5)}), "append, hw 13");
  CAF_CHECK_EQUAL(s.durable(14), "fetch 4 from 14 of 5"); // what held it has passed
}

CAF_TEST(who is throttled less asks sooner) {
  story s{following(10)};
  s.begin();
  s.core.hold(60'000);
  s.answer(records(2, 10), {batch(10, 12, 5)});
  CAF_CHECK_EQUAL(s.durable(13), "rest");
  CAF_CHECK_EQUAL(s.print(s.core.release(90'000, s.now_ms)), "rest"); // never later than was said
  CAF_CHECK_EQUAL(s.core.wake_at_ms(), 60'000);
  CAF_CHECK_EQUAL(s.print(s.core.release(3'000, s.now_ms)), "rest");
  CAF_CHECK_EQUAL(s.core.wake_at_ms(), 3'000);
  CAF_CHECK_EQUAL(s.print(s.core.release(s.now_ms, s.now_ms)), "fetch 3 from 13 of 5");
  CAF_CHECK_EQUAL(s.print(s.core.release(s.now_ms, s.now_ms)), ""); // one is under way
}

CAF_TEST(a connection that is lost ends the wait of who is throttled) {
  story s{following(10)};
  s.begin();
  s.core.hold(60'000);
  s.answer(records(2, 10), {batch(10, 12, 5)});
  CAF_CHECK_EQUAL(s.durable(13), "rest");
  CAF_CHECK_EQUAL(s.connected(false), "");
  CAF_CHECK_EQUAL(s.print(s.core.release(s.now_ms, s.now_ms)), "");
  CAF_CHECK_EQUAL(s.connected(true), "fetch 3 from 13 of 5");
}
