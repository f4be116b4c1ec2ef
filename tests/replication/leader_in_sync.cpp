#define CAF_SUITE leader_in_sync
#include "caf/test/unit_test.hpp"

#include "tests/replication/leader_story.hpp"

using namespace troupe;
using namespace troupe::replication;

CAF_TEST(who has everything that is committed may join) {
  story s{leading({1, 2, 3}, {1, 3}, 1, 10)};
  s.brokers({1, 2, 3});
  CAF_CHECK_EQUAL(s.fetch(3, 10), "hw 10");
  s.core.appended(offset{20}, required_acks::none, 0);
  s.durable(20);
  CAF_CHECK_EQUAL(s.fetch(2, 9), "2 gets 9 to 20");
  CAF_CHECK_EQUAL(s.fetch(2, 10), "2 gets 10 to 20, propose 1 2 3");
  auto& asked = s.core.proposal();
  CAF_CHECK_EQUAL(asked.base.value(), 10);
  CAF_REQUIRE_EQUAL(asked.isr.size(), 3u);
  CAF_CHECK_EQUAL(asked.isr[1].epoch.value(), 100);
}

CAF_TEST(nobody joins below the start of the epoch though the high watermark lags) {
  auto start = leading({1, 2, 3}, {1, 3}, 1, 20);
  start.high_watermark = offset{5};
  story s{start};
  s.brokers({1, 2, 3});
  // An earlier leader may have committed up to 20.
  CAF_CHECK_EQUAL(s.fetch(2, 12), "2 gets 12 to 20");
  CAF_CHECK_EQUAL(s.fetch(2, 20), "propose 1 2 3");
}

CAF_TEST(nobody joins who has what was deleted) {
  auto start = leading({1, 2}, {1}, 1, 10);
  start.log_start = offset{4};
  story s{start};
  s.brokers({1, 2});
  auto f = fetch_at(2, 10, 1);
  CAF_CHECK_EQUAL(s.fetch(f), "2 hears");
  f.round = 2;
  f.log_start = offset{4};
  CAF_CHECK_EQUAL(s.fetch(f), "propose 1 2");
}

CAF_TEST(who is to join counts at once) {
  story s{leading({1, 2}, {1}, 1, 10)};
  s.brokers({1, 2});
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 10);
  CAF_CHECK_EQUAL(s.fetch(2, 10), "propose 1 2");
  CAF_CHECK_EQUAL(s.write(15), "2 gets 10 to 15"); // it may be in sync by now
  CAF_CHECK_EQUAL(s.fetch(2, 12), "hw 12, 2 gets 12 to 15");
  CAF_CHECK_EQUAL(s.changed(11, {1, 2}, 1), "");
  CAF_CHECK_EQUAL(s.fetch(2, 15), "hw 15");
}

CAF_TEST(an addition counts until a newer state rules it out) {
  story s{leading({1, 2}, {1}, 1, 10)};
  s.brokers({1, 2});
  CAF_CHECK_EQUAL(s.fetch(2, 10), "propose 1 2");
  CAF_CHECK_EQUAL(s.write(15), "2 gets 10 to 15");
  CAF_CHECK_EQUAL(s.after(499), "");
  CAF_CHECK_EQUAL(s.after(1), "propose 1 2"); // nobody has answered: again
  CAF_CHECK_EQUAL(print(s.core, s.core.proposal_failed(77, 0)), ""); // of whatever
  // This attempt is refused; the first one may still be under way, somewhere.
  CAF_CHECK_EQUAL(s.failed(), "");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 10);
  s.brokers({1}, {2});
  // It would not be taken again; a change to what there is settles it.
  CAF_CHECK_EQUAL(s.after(50), "propose 1");
  CAF_CHECK_EQUAL(s.failed(), "");
  CAF_CHECK_EQUAL(s.after(49), ""); // not at once
  CAF_CHECK_EQUAL(s.after(1), "propose 1");
  CAF_CHECK_EQUAL(s.accepted(11, {1}, 1), "hw 15");
}

