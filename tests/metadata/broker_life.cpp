#define CAF_SUITE broker_life
#include "caf/test/unit_test.hpp"

#include "tests/metadata/helpers.hpp"

using namespace troupe;
using namespace troupe::metadata;

namespace {

constexpr std::int64_t session_ms = 1500;

struct cluster : controller_fixture {
  cluster() {
    run<form_cluster_reply>(form_cluster{"here"});
    core.lead(now_ms);
    for (int n : {1, 2, 3})
      start(n, 1);
  }

  broker_epoch start(int node, std::uint64_t incarnation) {
    auto epoch = add_broker(node, std::nullopt, true, incarnation);
    heartbeat(node);
    return epoch;
  }

  register_broker registration(int node, std::uint64_t incarnation) {
    register_broker r;
    r.node = node_id{node};
    r.incarnation = broker_incarnation{incarnation};
    r.endpoints = {{"kafka", "127.0.0.1", 9092}, {std::string{peer_listener}, "127.0.0.1", 9192}};
    r.storage_kept = true;
    return r;
  }

  /// Fences whoever is silent, as the controller's actor does.
  std::size_t fence_due() {
    std::size_t fenced = 0;
    for (auto& what : core.due(now_ms)) {
      run<fencing_reply>(what);
      ++fenced;
    }
    return fenced;
  }

