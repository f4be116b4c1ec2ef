#define CAF_SUITE leader_followers
#include "caf/test/unit_test.hpp"

#include "tests/replication/leader_story.hpp"

using namespace troupe;
using namespace troupe::replication;

CAF_TEST(a follower waits until there is something) {
  story s{leading({1, 2}, {1, 2}, 1, 5)};
  CAF_CHECK_EQUAL(s.fetch(2, 5), "hw 5");
  s.core.appended(offset{9}, required_acks::none, 0);
  CAF_CHECK_EQUAL(s.durable(7), "2 gets 5 to 7"); // what is on disk here, no more
  CAF_CHECK_EQUAL(s.durable(9), "");              // it has not asked again
  CAF_CHECK_EQUAL(s.fetch(2, 7), "hw 7, 2 gets 7 to 9");
}

CAF_TEST(a new high watermark or log start is news) {
  story s{leading({1, 2, 3}, {1, 2, 3}, 1, 5)};
  auto f = fetch_at(2, 5, 1);
  f.high_watermark = offset{0};
  CAF_CHECK_EQUAL(s.fetch(f), "");
  CAF_CHECK_EQUAL(s.fetch(fetch_at(3, 5, 1)), "hw 5, 2 hears");
  f.round = 2;
  f.high_watermark = offset{5};
  CAF_CHECK_EQUAL(s.fetch(f), "");
  CAF_CHECK_EQUAL(print(s.core, s.core.log_start_moved(offset{3})), "2 hears, 3 hears");
  f.round = 3; // it is not durable there yet
  CAF_CHECK_EQUAL(s.fetch(f), "");
  f.round = 4;
  f.log_start = offset{3};
  CAF_CHECK_EQUAL(s.fetch(f), "");
  s.core.disconnected(node_id{2}, 0); // the answer may be lost
  f.round = 5;
  f.log_start = offset{0};
  CAF_CHECK_EQUAL(s.fetch(f), "2 hears");
  f.round = 9; // it has begun anew, and forgot
  f.log_start = offset{0};
  CAF_CHECK_EQUAL(s.fetch(f), "2 hears");
}

CAF_TEST(a log start is there for good once all who may lead have it) {
  story s{leading({1, 2, 3}, {1, 2}, 1, 5)};
  auto f = fetch_at(2, 5, 1);
  s.fetch(f);
  s.core.log_start_moved(offset{3});
  CAF_CHECK_EQUAL(s.core.log_start_for_good().value(), 0);
  f.round = 2;
  f.log_start = offset{3};
  s.fetch(f);
  CAF_CHECK_EQUAL(s.core.log_start_for_good().value(), 3);
}

CAF_TEST(leader epochs fence both sides) {
  story s{leading({1, 2}, {1, 2}, 1, 5)};
  auto f = fetch_at(2, 5, 1);
  f.epoch = leader_epoch{6};
  f.last_epoch = leader_epoch{6};
  CAF_CHECK_EQUAL(s.fetch(f), "2: fenced_leader_epoch");
  f.epoch = leader_epoch{8};
  CAF_CHECK_EQUAL(s.fetch(f), "2: unknown_leader_epoch");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
}

CAF_TEST(an earlier life of a broker is fenced) {
  story s{leading({1, 2}, {1, 2}, 1, 5)};
  auto f = fetch_at(2, 5, 9);
  f.broker_epoch = broker_epoch{101};
  CAF_CHECK_EQUAL(s.fetch(f), "hw 5");
  f.round = 10;
  f.broker_epoch = broker_epoch{100};
  CAF_CHECK_EQUAL(s.fetch(f), "2: stale_broker_epoch");
  // What the metadata know counts as well.
  story t{leading({1, 2}, {1, 2}, 1, 5)};
  t.brokers({2});
  f.broker_epoch = broker_epoch{99};
  CAF_CHECK_EQUAL(t.fetch(f), "2: stale_broker_epoch");
  CAF_CHECK_EQUAL(t.core.high_watermark().value(), 0);
}

