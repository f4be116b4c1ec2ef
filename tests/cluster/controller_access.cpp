#define CAF_SUITE controller_access
#include "actors/controller/controller_access.hpp"
#include "actors/simulated/simulated_peers.hpp"
#include "actors/testing/virtual_clock.hpp"

#include "caf/test/dsl.hpp" // last: its macros have everyday names

using namespace troupe;

namespace {

/// Answers as a controller would, or leaves questions unanswered.
struct fake_controller_state {
  bool leads = false;
  bool silent = false;
  std::vector<std::string> asked;
  std::vector<process_ended> ended;
  std::vector<node_heard> heard;
};

controller_internal::behavior_type fake_controller(controller_internal::pointer self, fake_controller_state* state) {
  return {
      [self, state](const controller_request& m) {
        auto* create = std::get_if<metadata::create_topics>(&m.what);
        state->asked.push_back(create ? create->topics.at(0).name : "?");
        if (state->silent)
          return;
        controller_reply reply{m.tag, state->leads ? errc::none : errc::not_leader, {}, {}};
        if (state->leads) {
          metadata::create_topics_reply done;
          done.topics.push_back({create->topics.at(0).name, {}, {}, 3, 2, {}});
          reply.what = done;
          reply.version = metadata::metadata_version{77};
        }
        self->send(m.reply_to, std::move(reply));
      },
      [](const raft_snapshot&) {},
      [](const raft_committed&) {},
      [](const raft_leadership&) {},
      [state](const process_ended& m) { state->ended.push_back(m); },
      [state](const node_heard& m) { state->heard.push_back(m); },
      [](broker_watch_due) {},
      [](leader_election_due) {},
  };
}

struct inbox {
  std::vector<controller_reply> replies;
};

controller_client::behavior_type asker(controller_client::pointer, inbox* box) {
  return {[box](controller_reply& m) { box->replies.push_back(std::move(m)); }};
}

struct fixture : test_coordinator_fixture<> {
  struct node {
    node_id id;
    fake_controller_state controller;
    controller_access_actor access;
  };

  fixture() : network(sys, 5, {}), client(sys.spawn(asker, &box)) {
    for (int id = 1; id <= 3; ++id)
      add(nodes[static_cast<std::size_t>(id)], node_id{id});
    pass(std::chrono::milliseconds{10});
  }

  ~fixture() {
    for (auto& one : nodes)
      if (one.access)
        caf::anon_send_exit(one.access, caf::exit_reason::kill);
    caf::anon_send_exit(client, caf::exit_reason::kill);
    sched.run();
  }

