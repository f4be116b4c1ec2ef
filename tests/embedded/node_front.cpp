#define CAF_SUITE node_front
#include "caf/test/dsl.hpp"

#include "actors/node/node_front.hpp"

using namespace troupe;

namespace {

/// Answers nothing.
caf::behavior silent(caf::event_based_actor* self) {
  self->set_default_handler(caf::skip);
  return {[](const caf::error&) {}};
}

struct answers {
  std::vector<errc> controller;
  std::vector<errc> producer_ids;
};

using asker = producer_id_client::extend<caf::reacts_to<controller_reply>>;

asker::behavior_type listener(asker::pointer, answers* heard) {
  return {
      [heard](const producer_id_reply& reply) { heard->producer_ids.push_back(reply.code); },
      [heard](const controller_reply& reply) { heard->controller.push_back(reply.code); },
  };
}

struct fixture : test_coordinator_fixture<> {
  fixture() : front(sys.spawn(node_front, front_settings{})), me(sys.spawn(listener, &heard)) {}
  ~fixture() {
    lives.push_back(caf::actor_cast<caf::actor>(front));
    lives.push_back(caf::actor_cast<caf::actor>(me));
    for (auto& one : lives)
      anon_send_exit(one, caf::exit_reason::user_shutdown);
    sched.run();
  }

  /// A node that answers nothing is ready.
  void attach() {
    node_access node;
    auto life = sys.spawn(silent);
    lives.push_back(life);
    node.partitions = caf::actor_cast<partition_manager_actor>(life);
    node.view = std::make_shared<broker_view>();
    node.sessions.controller = caf::actor_cast<controller_actor>(life);
    node.sessions.options = std::make_shared<kafka::session_options>();
    node.sessions.producer_ids = caf::actor_cast<producer_id_actor>(life);
    anon_send(front, node_attached{std::move(node)});
    sched.run();
  }

  void ask() {
    anon_send(front, controller_request{{}, metadata::create_topics{}, me});
    anon_send(front, producer_id_request{{}, me});
    sched.run();
  }

  answers heard;
  node_front_actor front;
  asker me;
  std::vector<caf::actor> lives;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(node_front_tests, fixture)

CAF_TEST(without a node all that is asked is answered with busy) {
  ask();
  CAF_CHECK(heard.controller == std::vector{errc::busy});
  CAF_CHECK(heard.producer_ids == std::vector{errc::busy});
}

CAF_TEST(what a life of the node did not answer is answered when it ends) {
  attach();
  ask();
  CAF_CHECK(heard.controller.empty() && heard.producer_ids.empty());
  anon_send(front, node_detached{});
  sched.run();
  CAF_CHECK(heard.controller == std::vector{errc::busy});
  CAF_CHECK(heard.producer_ids == std::vector{errc::busy});
}

CAF_TEST(what a life of the node did not answer is answered when another one begins) {
  attach();
  ask();
  attach();
  CAF_CHECK(heard.controller == std::vector{errc::busy});
  CAF_CHECK(heard.producer_ids == std::vector{errc::busy});
}

CAF_TEST(a front that ends is not remembered by those who watch) {
  auto other = sys.spawn(node_front, front_settings{});
  auto kept = caf::actor_cast<caf::weak_actor_ptr>(other);
  auto watcher = sys.spawn([](view_subscriber::pointer) -> view_subscriber::behavior_type { return {[](const view_update&) {}}; });
  lives.push_back(caf::actor_cast<caf::actor>(watcher));
  anon_send(other, view_subscription{watcher});
  sched.run();
  anon_send_exit(other, caf::exit_reason::user_shutdown);
  other = nullptr;
  sched.run();
  CAF_CHECK(!kept.lock());
  CAF_CHECK_EQUAL(kept->weak_refs.load(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
