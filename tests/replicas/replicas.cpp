#define CAF_SUITE replicas
#include "runtime/storage/directory_check.hpp"
#include "tests/replicas/replica_workshop.hpp"

#include <cstdlib>

#include <spdlog/spdlog.h>

#include "caf/test/dsl.hpp" // last: its macros have everyday names

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct quiet {
  quiet() { spdlog::set_level(std::getenv("LOUD") ? spdlog::level::debug : spdlog::level::off); }
};

struct workshop : quiet, replica_workshop {
  explicit workshop(int nodes, std::uint64_t seed = 1) : replica_workshop(nodes, seed) {}

  using replica_workshop::make_topic;
  void make_topic(std::vector<int> replicas) {
    if (throttled.empty())
      replica_workshop::make_topic(std::move(replicas));
    else
      replica_workshop::make_topic(std::move(replicas), {{throttled, "*"}});
  }

  std::string throttled; ///< an option that new topics have, for all of their replicas

  /// All replicas that are up have as much as the leader, and know that it is committed.
  bool agree() {
    auto& first = counters(leader());
    for (int id : {1, 2, 3})
      if (is_up(id)
          && (counters(id).log_end.value() != first.log_end.value()
              || counters(id).high_watermark.value() != first.log_end.value()))
        return false;
    return true;
  }
};

std::vector<std::string> numbers(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i)
    all.push_back(std::to_string(i));
  return all;
}

} // namespace

CAF_TEST(what is acknowledged is on all disks that are in sync) {
  workshop w{3};
  w.make_topic({1, 2, 3});
  CAF_CHECK_EQUAL(w.write("0"), 0);
  CAF_CHECK_EQUAL(w.write("1"), 1);
  CAF_CHECK_EQUAL(w.isr(), "1 2 3");
  CAF_CHECK(w.pass_until([&] { return w.agree(); }, 1s));
  CAF_CHECK_EQUAL(w.latest(), "2");
  CAF_CHECK(w.read_all() == numbers(2));
  // Of nothing else is anything said while nothing happens.
  auto fetches = w.counters(1).fetches.value();
  w.pass(2s);
  CAF_CHECK_EQUAL(w.counters(1).fetches.value(), fetches);
}

CAF_TEST(a follower takes over with all that was acknowledged) {
  workshop w{3};
  w.make_topic({1, 2, 3});
  for (auto& value : numbers(20))
    CAF_CHECK(w.write(value) >= 0);
  w.crash(1);
  w.fence(1);
  CAF_CHECK_EQUAL(w.leader(), 2);
  CAF_CHECK(w.write("20") == 20);
  CAF_CHECK(w.read_all() == numbers(21));
  w.start(1);
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1 2 3" && w.agree(); }));
  CAF_CHECK_EQUAL(w.write("21"), 21);
}

CAF_TEST(a replica that lags leaves and comes back when it has caught up) {
  workshop w{3};
  w.make_topic({1, 2, 3}, {{"min.insync.replicas", "1"}});
  w.write("0");
  w.cut_off(3);
  auto before = w.mail(1).appended.size();
  w.send(1, "1");
  w.pass(500ms);
  CAF_CHECK_EQUAL(w.mail(1).appended.size(), before); // nobody knows yet that it is gone
  CAF_CHECK(w.pass_until([&] { return w.mail(1).appended.size() > before; }, 5s));
  CAF_CHECK_EQUAL(w.isr(), "1 2");
  w.mend(3);
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1 2 3" && w.agree(); }));
}

CAF_TEST(below the minimum nothing is acknowledged) {
  workshop w{3};
  w.make_topic({1, 2, 3}, {{"min.insync.replicas", "2"}});
  CAF_CHECK_EQUAL(w.write("0"), 0);
  w.crash(2);
  w.crash(3);
  w.fence(2);
  w.fence(3);
  CAF_CHECK_EQUAL(w.isr(), "1");
  w.pass(std::chrono::milliseconds{replication::leader_core::minimum_patience_ms});
  CAF_CHECK_EQUAL(w.write("1"), -1);
  CAF_CHECK(w.mail(1).appended.back().code == errc::not_enough_replicas);
  CAF_CHECK_EQUAL(w.write("2", 1), 1); // the leader alone
  CAF_CHECK_EQUAL(w.latest(), "1");
  w.start(3);
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1 3"; }));
  CAF_CHECK_EQUAL(w.write("3"), 2);
  CAF_CHECK_EQUAL(w.read_all().size(), 3u);
}