  bool is_fenced(int node) { return image().find_broker(node_id{node})->fenced; }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(broker_life_tests, cluster)

CAF_TEST(a broker serves once it has its own registration and says so) {
  auto epoch = add_broker(4, std::nullopt, true);
  auto registered = image().version();
  broker_heartbeat hb{node_id{4}, epoch, registered - 1};
  auto early = run<broker_heartbeat_reply>(hb);
  CAF_CHECK(early.what.code == errc::none && early.is_fenced && !early.is_caught_up);
  hb.version = registered;
  hb.wants_fence = true;
  auto unwilling = run<broker_heartbeat_reply>(hb);
  CAF_CHECK(unwilling.is_fenced && unwilling.is_caught_up);
  hb.wants_fence = false;
  auto ready = run<broker_heartbeat_reply>(hb);
  CAF_CHECK(!ready.is_fenced && !ready.should_shutdown);
  CAF_CHECK(!is_fenced(4));
  run<broker_heartbeat_reply>(hb);
  CAF_CHECK(last.empty());
}

CAF_TEST(a registration that is not committed yet counts for nothing) {
  auto made = core.decide(registration(4, 1), now_ms);
  auto epoch = std::get<register_broker_reply>(made.answer).epoch;
  auto early = core.decide(broker_heartbeat{node_id{4}, epoch, metadata_version{1'000'000}}, now_ms);
  CAF_CHECK(std::get<broker_heartbeat_reply>(early.answer).is_fenced);
  CAF_CHECK(early.records.empty());
}

CAF_TEST(heartbeats of unknown brokers and old epochs are refused) {
  auto code = [this](int node, broker_epoch epoch) {
    return run<broker_heartbeat_reply>(broker_heartbeat{node_id{node}, epoch, image().version()}).what.code;
  };
  CAF_CHECK(code(9, broker_epoch{1}) == errc::unknown_broker);
  auto old = epoch_of(1);
  now_ms += session_ms;
  start(1, 2);
  CAF_CHECK(code(1, old) == errc::stale_broker_epoch);
  CAF_CHECK(code(1, epoch_of(1)) == errc::none);
}

CAF_TEST(a node of another cluster is refused) {
  auto r = registration(4, 1);
  r.cluster_id = "elsewhere";
  auto refused = run<register_broker_reply>(r);
  CAF_CHECK(refused.what.code == errc::wrong_cluster);
  CAF_CHECK_EQUAL(refused.what.detail, "this is here, and node 4 belongs to elsewhere");
  r.cluster_id = "here";
  CAF_CHECK(run<register_broker_reply>(r).what.code == errc::none);
}

CAF_TEST(a node id that a live process has is refused) {
  auto code = [this](int node, std::uint64_t incarnation) {
    return run<register_broker_reply>(registration(node, incarnation)).what.code;
  };
  CAF_CHECK(code(1, 2) == errc::duplicate_broker);
  now_ms += session_ms - 1;
  CAF_CHECK(code(1, 2) == errc::duplicate_broker);
  now_ms += 1;
  CAF_CHECK(code(1, 2) == errc::none);
  core.report_dead(node_id{2}, broker_incarnation{1});
  CAF_CHECK(code(2, 2) == errc::none);
  heartbeat(3, false, true); // fenced
  CAF_CHECK(code(3, 2) == errc::none);
}

CAF_TEST(a repeated registration of a broker that serves changes nothing) {
  auto epoch = run<register_broker_reply>(registration(4, 1)).epoch;
  heartbeat(4);
  CAF_CHECK(run<register_broker_reply>(registration(4, 1)).epoch == epoch);
  CAF_CHECK(last.empty() && !is_fenced(4));
}

CAF_TEST(a silent broker is fenced when its session is over) {
  now_ms += 1000;
  heartbeat(1);
  heartbeat(2);
  CAF_CHECK_EQUAL(core.next_due_ms().value(), session_ms);
  now_ms = session_ms - 1;
  CAF_CHECK_EQUAL(fence_due(), 0u);
  now_ms = session_ms;
  CAF_CHECK_EQUAL(fence_due(), 1u);
  CAF_CHECK(is_fenced(3) && !is_fenced(1) && !is_fenced(2));
  CAF_CHECK_EQUAL(fence_due(), 0u);
  CAF_CHECK_EQUAL(core.next_due_ms().value(), 1000 + session_ms);
  CAF_CHECK(!heartbeat(3).is_fenced); // it was only slow
  CAF_CHECK(!is_fenced(3));
}

CAF_TEST(a broker that is reported dead is fenced at once if it is the same process) {
  core.report_dead(node_id{2}, broker_incarnation{7});
  core.report_dead(node_id{9}, broker_incarnation{1});
  CAF_CHECK_EQUAL(fence_due(), 0u);
  core.report_dead(node_id{2}, broker_incarnation{1});
  CAF_CHECK(core.next_due_ms().value() <= now_ms);
  CAF_CHECK_EQUAL(fence_due(), 1u);
  CAF_CHECK(is_fenced(2));
}

CAF_TEST(a new leader of the quorum goes on from what it knows of silent nodes) {
  now_ms += 400;
  controller_core next{controller_config{}};
  next.restore(core.image());
  next.lead(now_ms);
  next.report_silent(node_id{3}, now_ms - 300);
  next.report_silent(node_id{9}, now_ms - 300);
  CAF_CHECK_EQUAL(next.next_due_ms().value(), now_ms - 300 + session_ms);
  CAF_CHECK(next.due(now_ms - 300 + session_ms - 1).empty());
  auto due = next.due(now_ms - 300 + session_ms);
  CAF_REQUIRE_EQUAL(due.size(), 1u);
  CAF_CHECK(std::get<fence_broker>(due[0]).node == node_id{3});
  // A heartbeat counts for more, by whatever way it came.
  auto epoch = image().find_broker(node_id{3})->epoch;
  next.decide(broker_heartbeat{node_id{3}, epoch, image().version()}, now_ms + 100);
  next.report_silent(node_id{3}, now_ms - 300);
  CAF_CHECK(next.due(now_ms - 300 + session_ms).empty());
}

CAF_TEST(a new leader of the quorum gives every broker the whole timeout) {
  now_ms += 1400;
  controller_core next{controller_config{}};
  next.restore(core.image());
  next.lead(now_ms);
  auto next_due = next.next_due_ms().value();
  CAF_CHECK_EQUAL(next_due, now_ms + session_ms);
  CAF_CHECK(next.due(now_ms + session_ms - 1).empty());
  CAF_CHECK_EQUAL(next.due(now_ms + session_ms).size(), 3u);
  // It has heard of nobody itself: a restarted process gets its node id back.
  auto again = next.decide(registration(1, 2), now_ms);
  CAF_CHECK(std::get<register_broker_reply>(again.answer).what.code == errc::none);
}

CAF_TEST(a new leader of the quorum lets brokers serve that registered before) {
  add_broker(4, std::nullopt, true);
  controller_core next{controller_config{}};
  next.restore(decode_snapshot(encode_snapshot(image()).view()).value());
  next.lead(now_ms);
  broker_heartbeat hb{node_id{4}, epoch_of(4), image().version()};
  CAF_CHECK(!std::get<broker_heartbeat_reply>(next.decide(hb, now_ms).answer).is_fenced);
}

CAF_TEST(controlled shutdown hands leaderships over and then leaves the in sync sets) {
  spread("a", {1, 2, 3});
  spread("b", {2, 1, 3});
  auto first_answer = heartbeat(1, true);
  CAF_CHECK(!first_answer.should_shutdown && !first_answer.is_fenced);
  CAF_CHECK_EQUAL(first("a").leader.value(), 2);
  CAF_CHECK(first("a").isr == nodes({1, 2, 3}));
  CAF_CHECK_EQUAL(first("a").leader_epoch.value(), 1);
  CAF_CHECK_EQUAL(first("b").leader_epoch.value(), 0);
  // The others do not know that yet.
  CAF_CHECK(!heartbeat(1, true).should_shutdown);
  heartbeat(2);
  CAF_CHECK(!heartbeat(1, true).should_shutdown);
  heartbeat(3);
  auto done = heartbeat(1, true);
  CAF_CHECK(done.should_shutdown && done.is_fenced);
  CAF_CHECK(first("a").isr == nodes({2, 3}) && first("b").isr == nodes({2, 3}));
  CAF_CHECK_EQUAL(first("a").leader_epoch.value(), 1);
  CAF_CHECK(is_fenced(1));
  // It is not let in again before it registers anew.
  CAF_CHECK(heartbeat(1).should_shutdown && is_fenced(1));
  start(1, 2);
  CAF_CHECK(!is_fenced(1) && !image().find_broker(node_id{1})->shutting_down);
}

CAF_TEST(who shuts down gets neither leaderships nor new partitions nor into in sync sets) {
  spread("a", {1, 2, 3});
  fence(3);
  unfence(3);
  CAF_CHECK(first("a").isr == nodes({1, 2}));
  heartbeat(3, true);
  CAF_CHECK(alter("a", {1, 2, 3}).what.code == errc::ineligible_replica);
  CAF_CHECK(create("b", 1, 3).what.code == errc::invalid_replication_factor);
  heartbeat(2, true);
  fence(1);
  CAF_CHECK(first("a").leader == no_leader);
  CAF_CHECK(alter("a", {1, 2}).what.code != errc::none);
}

CAF_TEST(the only replica leads until it is let go) {
  spread("a", {1});
  heartbeat(1, true);
  CAF_CHECK_EQUAL(first("a").leader.value(), 1);
  heartbeat(2);
  heartbeat(3);
  CAF_CHECK(heartbeat(1, true).should_shutdown);
  CAF_CHECK(first("a").leader == no_leader && first("a").isr == nodes({1}));
}

CAF_TEST(a fenced broker may stop at once) {
  add_broker(4, std::nullopt, true);
  CAF_CHECK(heartbeat(4, true).should_shutdown);
  CAF_CHECK(last.empty());
}

CAF_TEST(a broker is forgotten once it has stopped) {
  auto code = [this](int node) {
    return run<unregister_broker_reply>(unregister_broker{node_id{node}}).what.code;
  };
  CAF_CHECK(code(9) == errc::unknown_broker);
  CAF_CHECK(code(3) == errc::invalid_request);
  CAF_CHECK(heartbeat(3, false, true).is_fenced);
  CAF_CHECK(code(3) == errc::invalid_request); // fenced, but there
  auto epoch = epoch_of(3);
  now_ms += session_ms;
  CAF_CHECK(code(3) == errc::none);
  CAF_CHECK(image().find_broker(node_id{3}) == nullptr);
  CAF_CHECK(code(3) == errc::unknown_broker);
  auto again = decode_snapshot(encode_snapshot(image()).view()).value();
  CAF_CHECK(*again == image());
  CAF_CHECK(add_broker(3) > epoch); // epochs do not come twice
}

CAF_TEST_FIXTURE_SCOPE_END()