  void add(node& one, node_id id) {
    one.id = id;
    auto gate = network.open(id);
    caf::anon_send(gate, peers_wanted{{{node_id{1}, "", 0}, {node_id{2}, "", 0}, {node_id{3}, "", 0}}});
    one.access = sys.spawn(controller_access,
                           controller_access_settings{sys.spawn(fake_controller, &one.controller), gate, id, &clock, 10'000});
  }

  void pass(std::chrono::microseconds time) {
    for (std::chrono::microseconds step{500}; time.count() > 0; time -= step) {
      sched.run();
      sched.advance_time(step);
    }
    sched.run();
  }

  void leads(int which, std::initializer_list<int> known_to = {1, 2, 3}) {
    for (int id : known_to)
      caf::anon_send(nodes[static_cast<std::size_t>(id)].access, quorum_leader{node_id{which}, raft::term{1}});
    sched.run();
  }

  void ask(int at, const std::string& topic) {
    metadata::create_topics command;
    command.topics.push_back({topic, 3, 2, {}, {}});
    caf::anon_send(nodes[static_cast<std::size_t>(at)].access, controller_request{{++asked, 9}, command, client});
    sched.run();
  }

  testing::virtual_clock clock{sched.clock()};
  simulated::simulated_network network;
  inbox box;
  controller_client client;
  std::array<node, 4> nodes;
  std::uint64_t asked = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(controller_access_tests, fixture)

CAF_TEST(a question goes to the leader wherever it is and the answer comes back with the tag of the asker) {
  nodes[2].controller.leads = true;
  leads(2);
  ask(2, "here");
  ask(1, "there");
  pass(std::chrono::milliseconds{10});
  CAF_REQUIRE_EQUAL(box.replies.size(), 2u);
  CAF_CHECK_EQUAL(box.replies[0].tag.request, 1u);
  CAF_CHECK_EQUAL(box.replies[1].tag.request, 2u);
  CAF_CHECK_EQUAL(box.replies[1].tag.part, 9u);
  CAF_CHECK_EQUAL(box.replies[1].version.value(), 77u);
  CAF_CHECK_EQUAL(std::get<metadata::create_topics_reply>(box.replies[1].what).topics.at(0).name, "there");
  CAF_CHECK_EQUAL(nodes[1].controller.asked.size(), 0u);
}

CAF_TEST(a question waits until somebody leads) {
  ask(1, "early");
  pass(std::chrono::seconds{2});
  CAF_CHECK(box.replies.empty());
  nodes[3].controller.leads = true;
  leads(3);
  pass(std::chrono::milliseconds{10});
  CAF_CHECK_EQUAL(box.replies.size(), 1u);
}

CAF_TEST(who does not lead yet is asked again until it does) {
  leads(2);
  ask(1, "t");
  pass(std::chrono::milliseconds{200});
  CAF_CHECK(box.replies.empty());
  CAF_CHECK(nodes[2].controller.asked.size() >= 2);
  nodes[2].controller.leads = true;
  pass(std::chrono::milliseconds{100});
  CAF_REQUIRE_EQUAL(box.replies.size(), 1u);
  CAF_CHECK(box.replies[0].code == errc::none);
}

CAF_TEST(when the leader dies with the question the next leader is asked) {
  nodes[2].controller.leads = true;
  nodes[2].controller.silent = true;
  leads(2);
  ask(1, "t");
  pass(std::chrono::milliseconds{10});
  CAF_CHECK_EQUAL(nodes[2].controller.asked.size(), 1u);
  network.close(node_id{2});
  nodes[3].controller.leads = true;
  pass(std::chrono::milliseconds{10});
  leads(3, {1, 3});
  pass(std::chrono::milliseconds{100});
  CAF_REQUIRE_EQUAL(box.replies.size(), 1u);
  CAF_CHECK(box.replies[0].code == errc::none);
  CAF_CHECK_EQUAL(nodes[3].controller.asked.size(), 1u);
}

CAF_TEST(a process that is gone is reported and one that is only silent is not) {
  network.cut(node_id{1}, node_id{2});
  pass(std::chrono::milliseconds{1'100});
  CAF_CHECK(nodes[1].controller.ended.empty());
  auto& heard = nodes[1].controller.heard;
  CAF_REQUIRE(!heard.empty());
  CAF_CHECK(heard.back().node == node_id{2} && !heard.back().connected);
  CAF_CHECK_EQUAL(heard.back().silent_ms, 1'000);
  network.heal_all();
  pass(std::chrono::milliseconds{10});
  CAF_CHECK(heard.back().node == node_id{2} && heard.back().connected);
  network.close(node_id{2});
  pass(std::chrono::milliseconds{10});
  CAF_REQUIRE_EQUAL(nodes[1].controller.ended.size(), 1u);
  CAF_CHECK_EQUAL(nodes[1].controller.ended[0].node.value(), 2);
  CAF_CHECK(nodes[1].controller.ended[0].incarnation.has_value());
  CAF_CHECK_EQUAL(nodes[3].controller.ended.size(), 1u);
}

CAF_TEST(a process that was gone before this one began is reported as well) {
  caf::anon_send(nodes[1].access, peer_status{node_id{4}, false, {}, true, "connection refused"});
  sched.run();
  CAF_REQUIRE_EQUAL(nodes[1].controller.ended.size(), 1u);
  CAF_CHECK_EQUAL(nodes[1].controller.ended[0].node.value(), 4);
  CAF_CHECK(!nodes[1].controller.ended[0].incarnation.has_value());
}

CAF_TEST(without an answer a question is given up by its deadline and a late answer changes nothing) {
  ask(1, "t");
  pass(std::chrono::milliseconds{9'900});
  CAF_CHECK(box.replies.empty());
  pass(std::chrono::milliseconds{200});
  CAF_REQUIRE_EQUAL(box.replies.size(), 1u);
  CAF_CHECK(box.replies[0].code == errc::timed_out);
  nodes[2].controller.leads = true;
  leads(2);
  pass(std::chrono::milliseconds{500});
  CAF_CHECK_EQUAL(box.replies.size(), 1u);
  CAF_CHECK(nodes[2].controller.asked.empty());
}

CAF_TEST(bytes that are no message change nothing) {
  nodes[2].controller.leads = true;
  leads(2);
  for (auto text : {"", "x", "a question that nobody can read, but that is long enough to be one"})
    caf::anon_send(nodes[2].access, peer_received{node_id{1}, peer_incarnation{1}, peer_service::controller,
                                                  bytes::copy_of(text), {}});
  ask(1, "t");
  pass(std::chrono::milliseconds{10});
  CAF_CHECK_EQUAL(box.replies.size(), 1u);
  CAF_CHECK_EQUAL(nodes[2].controller.asked.size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