CAF_TEST(who lags is to leave) {
  story s{leading({1, 2, 3}, {1, 2, 3}, 1, 10)};
  s.brokers({1, 2, 3});
  s.fetch(2, 10);
  s.fetch(3, 10);
  CAF_CHECK_EQUAL(s.after(5000), ""); // parked at the end: in sync for ever
  CAF_CHECK_EQUAL(s.write(20), "2 gets 10 to 20, 3 gets 10 to 20");
  s.now_ms += 600;
  CAF_CHECK_EQUAL(s.fetch(3, 20), "");
  CAF_CHECK_EQUAL(s.after(400), "");
  CAF_CHECK_EQUAL(s.after(1), "propose 1 3");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 10); // it counts until it is out
  CAF_CHECK_EQUAL(s.changed(11, {1, 3}, 1), "hw 20");
}

CAF_TEST(who is always one fetch behind does not lag) {
  story s{leading({1, 2}, {1, 2}, 1, 0)};
  s.brokers({1, 2});
  for (int end = 10; end < 100; end += 10) {
    s.write(end);
    s.now_ms += 450;
    CAF_CHECK_EQUAL(print(s.core, s.core.tick(s.now_ms)), "");
    auto said = s.fetch(2, end - 10);
    CAF_CHECK(said.find("propose") == std::string::npos);
  }
}

CAF_TEST(who fetches and falls behind all the same lags) {
  story s{leading({1, 2}, {1, 2}, 1, 0)};
  s.brokers({1, 2});
  std::string said;
  for (int i = 1; i <= 30 && said.find("propose 1") == std::string::npos; ++i) {
    s.write(100 * i);
    s.now_ms += 100;
    said = s.fetch(2, 10 * i);
  }
  CAF_CHECK(said.find("propose 1") != std::string::npos);
}

CAF_TEST(a lost connection begins the time to lag) {
  story s{leading({1, 2}, {1, 2}, 1, 10)};
  s.brokers({1, 2});
  s.fetch(2, 10);
  s.now_ms = 5000;
  s.core.disconnected(node_id{2}, s.now_ms);
  CAF_CHECK_EQUAL(s.after(1000), "");
  CAF_CHECK_EQUAL(s.after(1), "propose 1");
}

CAF_TEST(who just joined has time) {
  story s{leading({1, 2}, {1}, 2, 10)};
  s.brokers({1, 2});
  s.write(50);
  s.now_ms = 10'000;
  CAF_CHECK_EQUAL(s.fetch(2, 10), "2 gets 10 to 50, propose 1 2"); // below the minimum the high watermark stands still
  CAF_CHECK_EQUAL(s.changed(11, {1, 2}, 2), "hw 10");
  CAF_CHECK_EQUAL(s.after(1000), "");
  CAF_CHECK_EQUAL(s.after(1), "propose 1");
}

CAF_TEST(fenced or unknown or restarted brokers do not join) {
  story s{leading({1, 2}, {1}, 1, 10)};
  CAF_CHECK_EQUAL(s.fetch(2, 10), ""); // nobody knows of it
  CAF_CHECK_EQUAL(s.brokers({1}, {2}), "");
  CAF_CHECK_EQUAL(s.fetch(2, 10), "");
  auto f = fetch_at(2, 10, 99);
  f.broker_epoch = broker_epoch{101}; // the metadata do not know that life yet
  CAF_CHECK_EQUAL(s.fetch(f), "");
  CAF_CHECK_EQUAL(s.brokers({1, 2}), "");
  known_broker anew{node_id{2}, broker_epoch{101}, false};
  CAF_CHECK_EQUAL(print(s.core, s.core.brokers({&anew, 1}, 0)), "propose 1 2");
}

CAF_TEST(who has not been heard of for long does not join) {
  story s{leading({1, 2}, {1}, 1, 10)};
  s.brokers({1}, {2});
  CAF_CHECK_EQUAL(s.fetch(2, 10), "");
  s.core.disconnected(node_id{2}, 0);
  s.now_ms = 1001;
  CAF_CHECK_EQUAL(s.brokers({1, 2}), "");
  CAF_CHECK_EQUAL(s.fetch(2, 10), "propose 1 2");
}