CAF_TEST(a fetch that comes twice or late gets no answer) {
  story s{leading({1, 2}, {1, 2}, 1, 5)};
  CAF_CHECK_EQUAL(s.fetch(fetch_at(2, 3, 7)), "hw 3, 2 gets 3 to 5");
  CAF_CHECK_EQUAL(s.fetch(fetch_at(2, 3, 7)), "");
  CAF_CHECK_EQUAL(s.fetch(fetch_at(2, 1, 6)), "");
  CAF_CHECK_EQUAL(s.fetch(fetch_at(2, 5, 8)), "hw 5");
  // A newer fetch takes the place of one that waits: one answer.
  CAF_CHECK_EQUAL(s.fetch(fetch_at(2, 5, 9)), "");
  CAF_CHECK_EQUAL(s.write(6), "2 gets 5 to 6");
  // A new life counts its rounds anew.
  auto f = fetch_at(2, 6, 1);
  f.broker_epoch = broker_epoch{101};
  CAF_CHECK_EQUAL(s.fetch(f), "hw 6");
}

CAF_TEST(another history is cut before anything is served) {
  story s{leading({1, 2}, {1, 2}, 1, 20)};
  auto f = fetch_at(2, 15, 1);
  f.last_epoch = leader_epoch{5};
  // Here epoch 5 ends at 12, or there was none and epoch 4 ends at 10.
  CAF_CHECK_EQUAL(s.fetch(f, {leader_epoch{5}, offset{12}}), "2: diverged 5 at 12");
  f.round = 2;
  CAF_CHECK_EQUAL(s.fetch(f, {leader_epoch{4}, offset{10}}), "2: diverged 4 at 10");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
  f.round = 3;
  CAF_CHECK_EQUAL(s.fetch(f, {leader_epoch{5}, offset{15}}), "hw 15, 2 gets 15 to 20");
  // An epoch that this log does not know at all leaves no place to begin at.
  f.round = 4;
  CAF_CHECK_EQUAL(s.fetch(f, {}), "2: unknown_leader_epoch");
}

CAF_TEST(what the log has no more is out of range) {
  auto start = leading({1, 2}, {1}, 1, 20);
  start.log_start = offset{10};
  story s{start};
  CAF_CHECK_EQUAL(s.fetch(2, 9), "2: offset_out_of_range");
  CAF_CHECK_EQUAL(s.fetch(2, 0), "2: offset_out_of_range");
  CAF_CHECK_EQUAL(s.fetch(2, 10), "2 gets 10 to 20");
  // Somebody without any record asks beyond the end.
  auto f = fetch_at(2, 30, 99);
  f.last_epoch = no_leader_epoch;
  CAF_CHECK_EQUAL(s.fetch(f), "2: offset_out_of_range");
}

CAF_TEST(the log start may overtake a follower that waits) {
  story s{leading({1, 2}, {1}, 1, 5)};
  CAF_CHECK_EQUAL(s.fetch(2, 5), "");
  s.core.appended(offset{9}, required_acks::none, 0);
  CAF_CHECK_EQUAL(print(s.core, s.core.log_start_moved(offset{9})), "2: offset_out_of_range");
}

CAF_TEST(a fetch that contradicts itself is refused) {
  story s{leading({1, 2}, {1, 2}, 1, 20)};
  auto f = fetch_at(2, 10, 1);
  f.durable_end = offset{11};
  CAF_CHECK_EQUAL(s.fetch(f), "2: malformed");
  f = fetch_at(2, 10, 1);
  f.log_start = offset{11};
  CAF_CHECK_EQUAL(s.fetch(f), "2: malformed");
  f = fetch_at(2, 10, 1);
  f.last_epoch = leader_epoch{8};
  CAF_CHECK_EQUAL(s.fetch(f), "2: malformed");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 0);
}

CAF_TEST(only what a follower has on disk counts) {
  story s{leading({1, 2}, {1, 2}, 1, 20)};
  auto f = fetch_at(2, 20, 1);
  f.durable_end = offset{8};
  CAF_CHECK_EQUAL(s.fetch(f), "hw 8");
  CAF_CHECK_EQUAL(s.fetch(fetch_at(2, 20, 2)), "hw 20");
}

CAF_TEST(a new leader waits for everybody in sync before the high watermark moves) {
  auto start = leading({1, 2, 3}, {1, 2, 3}, 1, 20);
  start.high_watermark = offset{12}; // as it knew as a follower
  story s{start};
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 12);
  CAF_CHECK(!s.core.settled());
  CAF_CHECK_EQUAL(s.fetch(2, 18), "2 gets 18 to 20");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 12);
  CAF_CHECK_EQUAL(s.fetch(3, 10), "3 gets 10 to 20"); // never back
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 12);
  CAF_CHECK_EQUAL(s.fetch(3, 20), "hw 18");
  CAF_CHECK(!s.core.settled());
  CAF_CHECK_EQUAL(s.fetch(2, 20), "hw 20");
  CAF_CHECK(s.core.settled());
}

