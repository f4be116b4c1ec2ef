#define CAF_SUITE broker_registration
#include "actors/controller/broker_registration.hpp"
#include "actors/controller/metadata_cache.hpp"
#include "actors/testing/virtual_clock.hpp"

#include "caf/test/dsl.hpp" // last: its macros have everyday names

using namespace troupe;

namespace {

/// The answers that a controller would give, and what it was asked.
struct script {
  std::string cluster_id = "c";
  errc code = errc::none; ///< of all answers
  error registering;
  error heartbeat;
  bool fenced = true;
  bool should_shutdown = false;
  bool silent = false; ///< nobody is there to answer
  int registered = 0;
  std::vector<metadata::broker_heartbeat> heartbeats;
};

controller_actor::behavior_type scripted(controller_actor::pointer self, script* says) {
  return {[self, says](const controller_request& m) {
    if (says->silent)
      return;
    controller_reply reply{m.tag, says->code, {}, metadata::metadata_version{5}};
    if (std::holds_alternative<metadata::form_cluster>(m.what)) {
      reply.what = metadata::form_cluster_reply{says->cluster_id};
    } else if (std::holds_alternative<metadata::register_broker>(m.what)) {
      ++says->registered;
      reply.what = metadata::register_broker_reply{says->registering, metadata::broker_epoch{says->registered}};
    } else if (auto* beat = std::get_if<metadata::broker_heartbeat>(&m.what)) {
      says->heartbeats.push_back(*beat);
      reply.what = metadata::broker_heartbeat_reply{says->heartbeat, says->fenced, says->should_shutdown, true};
    }
    self->send(m.reply_to, std::move(reply));
  }};
}

struct heard {
  std::vector<broker_registered> registered;
  std::vector<std::string> refused;
  int released = 0;
};

registration_owner::behavior_type owner(registration_owner::pointer, heard* box) {
  return {[box](const broker_registered& m) { box->registered.push_back(m); },
          [box](const broker_refused& m) { box->refused.push_back(m.why); }, [box](broker_released) { ++box->released; }};
}

struct fixture : test_coordinator_fixture<> {
  ~fixture() {
    for (auto& actor : all)
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    sched.run();
  }

  template <class Actor>
  Actor keep(Actor actor) {
    all.push_back(caf::actor_cast<caf::actor>(actor));
    return actor;
  }

  void start(bool alone = false, std::string own_cluster = "") {
    broker_registration_settings settings;
    settings.controller = keep(sys.spawn(scripted, &says));
    cache = keep(sys.spawn(metadata_cache));
    settings.cache = cache;
    settings.owner = keep(sys.spawn(owner, &box));
    settings.broker.node = node_id{3};
    settings.broker.cluster_id = std::move(own_cluster);
    settings.clock = &clock;
    settings.lease = lease;
    settings.lease_time = std::chrono::milliseconds{1200};
    if (!alone)
      settings.heartbeat_interval = std::chrono::milliseconds{250};
    one = keep(sys.spawn(broker_registration, std::move(settings)));
    sched.run();
  }

  void pass(std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= std::chrono::milliseconds{10}) {
      sched.advance_time(std::chrono::milliseconds{10});
      sched.run();
    }
  }