CAF_TEST(one proposal at a time) {
  story s{leading({1, 2, 3}, {1}, 1, 10)};
  s.brokers({1, 2, 3});
  CAF_CHECK_EQUAL(s.fetch(2, 10), "propose 1 2");
  CAF_CHECK_EQUAL(s.fetch(3, 10), "");
  CAF_CHECK_EQUAL(s.changed(11, {1, 2}, 1), "propose 1 2 3");
  CAF_CHECK_EQUAL(s.core.proposal().base.value(), 11);
}

CAF_TEST(eligible leader replicas count while there are any) {
  auto start = leading({1, 2, 3}, {1}, 1, 10);
  start.elr = nodes({2});
  story s{start};
  // The minimum seems to be met here, and the controller still keeps 2 as one that has everything.
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
  CAF_CHECK_EQUAL(s.write(12), "");
  CAF_CHECK_EQUAL(s.changed(11, {1}, 1), "hw 12");
}

CAF_TEST(a leader that forgot what it proposed settles that first) {
  auto start = leading({1, 2, 3}, {1, 2}, 1, 10);
  start.resumes = true;
  story s{start};
  CAF_CHECK_EQUAL(s.fetch(2, 10), "propose 1 2");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0); // 3 may be in sync
  CAF_CHECK_EQUAL(s.failed(), "");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
  CAF_CHECK_EQUAL(s.after(50), "propose 1 2");
  // What was proposed then may have been for a newer state than this node knows of.
  CAF_CHECK_EQUAL(s.changed(11, {1, 2}, 1), "propose 1 2");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
  CAF_CHECK_EQUAL(s.accepted(12, {1, 2}, 1), "hw 10");
}

CAF_TEST(a leader that forgot settles though the metadata are faster than answers) {
  auto start = leading({1, 2, 3}, {1, 2}, 1, 10);
  start.resumes = true;
  story s{start};
  CAF_CHECK_EQUAL(s.fetch(2, 10), "propose 1 2");
  auto first = s.core.proposal().attempt;
  CAF_CHECK_EQUAL(s.changed(11, {1, 2}, 1), "propose 1 2");
  CAF_CHECK_EQUAL(print(s.core, s.core.proposal_accepted(first, {partition_epoch{11}, nodes({1, 2}), {}}, 1, 0)), "");
  CAF_CHECK_EQUAL(s.changed(12, {1, 2}, 1), "hw 10");
}

CAF_TEST(it is known when to look again) {
  story s{leading({1, 2, 3}, {1, 2}, 1, 10)};
  auto next = [&] { return s.core.next_tick_ms().value_or(-1); };
  CAF_CHECK_EQUAL(next(), 1001); // 2 has not been heard of
  s.brokers({1, 2, 3});
  s.fetch(2, 10);
  CAF_CHECK_EQUAL(next(), -1);
  s.now_ms = 3000;
  CAF_CHECK_EQUAL(s.fetch(3, 10), "propose 1 2 3");
  CAF_CHECK_EQUAL(next(), 3500);
  s.failed();
  CAF_CHECK_EQUAL(next(), 3050);
  s.after(50);
  s.accepted(11, {1, 2, 3}, 1);
  CAF_CHECK_EQUAL(next(), -1);
  s.write(12);
  CAF_CHECK_EQUAL(next(), 4051);
}

CAF_TEST(replicas may be added) {
  story s{leading({1}, {1}, 1, 10)};
  s.brokers({1, 2});
  CAF_CHECK_EQUAL(s.fetch(2, 10), "2: unknown_partition");
  s.core.changed({partition_epoch{11}, nodes({1}), {}, nodes({1, 2})}, 1, 0);
  s.brokers({1, 2});
  CAF_CHECK_EQUAL(s.fetch(2, 10), "propose 1 2");
}

CAF_TEST(a lone replica asks nobody) {
  auto start = leading({1}, {1}, 1, 10);
  start.resumes = true;
  story s{start};
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 10);
  CAF_CHECK(s.core.settled());
  CAF_CHECK_EQUAL(s.after(100'000), "");
}
