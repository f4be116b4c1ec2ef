#define CAF_SUITE quorum
#include "actors/controller/raft_driver.hpp"
#include "actors/simulated/simulated_peers.hpp"
#include "runtime/raft/codec.hpp"
#include "runtime/simulated/simulated_file_system.hpp"

#include <array>
#include <chrono>

#include "caf/test/dsl.hpp" // last: its macros have everyday names

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// A state machine that keeps the texts of its entries, and takes a snapshot when told to.
struct text_machine {
  std::vector<std::string> texts;
  raft::position applied;
  bool leads = false;
  int words = 0; ///< about leadership
  int snapshots = 0;

  bytes save() const {
    std::string all;
    for (auto& text : texts)
      all += text + "\n";
    return bytes::copy_of(all);
  }
  void restore(const raft::snapshot& from) {
    texts.clear();
    std::string line;
    for (auto c : from.state.view()) {
      if (c == '\n')
        texts.push_back(std::exchange(line, {}));
      else
        line += c;
    }
    applied = from.at;
    ++snapshots;
  }
};

controller_internal::behavior_type machine_actor(controller_internal::pointer, text_machine* machine) {
  return {
      [](const controller_request&) {},
      [machine](const raft_snapshot& m) { machine->restore(m.snapshot); },
      [machine](const raft_committed& m) {
        for (auto& entry : m.entries) {
          if (!entry.payload.empty())
            machine->texts.emplace_back(entry.payload.view());
          machine->applied = entry.at;
        }
      },
      [machine](const raft_leadership& m) {
        machine->leads = m.leading;
        ++machine->words;
      },
      [](const process_ended&) {},
      [](const node_heard&) {},
      [](broker_watch_due) {},
      [](leader_election_due) {},
  };
}

struct inbox {
  quorum_leader leader;
  std::vector<quorum_view> views;
  std::vector<quorum_change_reply> changes;
};

using listener_actor = quorum_subscriber::extend<caf::reacts_to<quorum_view>, caf::reacts_to<quorum_change_reply>>;

listener_actor::behavior_type listener(listener_actor::pointer, inbox* box) {
  return {
      [box](const quorum_leader& m) { box->leader = m; },
      [box](const quorum_view& m) { box->views.push_back(m); },
      [box](const quorum_change_reply& m) { box->changes.push_back(m); },
  };
}

struct fixture : test_coordinator_fixture<> {
  struct node {
    std::unique_ptr<test::simulated_file_system> disk;
    text_machine machine;
    inbox box;
    controller_internal controller;
    listener_actor ears;
    raft_driver_actor driver;
  };

  static constexpr int nodes_max = 5;

  fixture() : network(sys, 7, {}) {}

  ~fixture() {
    for (int id = 1; id <= nodes_max; ++id)
      if (at(id).driver)
        stop(id);
    pass(2s);
  }

  node& at(int id) { return nodes[static_cast<std::size_t>(id)]; }

  /// `voters` found the quorum; whoever is not among them observes.
  void start(int id, int voters, bool with_gate = true) {
    auto& one = at(id);
    if (!one.disk)
      one.disk = std::make_unique<test::simulated_file_system>(static_cast<std::uint64_t>(id));
    raft::config config;
    config.self = node_id{id};
    config.seed = static_cast<std::uint64_t>(id) * 1000 + ++lives;
    for (int voter = 1; voter <= voters; ++voter)
      config.voters.push_back(node_id{voter});
    auto opened = open_raft(*one.disk, "metadata", config);
    CAF_REQUIRE(opened.has_value());
    one.machine = {};
    one.box = {};
    one.controller = sys.spawn(machine_actor, &one.machine);
    one.ears = sys.spawn(listener, &one.box);
    peer_gate_actor gate;
    if (with_gate) {
      gate = network.open(node_id{id});
      peers_wanted wanted;
      for (int other = 1; other <= nodes_max; ++other)
        wanted.peers.push_back({node_id{other}, "", 0});
      caf::anon_send(gate, wanted);
    }
    one.driver = sys.spawn(raft_driver, std::make_shared<raft_start>(std::move(*opened)), gate);
    caf::anon_send(one.driver, quorum_subscription{one.ears});
    caf::anon_send(one.driver, raft_listener{one.controller});
  }

