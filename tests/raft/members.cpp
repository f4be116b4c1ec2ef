#define CAF_SUITE members
#include "caf/test/unit_test.hpp"

#include "runtime/raft/membership.hpp"
#include "tests/raft/cluster.hpp"

using namespace troupe;
using namespace troupe::raft;

namespace {

/// Node 1 leads `voters` and everything is quiet.
cluster led_by_one(int voters, config common = {}) {
  cluster all{voters, common};
  for (int i = 0; i < 20 && !all.at(1).core->is_leader(); ++i)
    all.tick(1);
  all.settle();
  return all;
}

void pass_time(cluster& all, int ticks) {
  for (; ticks > 0; --ticks) {
    for (int id = 1; id <= all.size(); ++id)
      if (all.at(id).core)
        all.tick(id);
    all.settle();
  }
}

raft_core& core(cluster& all, int id) { return *all.at(id).core; }

errc code_of(const result<position>& r) { return r ? errc::none : r.error().code; }

} // namespace

CAF_TEST(an observer gets everything and counts for nothing) {
  auto all = led_by_one(3);
  auto observer = all.join();
  pass_time(all, 3);
  CAF_REQUIRE(all.propose(1, "a"));
  pass_time(all, 3);
  CAF_CHECK(all.at(observer).applied == all.at(1).applied);
  CAF_CHECK(all.at(observer).stored_entries == all.at(1).stored_entries);
  CAF_CHECK(!core(all, observer).votes());
  CAF_CHECK_EQUAL(core(all, observer).current().leader.value(), 1);
  // One voter and an observer are no majority of three.
  all.crash(2);
  all.crash(3);
  auto before = core(all, 1).commit_index();
  CAF_REQUIRE(all.propose(1, "b"));
  pass_time(all, 3);
  CAF_CHECK(core(all, 1).commit_index() == before);
  CAF_CHECK(core(all, observer).last_index() == core(all, 1).last_index());
  pass_time(all, 20);
  CAF_CHECK(!core(all, 1).is_leader());
  CAF_CHECK(core(all, observer).current().role == role::follower);
}

CAF_TEST(an observer finds the next leader) {
  auto all = led_by_one(3);
  auto observer = all.join();
  pass_time(all, 3);
  all.crash(1);
  pass_time(all, 40);
  auto leader = all.leader();
  CAF_REQUIRE(leader > 1);
  CAF_REQUIRE(all.propose(leader, "a"));
  pass_time(all, 3);
  CAF_CHECK(all.at(observer).applied == all.at(leader).applied);
}

CAF_TEST(a leader forgets an observer that is gone) {
  auto all = led_by_one(1);
  auto observer = all.join();
  pass_time(all, 3);
  CAF_REQUIRE_EQUAL(core(all, 1).others().size(), 1u);
  CAF_CHECK(!core(all, 1).others()[0].votes);
  CAF_CHECK(core(all, 1).others()[0].match == core(all, 1).last_index());
  all.crash(observer);
  pass_time(all, 60);
  CAF_CHECK(core(all, 1).others().empty());
  all.restart(observer);
  pass_time(all, 2);
  CAF_CHECK_EQUAL(core(all, 1).others().size(), 1u);
}

CAF_TEST(one voter grows to three and shrinks again) {
  auto all = led_by_one(1);
  for (auto id : {2, 3}) {
    CAF_CHECK(code_of(core(all, 1).add_voter(node_id{id})) == errc::busy); // nobody has heard of it
    all.join();
    pass_time(all, 3);
    CAF_REQUIRE(core(all, 1).add_voter(node_id{id}));
    all.settle();
    CAF_CHECK(core(all, id).votes());
  }
  CAF_CHECK_EQUAL(core(all, 1).members().voters.size(), 3u);
  all.crash(1);
  pass_time(all, 40);
  auto leader = all.leader();
  CAF_REQUIRE(leader > 1);
  CAF_REQUIRE(core(all, leader).remove_voter(node_id{1}));
  pass_time(all, 3);
  CAF_REQUIRE(core(all, leader).remove_voter(node_id{leader == 2 ? 3 : 2}));
  pass_time(all, 3);
  CAF_CHECK_EQUAL(core(all, leader).members().voters.size(), 1u);
  CAF_CHECK(code_of(core(all, leader).remove_voter(node_id{leader})) == errc::invalid_argument);
  all.restart(1);
  pass_time(all, 5);
  CAF_CHECK(!core(all, 1).votes()); // it learns of its removal, and goes on as an observer
  CAF_CHECK(all.at(1).applied == all.at(leader).applied);
}

