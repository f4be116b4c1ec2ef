#define CAF_SUITE controller
#include "actors/controller/controller.hpp"
#include "actors/controller/metadata_cache.hpp"
#include "actors/testing/virtual_clock.hpp"

#include <chrono>

#include "caf/test/dsl.hpp" // last: its macros have everyday names

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// A log that commits at once what is proposed, for one controller.
struct instant_log {
  controller_internal controller;
  std::uint64_t last = 0;
};

raft_driver_actor::behavior_type log_actor(raft_driver_actor::pointer self, instant_log* log) {
  return {
      [self, log](const raft_listener& m) {
        log->controller = m.controller;
        self->send(m.controller, raft_snapshot{});
      },
      [self, log](const raft_proposal& m) {
        raft::entry entry;
        entry.at.index = raft::log_index{++log->last};
        entry.at.term = raft::term{1};
        entry.payload = m.payload;
        self->send(log->controller, raft_committed{{entry}});
      },
      [](const snapshot_taken&) {},
      [](const quorum_subscription&) {},
      [](const quorum_change&) {},
      [](const quorum_question&) {},
      [](hand_over_quorum) {},
      [](const peer_received&) {},
      [](const peer_status&) {},
      [](raft_tick) {},
      [](raft_campaign) {},
      [](raft_round) {},
      [](raft_idle_check) {},
  };
}

using news_actor = caf::typed_actor<caf::reacts_to<metadata_update>, caf::reacts_to<controller_reply>>;

struct news {
  std::shared_ptr<const metadata::metadata_image> image;
  std::vector<controller_reply> replies;
};

news_actor::behavior_type reader_of(news_actor::pointer, news* box) {
  return {
      [box](const metadata_update& m) { box->image = m.image; },
      [box](const controller_reply& m) { box->replies.push_back(m); },
  };
}

struct fixture : test_coordinator_fixture<> {
  fixture() {
    cache = sys.spawn(metadata_cache);
    reader = sys.spawn(reader_of, &box);
    raft = sys.spawn(log_actor, &log);
    controller_settings settings{metadata::controller_config{}, raft, cache, &clock, true};
    one = sys.spawn(controller, std::move(settings));
    caf::anon_send(cache, metadata_subscription{reader});
    pass(1s);
    caf::anon_send(one, raft_leadership{true});
    ask(metadata::form_cluster{"here"});
    for (int id : {1, 2, 3}) {
      metadata::register_broker broker;
      broker.node = node_id{id};
      broker.incarnation = metadata::broker_incarnation{static_cast<std::uint64_t>(id)};
      broker.endpoints = {{"kafka", "127.0.0.1", 9092}};
      broker.storage_kept = true;
      broker.fenced = true;
      ask(broker);
      beat(id);
    }
  }

  ~fixture() {
    for (auto& actor : {caf::actor_cast<caf::actor>(cache), caf::actor_cast<caf::actor>(reader),
                        caf::actor_cast<caf::actor>(raft), caf::actor_cast<caf::actor>(one)})
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    log.controller = nullptr;
    sched.run();
  }

  void ask(metadata::command what) {
    caf::anon_send(one, controller_request{{}, std::move(what), reader});
    sched.run();
  }

  void beat(int id) {
    ask(metadata::broker_heartbeat{node_id{id}, box.image->find_broker(node_id{id})->epoch, box.image->version()});
  }

  bool is_fenced(int id) { return box.image->find_broker(node_id{id})->fenced; }

  void pass(std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= 1ms) {
      sched.run();
      sched.advance_time(1ms);
    }
    sched.run();
  }

  /// Time passes, and these brokers say that they live.
  void pass_with(std::chrono::milliseconds time, std::initializer_list<int> living) {
    for (; time.count() > 0; time -= 50ms) {
      for (int id : living)
        beat(id);
      pass(50ms);
    }
  }

  /// Another node led meanwhile, and does not any more.
  void lead_anew() {
    caf::anon_send(one, raft_leadership{false});
    caf::anon_send(one, raft_leadership{true});
    sched.run();
  }

  testing::virtual_clock clock{sched.clock()};
  instant_log log;
  news box;
  metadata_cache_actor cache;
  news_actor reader;
  raft_driver_actor raft;
  controller_internal one;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(controller_tests, fixture)

CAF_TEST(a broker that says nothing for the session timeout is fenced) {
  CAF_CHECK(!is_fenced(1) && !is_fenced(2) && !is_fenced(3));
  pass_with(1450ms, {1, 2});
  CAF_CHECK(!is_fenced(3));
  pass_with(100ms, {1, 2});
  CAF_CHECK(is_fenced(3) && !is_fenced(1) && !is_fenced(2));
}

CAF_TEST(who fell silent with the last leader is not given its time anew) {
  // Node 3 stands still from now on; another controller is elected, and its connection is given up after a second.
  pass_with(400ms, {1, 2});
  lead_anew();
  pass_with(600ms, {1, 2});
  caf::anon_send(one, node_heard{node_id{3}, false, 1000});
  pass_with(450ms, {1, 2});
  CAF_CHECK(!is_fenced(3));
  pass_with(100ms, {1, 2});
  CAF_CHECK(is_fenced(3) && !is_fenced(1) && !is_fenced(2));
}

CAF_TEST(what was known of silence before this node led counts when it leads) {
  pass_with(1000ms, {1, 2});
  caf::anon_send(one, raft_leadership{false});
  caf::anon_send(one, node_heard{node_id{3}, false, 1000});
  caf::anon_send(one, node_heard{node_id{2}, false, 1000});
  caf::anon_send(one, node_heard{node_id{2}, true, 0});
  pass(300ms);
  caf::anon_send(one, raft_leadership{true});
  pass(150ms);
  CAF_CHECK(!is_fenced(3));
  pass(100ms);
  CAF_CHECK(is_fenced(3) && !is_fenced(1) && !is_fenced(2));
}

CAF_TEST(where nobody listens when this node begins to lead nobody lives) {
  caf::anon_send(one, raft_leadership{false});
  caf::anon_send(one, process_ended{node_id{3}, std::nullopt}); // this node has started again, and never met them
  caf::anon_send(one, process_ended{node_id{2}, std::nullopt});
  caf::anon_send(one, node_heard{node_id{2}, true, 0}); // it was only late
  pass(100ms);
  caf::anon_send(one, raft_leadership{true});
  pass(10ms);
  CAF_CHECK(is_fenced(3) && !is_fenced(1) && !is_fenced(2));
}

CAF_TEST(a lost connection alone fences nobody who is heard in another way) {
  caf::anon_send(one, node_heard{node_id{3}, false, 1400});
  pass_with(3000ms, {1, 2, 3});
  CAF_CHECK(!is_fenced(3));
}

CAF_TEST_FIXTURE_SCOPE_END()
