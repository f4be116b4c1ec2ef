#define CAF_SUITE leader_core
#include "caf/test/unit_test.hpp"

#include "runtime/base/random.hpp"
#include "tests/replication/leader_story.hpp"

#include <algorithm>
#include <map>

using namespace troupe;
using namespace troupe::replication;

namespace {

constexpr auto all = required_acks::all;
constexpr auto leader = required_acks::leader;
constexpr auto none = required_acks::none;

std::string print(effects list) {
  static const leader_core nobody{leading({1}, {1})};
  return print(nobody, list);
}

} // namespace

CAF_TEST(a lone replica answers when its own log is durable) {
  leader_core core{leading({1}, {1})};
  core.appended(offset{3}, all, 1);
  core.appended(offset{5}, leader, 2);
  core.appended(offset{6}, none, 3);
  core.appended(offset{9}, all, 4);
  CAF_CHECK_EQUAL(core.log_end().value(), 9);
  CAF_CHECK_EQUAL(core.high_watermark().value(), 0);
  CAF_CHECK_EQUAL(core.parked_produces(), 3u);
  CAF_CHECK_EQUAL(print(core.durable(offset{2})), "hw 2");
  CAF_CHECK_EQUAL(print(core.durable(offset{6})), "hw 6, done 1 at 3, done 2 at 5");
  CAF_CHECK_EQUAL(print(core.durable(offset{9})), "hw 9, done 4 at 9");
  CAF_CHECK_EQUAL(print(core.durable(offset{9})), "");
  CAF_CHECK_EQUAL(print(core.durable(offset{4})), "");
  CAF_CHECK_EQUAL(core.durable_end().value(), 9);
  CAF_CHECK_EQUAL(core.parked_produces(), 0u);
}

CAF_TEST(a lone replica has all of its recovered log committed) {
  leader_core core{leading({1}, {1}, 1, 42)};
  CAF_CHECK_EQUAL(core.high_watermark().value(), 42);
  CAF_CHECK_EQUAL(core.epoch().value(), 7);
}

CAF_TEST(the high watermark is the least durable end in the in sync set) {
  story s{leading({1, 2, 3}, {1, 2}, 2, 10)};
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
  s.core.appended(offset{20}, all, 1);
  s.core.appended(offset{30}, leader, 2);
  CAF_CHECK_EQUAL(s.durable(30), "done 2 at 30");
  CAF_CHECK_EQUAL(s.fetch(3, 30), ""); // not in sync: does not count
  CAF_CHECK_EQUAL(s.fetch(2, 15), "hw 15, 2 gets 15 to 30");
  CAF_CHECK_EQUAL(s.fetch(2, 30), "hw 30, done 1 at 20");
}

CAF_TEST(nobody vouches for records that this log does not have) {
  story s{leading({1, 2}, {1, 2}, 1, 10)};
  CAF_CHECK_EQUAL(s.fetch(2, 11), "2: diverged 7 at 10");
  CAF_CHECK_EQUAL(s.fetch(9, 10), "9: unknown_partition");
  CAF_CHECK_EQUAL(s.fetch(1, 10), "1: unknown_partition");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
}

CAF_TEST(below the minimum only acks all is refused) {
  story s{leading({1, 2, 3}, {1}, 2)};
  CAF_CHECK(s.core.admit(all) == errc::not_enough_replicas);
  CAF_CHECK(s.core.admit(leader) == errc::none);
  CAF_CHECK(s.core.admit(none) == errc::none);
  s.changed(11, {1, 2}, 2);
  CAF_CHECK(s.core.admit(all) == errc::none);
}

CAF_TEST(who waits below the minimum is acknowledged if enough are in sync again soon) {
  story s{leading({1, 2, 3}, {1, 2, 3}, 2)};
  s.write(1, 1, all);
  CAF_CHECK_EQUAL(s.changed(11, {1}, 2, {2, 3}), "");
  CAF_CHECK_EQUAL(s.core.next_tick_ms().value_or(-1), leader_core::minimum_patience_ms);
  s.after(500);
  CAF_CHECK_EQUAL(s.changed(12, {1}, 2, {2, 3}), ""); // its time goes on
  s.after(leader_core::minimum_patience_ms - 501);
  s.fetch(2, 1);
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
  CAF_CHECK_EQUAL(s.changed(13, {1, 2}, 2), "hw 1, done 1 at 1");
  CAF_CHECK_EQUAL(s.after(leader_core::minimum_patience_ms), "");
}

CAF_TEST(a minimum above the number of replicas is met by all of them) {
  leader_core core{leading({1}, {1}, 3)};
  CAF_CHECK(core.admit(all) == errc::none);
  core.appended(offset{1}, all, 1);
  CAF_CHECK_EQUAL(print(core.durable(offset{1})), "hw 1, done 1 at 1");
}

CAF_TEST(below the minimum the high watermark stands still) {
  story s{leading({1, 2, 3}, {1}, 2)};
  CAF_CHECK_EQUAL(s.write(4, 1, leader), "done 1 at 4");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
  CAF_CHECK_EQUAL(s.fetch(2, 4), "");
  CAF_CHECK_EQUAL(s.changed(11, {1, 2}, 2), "hw 4");
}

CAF_TEST(a shrinking in sync set may commit or refuse) {
  story s{leading({1, 2, 3}, {1, 2, 3}, 2)};
  CAF_CHECK_EQUAL(s.write(1, 1, all), "");
  CAF_CHECK_EQUAL(s.fetch(2, 1), "");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
  CAF_CHECK_EQUAL(s.changed(11, {1, 2}, 2), "hw 1, done 1 at 1");
  CAF_CHECK_EQUAL(s.write(2, 2, all), "2 gets 1 to 2");
  CAF_CHECK_EQUAL(s.changed(12, {1}, 2, {2}), "");
  CAF_CHECK_EQUAL(s.after(leader_core::minimum_patience_ms - 1), "");
  CAF_CHECK_EQUAL(s.after(1), "not_enough_replicas_after_append 2");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 1);
}