CAF_TEST(a change waits for the one before and for the leaders own term) {
  auto all = led_by_one(3);
  auto fourth = all.join();
  pass_time(all, 3);
  CAF_REQUIRE(core(all, 1).add_voter(node_id{fourth}));
  CAF_CHECK_EQUAL(core(all, 1).members().voters.size(), 4u); // in force at once
  CAF_CHECK(code_of(core(all, 1).remove_voter(node_id{2})) == errc::busy);
  all.settle();
  CAF_CHECK(code_of(core(all, 1).add_voter(node_id{fourth})) == errc::already_exists);
  CAF_CHECK(code_of(core(all, 1).remove_voter(node_id{9})) == errc::not_found);
  CAF_CHECK(code_of(core(all, 2).remove_voter(node_id{3})) == errc::not_leader);
  // A leader that has committed nothing of its own term yet.
  all.crash(1);
  for (int i = 0; i < 200 && all.leader() == 0; ++i) {
    all.tick(2);
    for (int id = 2; id <= 4; ++id)
      while (all.whole_round(id)) {
      }
    while (!all.network.empty() && all.leader() == 0)
      all.deliver(0);
    all.tick(3);
    all.tick(4);
  }
  CAF_REQUIRE(all.leader() > 1);
  CAF_CHECK(code_of(core(all, all.leader()).remove_voter(node_id{1})) == errc::busy);
  all.settle();
  CAF_CHECK(core(all, all.leader()).remove_voter(node_id{1}).has_value());
}

CAF_TEST(an observer that has not caught up is no voter yet) {
  auto all = led_by_one(3);
  auto observer = all.join();
  pass_time(all, 3);
  all.cut_off = {observer};
  CAF_REQUIRE(all.propose(1, "a"));
  pass_time(all, 1);
  CAF_CHECK(code_of(core(all, 1).add_voter(node_id{observer})) == errc::busy);
  all.cut_off.clear();
  pass_time(all, 3);
  CAF_CHECK(core(all, 1).add_voter(node_id{observer}).has_value());
}

CAF_TEST(a leader that removes itself hands over) {
  auto all = led_by_one(3);
  CAF_REQUIRE(core(all, 1).remove_voter(node_id{1}));
  CAF_CHECK(core(all, 1).is_leader()); // until that is committed
  all.settle();
  CAF_CHECK(!core(all, 1).is_leader());
  auto leader = all.leader();
  CAF_CHECK(leader > 1); // without an election timeout
  pass_time(all, 30);
  CAF_CHECK(all.leader() == leader);
  CAF_CHECK(!core(all, 1).votes());
  CAF_REQUIRE(all.propose(leader, "a"));
  pass_time(all, 2);
  CAF_CHECK(all.at(1).applied == all.at(leader).applied);
}

CAF_TEST(the members outlast a snapshot and a restart) {
  auto all = led_by_one(1);
  all.join();
  pass_time(all, 3);
  CAF_REQUIRE(core(all, 1).add_voter(node_id{2}));
  all.settle();
  CAF_REQUIRE(all.compact(1));
  CAF_CHECK_EQUAL(all.at(1).stored_snapshot.members.voters.size(), 2u);
  all.crash(1);
  all.restart(1);
  CAF_CHECK(!core(all, 1).is_leader()); // it is not alone any more
  CAF_CHECK_EQUAL(core(all, 1).members().voters.size(), 2u);
  auto third = all.join();
  pass_time(all, 60);
  CAF_CHECK_EQUAL(core(all, third).members().voters.size(), 2u); // from the snapshot
}

CAF_TEST(leadership is handed over without a silence) {
  auto all = led_by_one(3);
  CAF_REQUIRE(all.propose(1, "a"));
  CAF_REQUIRE(core(all, 1).transfer_leadership(node_id{3}));
  CAF_CHECK(core(all, 1).propose(bytes::copy_of("b")).error().code == errc::busy);
  CAF_CHECK(core(all, 1).transfer_leadership().error().code == errc::busy);
  all.settle();
  CAF_CHECK_EQUAL(all.leader(), 3);
  CAF_CHECK(!core(all, 1).is_leader());
  CAF_CHECK(all.at(3).machine == all.at(1).machine);
  CAF_CHECK(!core(all, 1).transfer_leadership());
  CAF_CHECK(core(all, 3).transfer_leadership(node_id{9}).error().code == errc::invalid_argument);
}