CAF_TEST(a leader that was a follower may have more than is on disk) {
  auto start = leading({1, 2}, {1, 2}, 1, 20);
  start.durable_end = offset{15};
  story s{start};
  CAF_CHECK_EQUAL(s.fetch(2, 10), "hw 10, 2 gets 10 to 15");
  CAF_CHECK_EQUAL(s.fetch(2, 20), "hw 15"); // it has more on disk than the leader
  CAF_CHECK_EQUAL(s.durable(20), "hw 20");
}

CAF_TEST(who resigns tells its followers) {
  story s{leading({1, 2, 3}, {1}, 1, 5)};
  s.fetch(2, 5);
  s.fetch(3, 5);
  CAF_CHECK_EQUAL(print(s.core, s.core.resign(errc::not_leader)), "2: not_leader, 3: not_leader");
}

CAF_TEST(a follower that lost what it had does not count in that life) {
  story s{leading({1, 2, 3}, {1, 2, 3}, 2, 20)};
  s.brokers({1, 2, 3});
  s.fetch(3, 20);
  CAF_CHECK_EQUAL(s.fetch(2, 20), "hw 20");
  // Nothing of its log is left, and it says so.
  auto f = fetch_at(2, 0, 50);
  CAF_CHECK_EQUAL(s.fetch(f), "2 lost down to 0, 2 gets 0 to 20, propose 1 3");
  CAF_CHECK_EQUAL(s.changed(11, {1, 3}, 2), "");
  CAF_CHECK_EQUAL(s.fetch(fetch_at(2, 20, 51)), ""); // it has caught up, and is not believed
  f = fetch_at(2, 20, 1);
  f.broker_epoch = broker_epoch{101};
  known_broker anew{node_id{2}, broker_epoch{101}, false};
  s.core.brokers({&anew, 1}, 0);
  CAF_CHECK_EQUAL(s.fetch(f), "propose 1 2 3");
}

CAF_TEST(a follower whose log turns out to be another one has lost its records too) {
  story s{leading({1, 2}, {1, 2}, 1, 20)};
  s.brokers({1, 2});
  CAF_CHECK_EQUAL(s.fetch(2, 20), "hw 20");
  auto f = fetch_at(2, 20, 9);
  f.last_epoch = leader_epoch{5};
  CAF_CHECK_EQUAL(s.fetch(f, {leader_epoch{4}, offset{6}}), "2 lost down to 6, 2: diverged 4 at 6");
  CAF_CHECK_EQUAL(s.write(21), "");
  CAF_CHECK_EQUAL(s.core.high_watermark().value(), 20);
}

CAF_TEST(a throttled follower that is not in sync gets nothing before its time) {
  story s{leading({1, 2, 3}, {1, 2}, 1, 5)};
  s.write(9);
  s.core.hold(node_id{3}, 100);
  s.core.hold(node_id{2}, 100);
  CAF_CHECK_EQUAL(s.fetch(3, 2), "");
  CAF_CHECK_EQUAL(s.fetch(2, 5), "hw 5, 2 gets 5 to 9"); // in sync: as ever
  CAF_CHECK(s.core.next_tick_ms() == 100);
  CAF_CHECK_EQUAL(s.after(99), "");
  CAF_CHECK_EQUAL(s.after(1), "3 gets 2 to 9");
  s.core.hold(node_id{3}, 500);
  CAF_CHECK_EQUAL(s.fetch(3, 4), "");
  CAF_CHECK_EQUAL(print(s.core, s.core.release(100, 100)), "3 gets 4 to 9");
}

CAF_TEST(whoever is to join is not held back) {
  story s{leading({1, 2, 3}, {1, 2}, 1, 5)};
  s.brokers({1, 2, 3});
  s.fetch(2, 5);
  s.write(9);
  s.core.hold(node_id{3}, 100'000);
  CAF_CHECK_EQUAL(s.fetch(3, 5), "3 gets 5 to 9, propose 1 2 3");
}