CAF_TEST(what follows a batch that was refused below the minimum is refused in the same way) {
  workshop w{3};
  w.make_topic({1, 2, 3}, {{"min.insync.replicas", "2"}});
  auto send = [&](std::int64_t producer, std::int32_t sequence) {
    auto count = w.mail(1).appended.size();
    w.send_numbered(1, producer, sequence);
    w.pass_until([&] { return w.mail(1).appended.size() > count; }, 1s);
    return w.mail(1).appended.size() == count ? std::string{"no answer"} : std::string{name(w.mail(1).appended.back().code)};
  };
  CAF_CHECK_EQUAL(send(7, 0), name(errc::none));
  for (int id : {2, 3}) {
    w.crash(id);
    w.fence(id);
  }
  w.pass(std::chrono::milliseconds{replication::leader_core::minimum_patience_ms});
  CAF_CHECK_EQUAL(send(7, 0), name(errc::not_enough_replicas)); // it is there, and leaves no gap
  CAF_CHECK_EQUAL(send(7, 1), name(errc::not_enough_replicas));
  CAF_CHECK_EQUAL(send(8, 0), name(errc::not_enough_replicas));
  w.start(3);
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1 3"; }));
  // What was sent behind them before their producers knew.
  CAF_CHECK_EQUAL(send(7, 2), name(errc::not_enough_replicas));
  CAF_CHECK_EQUAL(send(8, 1), name(errc::not_enough_replicas));
  CAF_CHECK_EQUAL(send(9, 5), name(errc::none)); // of whom nothing is known, as ever
  for (int sequence : {1, 2, 3})
    CAF_CHECK_EQUAL(send(7, sequence), name(errc::none));
  for (int sequence : {0, 1, 2})
    CAF_CHECK_EQUAL(send(8, sequence), name(errc::none));
  CAF_CHECK_EQUAL(send(7, 6), name(errc::out_of_order_sequence));
}

CAF_TEST(a leader that was cut off gives up what only it has) {
  workshop w{3};
  w.make_topic({1, 2, 3});
  CAF_CHECK_EQUAL(w.write("0"), 0);
  CAF_CHECK(w.pass_until([&] { return w.agree(); }, 1s));
  w.cut_off(1);
  for (int i = 0; i < 5; ++i)
    w.send(1, "lost");
  w.pass(50ms);
  CAF_CHECK_EQUAL(w.counters(1).log_end.value(), 6);
  w.fence(1);
  CAF_CHECK_EQUAL(w.leader(), 2);
  CAF_CHECK_EQUAL(w.write("1"), 1);
  CAF_CHECK_EQUAL(w.write("2"), 2);
  w.mend(1);
  w.unfence(1);
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1 2 3" && w.agree(); }));
  CAF_CHECK_EQUAL(w.counters(1).log_end.value(), 3);
  for (auto& reply : w.mail(1).appended)
    CAF_CHECK(reply.code != errc::none || reply.base_offset == offset{0});
  w.crash(2);
  w.fence(2);
  w.crash(3);
  w.fence(3);
  CAF_CHECK_EQUAL(w.leader(), 1);
  CAF_CHECK(w.read_all().size() <= 3); // as far as it knows that it is committed
  w.start(2);
  CAF_CHECK(w.pass_until([&] { return w.latest() == "3"; }));
  CAF_CHECK(w.read_all() == numbers(3));
}