  /// The process is gone; what it had not synced is not lost by that.
  void stop(int id) {
    auto& one = at(id);
    network.close(node_id{id});
    caf::anon_send_exit(one.driver, caf::exit_reason::kill);
    caf::anon_send_exit(one.controller, caf::exit_reason::kill);
    caf::anon_send_exit(one.ears, caf::exit_reason::kill);
    one.driver = nullptr;
    one.controller = nullptr;
    one.ears = nullptr;
    sched.run();
    one.disk->restart();
  }

  void pass(std::chrono::microseconds time) {
    for (std::chrono::microseconds step{1'000}; time.count() > 0; time -= step) {
      sched.run();
      sched.advance_time(step);
    }
    sched.run();
  }

  int leader() {
    int found = 0;
    for (int id = 1; id <= nodes_max; ++id)
      if (at(id).driver && at(id).machine.leads)
        found = id;
    return found;
  }

  /// How long it takes until somebody leads, in ms; 10,000 if nobody does.
  int wait_for_leader() {
    int waited = 0;
    for (; leader() == 0 && waited < 10'000; ++waited)
      pass(1ms);
    return waited;
  }

  void propose(int id, const std::string& text) {
    caf::anon_send(at(id).driver, raft_proposal{bytes::copy_of(text)});
    pass(10ms);
  }

  void three() {
    for (int id = 1; id <= 3; ++id)
      start(id, 3);
    CAF_CHECK(wait_for_leader() < 1'000);
    propose(leader(), "a");
    pass(200ms);
  }

  simulated::simulated_network network;
  std::array<node, nodes_max + 1> nodes;
  std::uint64_t lives = 0;
};

using texts = std::vector<std::string>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(quorum_tests, fixture)

CAF_TEST(three empty nodes find each other and elect and commit everywhere) {
  three();
  for (int id = 1; id <= 3; ++id) {
    CAF_CHECK(at(id).machine.texts == texts{"a"});
    CAF_CHECK_EQUAL(at(id).box.leader.leader.value(), leader());
    CAF_CHECK_EQUAL(at(id).machine.leads, id == leader());
    CAF_CHECK(at(id).machine.words > 0); // who does not lead is told so
  }
}

CAF_TEST(when the leaders process ends the log goes on at once) {
  three();
  auto before = leader();
  stop(before);
  auto waited = wait_for_leader();
  CAF_MESSAGE(waited << " ms");
  CAF_CHECK(waited <= 20);
  auto after = leader();
  CAF_CHECK(after != before);
  propose(after, "b");
  pass(200ms);
  for (int id = 1; id <= 3; ++id)
    if (id != before) {
      CAF_CHECK((at(id).machine.texts == texts{"a", "b"}));
      CAF_CHECK_EQUAL(at(id).box.leader.leader.value(), after);
    }
  start(before, 3);
  pass(1s);
  CAF_CHECK((at(before).machine.texts == texts{"a", "b"}));
  CAF_CHECK_EQUAL(leader(), after); // nobody was disturbed
}

CAF_TEST(each of many deaths is followed at once) {
  three();
  for (int i = 0; i < 100; ++i) {
    auto before = leader();
    stop(before);
    CAF_CHECK(wait_for_leader() < 20);
    pass(std::chrono::milliseconds{20 + i * 7 % 400});
    start(before, 3);
    pass(std::chrono::milliseconds{300 + i * 13 % 900});
  }
}

CAF_TEST(who was alone has a leader as soon as one comes back) {
  three();
  for (int i = 0; i < 60; ++i) {
    auto first = leader(), second = (first + i % 2) % 3 + 1;
    stop(first);
    stop(second);
    pass(std::chrono::milliseconds{5 + i * 37 % 1'000}); // in any state of its own attempts
    CAF_CHECK_EQUAL(leader(), 0);
    start(i % 3 ? second : first, 3);
    auto waited = wait_for_leader();
    CAF_CHECK_LESS_OR_EQUAL(waited, 50);
    start(i % 3 ? first : second, 3);
    pass(std::chrono::milliseconds{300 + i * 13 % 900});
  }
}

CAF_TEST(a leader that falls silent is replaced and gives up itself) {
  three();
  auto before = leader();
  for (int id = 1; id <= 3; ++id)
    if (id != before)
      network.cut(node_id{before}, node_id{id});
  propose(before, "lost");
  at(before).machine.leads = false; // not counted by leader()
  auto waited = wait_for_leader();
  CAF_MESSAGE(waited << " ms");
  CAF_CHECK(waited >= 150 && waited < 1'000);
  propose(leader(), "b");
  pass(1s);
  CAF_CHECK(!at(before).machine.leads);
  CAF_CHECK_EQUAL(at(before).box.leader.leader.value(), -1);
  network.heal_all();
  pass(1s);
  for (int id = 1; id <= 3; ++id)
    CAF_CHECK((at(id).machine.texts == texts{"a", "b"}));
}

CAF_TEST(an observer has the log and follows the next leader) {
  three();
  start(4, 3);
  pass(300ms);
  CAF_CHECK(at(4).machine.texts == texts{"a"});
  CAF_CHECK_EQUAL(at(4).box.leader.leader.value(), leader());
  stop(leader());
  wait_for_leader();
  propose(leader(), "b");
  pass(500ms);
  CAF_CHECK((at(4).machine.texts == texts{"a", "b"}));
  CAF_CHECK_EQUAL(at(4).box.leader.leader.value(), leader());
  // Started again it knows the log before it has reached anybody.
  pass(2s);
  stop(4);
  for (int id = 1; id <= 3; ++id)
    if (at(id).driver)
      stop(id);
  start(4, 3);
  pass(1s);
  CAF_CHECK((at(4).machine.texts == texts{"a", "b"}));
}

CAF_TEST(one vote is enough where one is all and its observers are told) {
  start(1, 1);
  CAF_CHECK(wait_for_leader() <= 1);
  propose(1, "a");
  start(2, 1);
  pass(500ms);
  CAF_CHECK(at(2).machine.texts == texts{"a"});
  propose(1, "b");
  pass(50ms);
  CAF_CHECK((at(2).machine.texts == texts{"a", "b"}));
}

CAF_TEST(no time passes for who is alone) {
  start(1, 1, false);
  sched.run();
  CAF_CHECK(at(1).machine.leads);
  propose(1, "a");
  CAF_CHECK(at(1).machine.texts == texts{"a"});
  pass(3s);
  CAF_CHECK(!sched.has_pending_timeout());
}

CAF_TEST(a snapshot reaches who has missed what it covers) {
  three();
  auto lost = leader() == 3 ? 2 : 3;
  stop(lost);
  for (int i = 0; i < 20; ++i)
    propose(leader(), "text " + std::to_string(i));
  auto& machine = at(leader()).machine;
  caf::anon_send(at(leader()).driver, snapshot_taken{machine.applied, machine.save()});
  propose(leader(), "after");
  start(lost, 3);
  pass(1s);
  CAF_CHECK_EQUAL(at(lost).machine.texts.size(), 22u);
  CAF_CHECK(at(lost).machine.texts == machine.texts);
  CAF_CHECK(at(lost).machine.snapshots > 1);
  stop(lost);
  start(lost, 3);
  pass(1s);
  CAF_CHECK(at(lost).machine.texts == machine.texts);
}

CAF_TEST(all stop and start and nothing is lost) {
  three();
  propose(leader(), "b");
  pass(200ms);
  for (int id = 1; id <= 3; ++id)
    stop(id);
  for (int id = 1; id <= 3; ++id)
    start(id, 3);
  CAF_CHECK(wait_for_leader() <= 50);
  pass(500ms);
  for (int id = 1; id <= 3; ++id)
    CAF_CHECK((at(id).machine.texts == texts{"a", "b"}));
}

CAF_TEST(a lost disk is replaced) {
  three();
  auto lost = leader() == 3 ? 2 : 3;
  stop(lost);
  at(lost).disk.reset();
  start(lost, 3);
  pass(1s);
  CAF_CHECK(at(lost).machine.texts == texts{"a"});
  // It counts again: with it alone the leader has a majority.
  stop(6 - leader() - lost);
  propose(leader(), "b");
  pass(200ms);
  CAF_CHECK((at(lost).machine.texts == texts{"a", "b"}));
}

CAF_TEST(an observer becomes a voter and the first one leaves) {
  three();
  start(4, 3);
  pass(500ms);
  auto first = leader();
  caf::anon_send(at(first).driver, quorum_change{{}, node_id{4}, true, at(first).ears});
  pass(100ms);
  CAF_REQUIRE_EQUAL(at(first).box.changes.size(), 1u);
  CAF_CHECK(at(first).box.changes[0].code == errc::none);
  caf::anon_send(at(first).driver, quorum_question{{}, at(first).ears});
  pass(10ms);
  auto& view = at(first).box.views.at(0);
  CAF_CHECK_EQUAL(std::count_if(view.nodes.begin(), view.nodes.end(), [](auto& n) { return n.votes; }), 4);
  CAF_CHECK(view.committed == view.last);
  CAF_CHECK(std::all_of(view.nodes.begin(), view.nodes.end(), [&](auto& n) { return n.match == view.last; }));
  caf::anon_send(at(first).driver, quorum_change{{}, node_id{first}, false, at(first).ears});
  pass(300ms);
  CAF_CHECK(leader() != 0 && leader() != first);
  CAF_REQUIRE_EQUAL(at(first).box.changes.size(), 2u); // a majority of the others has it
  CAF_CHECK(at(first).box.changes[1].code == errc::none);
  caf::anon_send(at(first).driver, quorum_change{{}, node_id{4}, false, at(first).ears});
  pass(10ms);
  CAF_CHECK(at(first).box.changes.back().code == errc::not_leader);
  propose(leader(), "b");
  pass(200ms);
  CAF_CHECK((at(first).machine.texts == texts{"a", "b"})); // it observes
}

CAF_TEST(a voter is removed and added back and a change without a majority waits) {
  three();
  auto first = leader();
  auto gone = first == 3 ? 2 : 3;
  auto change = [&](bool adds, raft::disk_id disk = {}, bool when_committed = true) {
    auto before = at(first).box.changes.size();
    caf::anon_send(at(first).driver,
                   quorum_change{{}, node_id{gone}, adds, at(first).ears, disk, when_committed});
    pass(100ms);
    return at(first).box.changes.size() > before ? at(first).box.changes.back().code : errc::timed_out;
  };
  auto view = [&] {
    caf::anon_send(at(first).driver, quorum_question{{}, at(first).ears});
    pass(10ms);
    return at(first).box.views.back();
  };
  auto disk_of = [&] {
    for (auto& node : view().nodes)
      if (node.node == node_id{gone})
        return node.disk;
    return raft::disk_id{};
  };
  auto disk = disk_of();
  CAF_CHECK(disk != raft::disk_id{});
  CAF_CHECK(change(true) == errc::already_exists);
  CAF_CHECK(change(false, raft::disk_id{disk.value() + 1}) == errc::not_found);
  CAF_CHECK(change(false, disk) == errc::none);
  CAF_CHECK(change(false) == errc::not_found);
  CAF_CHECK(disk_of() == disk); // it observes with the same one
  CAF_CHECK(change(true, raft::disk_id{disk.value() + 1}) == errc::invalid_argument);
  CAF_CHECK(change(true, disk) == errc::none);
  stop(6 - first - gone);
  stop(gone);
  CAF_CHECK(change(false, disk, false) == errc::none); // under way: that is all that was asked for
  CAF_CHECK(change(false) == errc::busy);
}

CAF_TEST(leadership is handed over before a clean stop) {
  three();
  auto before = leader();
  caf::anon_send(at(before).driver, hand_over_quorum{});
  pass(30ms);
  CAF_CHECK(!at(before).machine.leads);
  CAF_CHECK(leader() != 0);
}

CAF_TEST(bytes that are no message change nothing) {
  three();
  auto id = leader();
  auto term = at(id).box.leader.term;
  raft::message spoof;
  spoof.type = raft::message_type::heartbeat_reply;
  spoof.from = node_id{id == 1 ? 2 : 1};
  spoof.to = node_id{id};
  spoof.term = raft::term{99};
  for (auto head : {bytes{}, bytes::copy_of("x"), bytes::copy_of(std::string(100, '\xff')), raft::encode(spoof)})
    caf::anon_send(at(id).driver, peer_received{node_id{5}, peer_incarnation{1}, peer_service::raft, head, {}});
  pass(300ms);
  CAF_CHECK_EQUAL(leader(), id);
  CAF_CHECK(at(id).box.leader.term == term);
}

CAF_TEST_FIXTURE_SCOPE_END()