CAF_TEST(a state of the past changes nothing) {
  story s{leading({1, 2}, {1, 2}, 1)};
  s.write(3);
  CAF_CHECK_EQUAL(s.changed(9, {1}, 1), "");
  CAF_CHECK_EQUAL(s.changed(10, {1}, 1), "");
  CAF_CHECK_EQUAL(s.changed(11, {1}, 1), "hw 3");
}

CAF_TEST(a repeated batch is answered as soon as the first one is safe) {
  leader_core core{leading({1}, {1})};
  core.appended(offset{5}, all, 1);
  CAF_CHECK_EQUAL(print(core.repeated(offset{5}, all, 2)), "");
  CAF_CHECK_EQUAL(print(core.durable(offset{5})), "hw 5, done 1 at 5, done 2 at 5");
  CAF_CHECK_EQUAL(print(core.repeated(offset{3}, all, 3)), "done 3 at 3");
  CAF_CHECK_EQUAL(print(core.repeated(offset{3}, none, 4)), "");
  core.appended(offset{8}, all, 5);
  CAF_CHECK_EQUAL(print(core.repeated(offset{5}, all, 6)), ""); // keeps its place in the order
  CAF_CHECK_EQUAL(print(core.durable(offset{8})), "hw 8, done 5 at 8, done 6 at 8");
}

CAF_TEST(a fetch is woken once when the high watermark passes it) {
  leader_core core{leading({1}, {1}, 1, 10)};
  core.wait_for(offset{10}, 1);
  core.wait_for(offset{12}, 2);
  auto gone = core.wait_for(offset{10}, 3);
  core.stop_waiting(gone);
  core.appended(offset{12}, leader, 4);
  CAF_CHECK_EQUAL(print(core.durable(offset{12})), "hw 12, done 4 at 12, fetch 1");
  CAF_CHECK_EQUAL(core.parked_fetches(), 1u);
  core.appended(offset{13}, none, 5);
  CAF_CHECK_EQUAL(print(core.durable(offset{13})), "hw 13, fetch 2");
  core.stop_waiting(gone);
}

CAF_TEST(who resigns leaves nobody waiting) {
  leader_core core{leading({1, 2}, {1, 2}, 1, 3)};
  core.wait_for(offset{3}, 1);
  core.appended(offset{4}, all, 2);
  core.appended(offset{5}, leader, 3);
  CAF_CHECK_EQUAL(print(core.resign(errc::not_leader)), "not_leader 3, not_leader 2, fetch 1");
  CAF_CHECK_EQUAL(core.parked_produces(), 0u);
  CAF_CHECK_EQUAL(core.parked_fetches(), 0u);
}

CAF_TEST(random runs answer everybody once and in order and never too early) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    random_source random{seed};
    story s{leading({1, 2, 3}, {1, 2, 3}, 2)};
    auto& core = s.core;
    int epoch = 10;
    struct pending {
      offset end;
      required_acks acks;
    };
    std::map<token, pending> waiting;
    std::int64_t ends[4] = {};
    token next = 1, last_all = 0, last_leader = 0;
    auto isr = nodes({1, 2, 3});
    auto check = [&](effects list) {
      auto readable = core.high_watermark();
      for (auto& e : list) {
        if (e.what == effect::kind::high_watermark)
          CAF_REQUIRE(e.at == readable);
        if (e.what != effect::kind::produce_done)
          continue;
        auto found = waiting.find(e.who);
        CAF_REQUIRE(found != waiting.end());
        auto& last = found->second.acks == all ? last_all : last_leader;
        CAF_REQUIRE(e.who > last);
        last = e.who;
        if (e.code == errc::none && found->second.acks == all) {
          for (auto node : isr)
            CAF_REQUIRE(ends[node.value()] >= found->second.end.value());
        }
        if (e.code == errc::none)
          CAF_REQUIRE(ends[1] >= found->second.end.value());
        waiting.erase(found);
      }
    };
    for (int i = 0; i < 300; ++i) {
      auto choice = random.below(8);
      if (choice < 3) {
        auto acks = random.one_in(2) ? all : leader;
        auto end = core.log_end() + static_cast<std::int64_t>(1 + random.below(5));
        waiting[next] = {end, acks};
        core.appended(end, acks, next++);
      } else if (choice < 7) {
        auto node = 1 + random.below(3);
        auto span = static_cast<std::uint64_t>(core.log_end().value() - ends[node]);
        ends[node] += static_cast<std::int64_t>(random.below(span + 1));
        check(node == 1 ? core.durable(offset{ends[1]})
                        : core.fetched(fetch_at(static_cast<int>(node), static_cast<int>(ends[node]), ++s.round),
                                       {leader_epoch{7}, core.log_end()}, 0));
      } else {
        isr = nodes({1});
        for (int n : {2, 3})
          // Only who has all that is committed may join.
          if (!random.one_in(3) && ends[n] >= core.high_watermark().value())
            isr.push_back(node_id{n});
        auto before = core.high_watermark();
        check(core.changed({partition_epoch{++epoch}, isr, {}}, 2, 0));
        CAF_REQUIRE(core.high_watermark() >= before);
      }
    }
    CAF_REQUIRE_EQUAL(core.parked_produces(), waiting.size());
  }
}