CAF_TEST(a leader that may be deposed calls no batch of a producer wrong) {
  workshop w{3};
  w.make_topic({1, 2, 3});
  auto send = [&](int id, std::int32_t sequence) {
    auto count = w.mail(id).appended.size();
    w.send_numbered(id, 7, sequence);
    w.pass_until([&] { return w.mail(id).appended.size() > count; }, 1s);
    return w.mail(id).appended.size() == count ? std::string{"no answer"} : std::string{name(w.mail(id).appended.back().code)};
  };
  CAF_CHECK_EQUAL(send(1, 0), name(errc::none));
  w.cut_off(1);
  w.fence(1);
  CAF_CHECK_EQUAL(w.leader(), 2);
  CAF_CHECK_EQUAL(send(2, 1), name(errc::none));
  CAF_CHECK_EQUAL(send(2, 2), name(errc::none));
  // It wakes up, and answers a producer before it hears that it does not lead.
  w.end_lease(1);
  CAF_CHECK_EQUAL(send(1, 3), name(errc::not_leader));
  CAF_CHECK_EQUAL(send(2, 3), name(errc::none));
  CAF_CHECK_EQUAL(send(2, 9), name(errc::not_enough_replicas)); // what is missing may still be on its way back
  w.pass(10s);
  CAF_CHECK_EQUAL(send(2, 9), name(errc::out_of_order_sequence));
}

CAF_TEST(nobody begins behind what an earlier leader may still send back) {
  workshop w{3};
  w.make_topic({1, 2, 3});
  auto send = [&](std::int64_t producer, std::int32_t sequence) {
    auto count = w.mail(2).appended.size();
    w.send_numbered(2, producer, sequence);
    w.pass_until([&] { return w.mail(2).appended.size() > count; }, 1s);
    return w.mail(2).appended.size() == count ? std::string{"no answer"} : std::string{name(w.mail(2).appended.back().code)};
  };
  w.cut_off(1);
  w.send_numbered(1, 7, 0); // what the paused leader has taken, or will refuse when it wakes up
  w.fence(1);
  CAF_CHECK_EQUAL(w.leader(), 2);
  CAF_CHECK_EQUAL(send(7, 1), name(errc::not_enough_replicas));
  CAF_CHECK_EQUAL(send(7, 0), name(errc::none));
  CAF_CHECK_EQUAL(send(7, 1), name(errc::none));
  CAF_CHECK_EQUAL(send(8, 0), name(errc::none));
  CAF_CHECK_EQUAL(send(9, 5), name(errc::not_enough_replicas));
  w.pass(10s);
  CAF_CHECK_EQUAL(send(9, 5), name(errc::none)); // it was forgotten, as it seems
}

CAF_TEST(what was cut off stays away though it was in segments) {
  workshop w{3};
  w.make_topic({1, 2, 3}, {{"min.insync.replicas", "1"}, {"unclean.leader.election.enable", "true"}});
  CAF_CHECK_EQUAL(w.write("0"), 0);
  w.crash(2);
  w.fence(2);
  w.crash(3);
  w.fence(3);
  for (int i = 1; i < 50; ++i)
    CAF_CHECK_EQUAL(w.write(std::to_string(i)), i);
  w.pass(15s); // housekeeping: it goes to segments
  CAF_CHECK_EQUAL(w.counters(1).unflushed_bytes.value(), 0);
  w.crash(1);
  w.fence(1);
  w.start(2);
  CAF_CHECK_EQUAL(w.leader(), 2);
  CAF_CHECK_EQUAL(w.write("a"), 1);
  CAF_CHECK_EQUAL(w.write("b"), 2);
  w.start(1);
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1 2" && w.agree(); }));
  w.crash(1, true);
  w.fence(1);
  w.start(1);
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1 2"; }));
  w.crash(2);
  w.fence(2);
  CAF_CHECK_EQUAL(w.leader(), 1);
  CAF_CHECK(w.read_all() == (std::vector<std::string>{"0", "a", "b"}));
}