  testing::virtual_clock clock{sched.clock()};
  broker_lease_ptr lease = std::make_shared<broker_lease>();
  script says;
  heard box;
  metadata_cache_actor cache;
  broker_registration_actor one;
  std::vector<caf::actor> all;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(broker_registration_tests, fixture)

CAF_TEST(a broker registers and says that it lives and can serve) {
  start();
  CAF_REQUIRE_EQUAL(box.registered.size(), 1u);
  CAF_CHECK_EQUAL(box.registered[0].cluster_id, "c");
  CAF_CHECK_EQUAL(box.registered[0].version.value(), 5u);
  CAF_REQUIRE_EQUAL(says.heartbeats.size(), 1u);
  CAF_CHECK(says.heartbeats[0].wants_fence);
  caf::anon_send(one, broker_can_serve{});
  sched.run();
  CAF_CHECK(!says.heartbeats.back().wants_fence);
  auto before = says.heartbeats.size();
  pass(std::chrono::milliseconds{1'000});
  CAF_CHECK_EQUAL(says.heartbeats.size(), before + 4);
}

CAF_TEST(the lease lasts from the last sign of life that was heard) {
  start();
  says.fenced = false;
  caf::anon_send(one, broker_can_serve{});
  sched.run();
  auto heard_ns = clock.monotonic_ns();
  auto holds_at = [&](std::int64_t after_ms) { return lease->holds(heard_ns + after_ms * ns_per_ms); };
  CAF_CHECK(holds_at(1199));
  CAF_CHECK(!holds_at(1200));
  says.silent = true; // the answer to a later one does not come
  pass(std::chrono::milliseconds{600});
  CAF_CHECK(!holds_at(1200));
  says.silent = false;
  pass(std::chrono::milliseconds{300});
  CAF_CHECK(holds_at(1200));
  says.fenced = true;
  pass(std::chrono::milliseconds{300});
  CAF_CHECK(!lease->holds(clock.monotonic_ns()));
}

CAF_TEST(who has stood still does not trust the first answers) {
  start();
  says.fenced = false;
  caf::anon_send(one, broker_can_serve{});
  sched.run();
  CAF_CHECK(lease->holds(clock.monotonic_ns()));
  sched.advance_time(std::chrono::milliseconds{1'500}); // as if nothing had run
  sched.run();
  CAF_CHECK(!lease->holds(clock.monotonic_ns()));
  pass(std::chrono::milliseconds{900});
  CAF_CHECK(!lease->holds(clock.monotonic_ns()));
  pass(std::chrono::milliseconds{300});
  CAF_CHECK(lease->holds(clock.monotonic_ns()));
}

CAF_TEST(who is alone is registered at once and sends no heartbeats) {
  start(true);
  caf::anon_send(one, broker_can_serve{});
  pass(std::chrono::milliseconds{2'000});
  CAF_CHECK_EQUAL(box.registered.size(), 1u);
  CAF_CHECK(says.heartbeats.empty());
  caf::anon_send(one, leave_cluster{});
  sched.run();
  CAF_CHECK_EQUAL(box.released, 1);
}

CAF_TEST(a fenced broker speaks as soon as it has newer metadata) {
  start();
  caf::anon_send(one, broker_can_serve{});
  sched.run();
  auto before = says.heartbeats.size();
  auto image = metadata::metadata_image::empty();
  caf::anon_send(cache, metadata_update{image, std::make_shared<metadata::metadata_delta>()});
  sched.run();
  CAF_CHECK_EQUAL(says.heartbeats.size(), before + 1);
  says.fenced = false;
  pass(std::chrono::milliseconds{250});
  before = says.heartbeats.size();
  caf::anon_send(cache, metadata_update{image, std::make_shared<metadata::metadata_delta>()});
  sched.run();
  CAF_CHECK_EQUAL(says.heartbeats.size(), before);
}

CAF_TEST(a controller that is not there is asked again) {
  says.code = errc::timed_out;
  start();
  pass(std::chrono::milliseconds{500});
  CAF_CHECK(box.registered.empty());
  CAF_CHECK(box.refused.empty());
  says.code = errc::none;
  pass(std::chrono::milliseconds{100});
  CAF_CHECK_EQUAL(box.registered.size(), 1u);
}

CAF_TEST(a broker that was forgotten registers anew) {
  start();
  says.heartbeat = {errc::unknown_broker, ""};
  pass(std::chrono::milliseconds{250});
  says.heartbeat = {};
  pass(std::chrono::milliseconds{100});
  CAF_CHECK_EQUAL(box.registered.size(), 2u);
  pass(std::chrono::milliseconds{250});
  CAF_CHECK_EQUAL(says.heartbeats.back().epoch.value(), 2);
}

CAF_TEST(an earlier process of the node is waited for and another node with its id is not) {
  says.registering = {errc::duplicate_broker, ""};
  start();
  pass(std::chrono::milliseconds{9'000});
  CAF_CHECK(box.refused.empty());
  pass(std::chrono::milliseconds{1'500});
  CAF_REQUIRE_EQUAL(box.refused.size(), 1u);
  CAF_CHECK(box.refused[0].find("under the id 3") != std::string::npos);
  CAF_CHECK(box.registered.empty());
}

CAF_TEST(data of another cluster are refused) {
  start(false, "another");
  CAF_REQUIRE_EQUAL(box.refused.size(), 1u);
  CAF_CHECK(box.refused[0].find("another") != std::string::npos);
  CAF_CHECK_EQUAL(says.registered, 0);
}

CAF_TEST(who leaves waits until nobody waits for it) {
  start();
  caf::anon_send(one, broker_can_serve{});
  caf::anon_send(one, leave_cluster{});
  pass(std::chrono::milliseconds{100});
  CAF_CHECK(says.heartbeats.back().wants_shutdown);
  CAF_CHECK_EQUAL(box.released, 0);
  says.should_shutdown = true;
  pass(std::chrono::milliseconds{30});
  CAF_CHECK_EQUAL(box.released, 1);
  auto before = says.heartbeats.size();
  pass(std::chrono::milliseconds{1'000});
  CAF_CHECK_EQUAL(says.heartbeats.size(), before);
  CAF_CHECK_EQUAL(box.released, 1);
}

CAF_TEST(who leaves does not wait for others that are gone) {
  start();
  says.silent = true;
  caf::anon_send(one, leave_cluster{});
  pass(std::chrono::milliseconds{900});
  CAF_CHECK_EQUAL(box.released, 0);
  pass(std::chrono::milliseconds{200});
  CAF_CHECK_EQUAL(box.released, 1);
}

CAF_TEST_FIXTURE_SCOPE_END()