CAF_TEST(a leader whose successor does not answer goes on) {
  auto all = led_by_one(3);
  all.crash(3);
  CAF_REQUIRE(core(all, 1).transfer_leadership(node_id{3}));
  pass_time(all, 9);
  CAF_CHECK(!all.propose(1, "a"));
  pass_time(all, 2);
  CAF_CHECK(core(all, 1).is_leader());
  CAF_CHECK(all.propose(1, "a").has_value());
}

CAF_TEST(the end of a leaders process is not waited for) {
  auto all = led_by_one(3);
  all.crash(1);
  core(all, 2).lost(node_id{1});
  core(all, 3).lost(node_id{1});
  core(all, 2).campaign();
  all.settle();
  CAF_CHECK_EQUAL(all.leader(), 2);
  core(all, 3).lost(node_id{1}); // old news
  core(all, 3).campaign();
  CAF_CHECK(core(all, 3).current().role == role::follower);
}

CAF_TEST(blank nodes become a group once all of them have met) {
  cluster all{3, {}, false};
  all.crash(3);
  pass_time(all, 50);
  CAF_CHECK_EQUAL(all.leader(), 0);
  all.restart(3);
  pass_time(all, 5);
  CAF_CHECK_EQUAL(all.leader(), 1);
  CAF_CHECK_EQUAL(core(all, 3).members().voters.size(), 3u);
  CAF_CHECK(all.at(3).applied == all.at(1).applied);
}

CAF_TEST(a node that lost its disk votes again only when it has caught up) {
  auto all = led_by_one(3);
  CAF_REQUIRE(all.propose(1, "a"));
  all.settle();
  all.wipe(3);
  all.restart(3);
  message ask;
  ask.type = message_type::vote_request;
  ask.from = node_id{2};
  ask.to = node_id{3};
  ask.term = term{9};
  ask.to_disk = disk_id{3};
  core(all, 3).step(ask);
  CAF_CHECK(!core(all, 3).has_ready());
  CAF_CHECK(core(all, 3).awaits_vote());
  CAF_CHECK(!core(all, 2).awaits_vote());
  pass_time(all, 10);
  voter again{node_id{3}, all.at(3).disk};
  CAF_CHECK(core(all, 1).members().has(again));
  CAF_CHECK(core(all, 1).members().awaited.empty());
  CAF_CHECK(core(all, 3).votes());
  CAF_CHECK(!core(all, 3).awaits_vote());
  CAF_CHECK(all.at(3).applied == all.at(1).applied);
}

CAF_TEST(two wiped nodes of three are no majority) {
  auto all = led_by_one(3);
  CAF_REQUIRE(all.propose(1, "a"));
  all.settle();
  all.wipe(2);
  all.wipe(3);
  all.restart(2);
  all.restart(3);
  pass_time(all, 100);
  CAF_CHECK_EQUAL(all.leader(), 0);
  CAF_CHECK(!core(all, 2).votes() && !core(all, 3).votes());
  CAF_CHECK(core(all, 2).awaits_vote() && core(all, 3).awaits_vote());
}

CAF_TEST(a large snapshot goes in pieces) {
  config common;
  common.snapshot_piece_bytes = 3;
  auto all = led_by_one(1, common);
  CAF_REQUIRE(all.propose(1, "a"));
  all.settle();
  CAF_REQUIRE(all.compact(1));
  auto observer = all.join();
  all.tick(observer);
  std::size_t pieces = 0;
  all.settle([&](auto& m) { pieces += m.type == message_type::snapshot_request ? 1 : 0; });
  CAF_CHECK_EQUAL(pieces, 3u); // of eight bytes
  CAF_CHECK(all.at(observer).machine == all.at(1).machine);
  CAF_CHECK(all.at(observer).applied == all.at(1).applied);
}

CAF_TEST(what is sent ahead of answers is bounded) {
  config common;
  common.append_max_bytes = 10;
  common.in_flight_max_bytes = 200;
  auto all = led_by_one(3, common);
  all.settle();
  for (int i = 0; i < 100; ++i)
    CAF_REQUIRE(all.propose(1, "ten bytes."));
  all.whole_round(1);
  CAF_CHECK_EQUAL(std::count_if(all.network.begin(), all.network.end(), [](auto& m) { return m.to == node_id{2}; }),
                  5);
  all.settle();
  CAF_CHECK(all.at(3).applied == all.at(1).applied);
  CAF_CHECK(all.at(1).applied == core(all, 1).last_index());
}