CAF_TEST(a follower far behind reads from segments) {
  workshop w{3};
  w.make_topic({1, 2, 3}, {{"min.insync.replicas", "1"}, {"segment.bytes", "1048576"}});
  w.crash(3);
  w.fence(3);
  std::string large(100'000, 'x');
  for (int i = 0; i < 60; ++i)
    CAF_CHECK_EQUAL(w.write(large), i);
  w.pass(15s);
  w.start(3);
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1 2 3" && w.agree(); }));
  CAF_CHECK_EQUAL(w.counters(3).log_end.value(), 60);
}

CAF_TEST(a leader whose actor dies loses nothing and settles its proposals) {
  workshop w{3};
  w.make_topic({1, 2, 3});
  CAF_CHECK_EQUAL(w.write("0"), 0);
  auto epoch = w.state().partition_epoch;
  w.kill_partition(1);
  CAF_CHECK(w.pass_until([&] { return w.latest() == "1"; }));
  CAF_CHECK(w.state().partition_epoch > epoch);
  CAF_CHECK_EQUAL(w.leader(), 1);
  CAF_CHECK_EQUAL(w.write("1"), 1);
  CAF_CHECK(w.read_all() == numbers(2));
}

CAF_TEST(a wiped replica begins anew and does not count before) {
  workshop w{3};
  w.make_topic({1, 2, 3});
  for (auto& value : numbers(10))
    w.write(value);
  w.wipe(2);
  w.fence(2);
  w.start(2);
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1 2 3" && w.agree(); }));
  w.crash(1);
  w.fence(1);
  w.crash(3);
  w.fence(3);
  w.set_option("min.insync.replicas", "1");
  CAF_CHECK_EQUAL(w.leader(), 2);
  CAF_CHECK(w.pass_until([&] { return w.latest() == "10"; }));
  CAF_CHECK(w.read_all() == numbers(10));
}

CAF_TEST(a topic with one replica needs nobody) {
  workshop w{2};
  w.make_topic({2});
  CAF_CHECK_EQUAL(w.write("0"), 0);
  CAF_CHECK_EQUAL(w.latest(), "1");
  CAF_CHECK(w.read_all() == numbers(1));
}

CAF_TEST(who is a replica again knows which nodes have come back meanwhile) {
  workshop w{2};
  w.make_topic({1, 2}, {{"min.insync.replicas", "1"}});
  CAF_CHECK_EQUAL(w.write("0"), 0);
  w.cut_off(2);
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1"; }));
  w.reassign({1});
  w.mend(2);
  w.pass(2s);
  CAF_CHECK_EQUAL(w.write("1"), 1);
  w.reassign({1, 2});
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1 2"; }));
}

CAF_TEST(what a former replica has only in the journal leaves it) {
  workshop w{2};
  w.log_options.flush_ms = 3'600'000;
  w.crash(2);
  w.start(2);
  w.make_topic({1, 2}, {{"min.insync.replicas", "1"}});
  for (auto& value : numbers(5))
    CAF_CHECK(w.write(value) >= 0);
  CAF_CHECK(w.pass_until([&] { return w.counters(2).log_end.value() == 5; }));
  CAF_CHECK(w.counters(2).unflushed_bytes.value() > 0);
  w.reassign({1});
  w.crash(2);
  w.log_options.flush_ms = 200;
  w.start(2);
  w.pass(15s);
  CAF_CHECK_EQUAL(w.counters(2).log_end.value(), 5);
  CAF_CHECK_EQUAL(w.counters(2).unflushed_bytes.value(), 0);
}

namespace {

/// Node 1 has 20 records of 50,000 bytes and nobody else; then the given node is to have them as well. The
/// time until it has.
std::int64_t ms_to_copy(workshop& w) {
  w.make_topic({1});
  for (int i = 0; i < 20; ++i)
    w.write(std::string(50'000, 'x'));
  w.pass(1s); // to segments
  std::int64_t took_ms = 0;
  w.reassign({1, 2});
  CAF_CHECK(w.pass_until([&] { return ++took_ms, w.isr() == "1 2"; }, 60s));
  return took_ms;
}

} // namespace

CAF_TEST(a throttled replica is copied at the rate) {
  for (auto* side : {"leader", "follower"}) {
    workshop w{2};
    w.set_broker_option(side == std::string{"leader"} ? 1 : 2,
                        side + std::string{".replication.throttled.rate"}, "100000");
    w.throttled = side + std::string{".replication.throttled.replicas"};
    auto took_ms = ms_to_copy(w);
    // A million bytes; the last quarter of a megabyte, at the most, is paid for by nobody who waits.
    CAF_CHECK(took_ms > 7'000);
    CAF_CHECK(took_ms < 11'000);
    // In sync, nobody waits.
    std::int64_t begun = w.now_ms();
    for (int i = 0; i < 20; ++i)
      CAF_CHECK(w.write(std::string(50'000, 'y')) >= 0);
    CAF_CHECK(w.now_ms() - begun < 1'000);
  }
}

CAF_TEST(a replica that no list names is not throttled) {
  workshop w{2};
  w.set_broker_option(1, "leader.replication.throttled.rate", "100000");
  CAF_CHECK(ms_to_copy(w) < 1'000);
}

CAF_TEST(without the throttle the copy goes on at once) {
  workshop w{2};
  w.set_broker_option(1, "leader.replication.throttled.rate", "1000");
  w.throttled = "leader.replication.throttled.replicas";
  w.make_topic({1});
  for (int i = 0; i < 20; ++i)
    w.write(std::string(50'000, 'x'));
  w.reassign({1, 2});
  w.pass(10s);
  CAF_CHECK_EQUAL(w.isr(), "1");
  w.set_option("leader.replication.throttled.replicas", "");
  CAF_CHECK(w.pass_until([&] { return w.isr() == "1 2"; }, 1s));
}

namespace {

/// A bit of every batch in the node's segments.
int rot(workshop& w, int id) {
  int flipped = 0;
  std::vector<std::pair<std::string, std::uint64_t>> places;
  auto seen = storage::dump_segments(
      w.disk(id), "data", std::nullopt,
      [&](const storage::stored_batch& b) { places.emplace_back("data/" + b.file, b.position + b.batch.size() - 1); },
      [](const storage::finding&) {});
  CAF_REQUIRE(seen.has_value());
  for (auto& [file, position] : places) {
    w.disk(id).flip_bit(file, position, 3);
    ++flipped;
  }
  return flipped;
}

std::size_t damaged(workshop& w, int id) {
  std::size_t count = 0;
  auto seen = storage::dump_segments(
      w.disk(id), "data", std::nullopt, [](const storage::stored_batch&) {}, [&](const storage::finding&) { ++count; });
  CAF_REQUIRE(seen.has_value());
  return count;
}

/// Twenty records that are in segments, and in no memory.
struct on_disk : workshop {
  on_disk() : workshop{3} {
    log_options.flush_ms = 1;
    for (int id : {1, 2, 3}) {
      crash(id);
      start(id);
    }
    make_topic({1, 2, 3});
    for (auto& value : numbers(20))
      CAF_CHECK(write(value) >= 0);
    pass(10s);
    for (int id : {1, 2, 3}) {
      crash(id);
      start(id);
    }
    CAF_REQUIRE(pass_until([this] { return isr() == "1 2 3" && leader() > 0 && agree(); }));
    pass(5s);
  }
};

} // namespace

CAF_TEST(what rots at the leader is taken back from a follower) {
  on_disk w;
  auto leader = w.leader();
  CAF_CHECK(rot(w, leader) > 0);
  CAF_CHECK(w.read_all().empty());
  std::vector<std::string> got;
  CAF_CHECK(w.pass_until([&] { return (got = w.read_all()) == numbers(20); }));
  CAF_CHECK(got == numbers(20));
  CAF_CHECK_EQUAL(w.leader(), leader);
  CAF_CHECK_EQUAL(damaged(w, leader), 0u);
}

CAF_TEST(what rots at a follower is taken back from the leader) {
  on_disk w;
  auto follower = w.leader() == 1 ? 2 : 1;
  CAF_CHECK(rot(w, follower) > 0);
  CAF_CHECK(w.pass_until([&] {
    w.fetch_any(follower, 0);
    w.pass(1ms);
    return damaged(w, follower) == 0;
  }));
}

CAF_TEST(what has rotted everywhere is refused and the rest is served) {
  on_disk w;
  for (int id : {1, 2, 3})
    CAF_CHECK(rot(w, id) > 0);
  w.pass_until([&] { return !w.read_all().empty(); }, 5s);
  CAF_CHECK(w.read_all().empty());
  CAF_CHECK_EQUAL(w.mail(w.leader()).fetched.back().code == errc::corrupt, true);
  CAF_CHECK_EQUAL(w.write("20"), 20);
}
