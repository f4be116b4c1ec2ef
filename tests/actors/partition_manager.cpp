#define CAF_SUITE partition_manager
#include "caf/test/dsl.hpp"

#include "actors/partition/partition_manager.hpp"
#include "tests/actors/partition_workshop.hpp"

using namespace troupe;

namespace {

view_subscriber::behavior_type viewer(view_subscriber::pointer, int* views) {
  return {[views](const view_update&) { ++*views; }};
}

struct fixture : partition_workshop {
  fixture() : supervision(std::make_shared<supervision_log>(clock)) {
    partition_manager_settings settings;
    settings.environment = environment;
    settings.table = std::make_shared<metrics::partition_table>();
    settings.supervision = supervision;
    manager = sys.spawn(partition_manager, std::move(settings), std::make_shared<recovered_partitions>());
    run();
  }
  ~fixture() {
    caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
    run();
  }

  view_subscriber subscribe(int& views) {
    auto subscriber = sys.spawn(viewer, &views);
    caf::anon_send(manager, view_subscription{subscriber});
    run();
    return subscriber;
  }

  /// A new image, though nothing in it has changed.
  void publish() {
    caf::anon_send(manager, metadata_update{metadata::metadata_image::empty(),
                                            std::make_shared<const metadata::metadata_delta>()});
    run();
  }

  supervision_log_ptr supervision;
  partition_manager_actor manager;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(partition_manager_tests, fixture)

CAF_TEST(subscribers that end are forgotten and the others go on) {
  int views_of_one = 0;
  int views_of_other = 0;
  auto one = subscribe(views_of_one);
  auto other = subscribe(views_of_other);
  publish();
  CAF_CHECK_EQUAL(views_of_one, 2);
  auto kept = caf::actor_cast<caf::weak_actor_ptr>(one);
  caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  one = nullptr;
  run();
  CAF_CHECK(kept.lock() == nullptr);
  publish();
  CAF_CHECK_EQUAL(views_of_one, 2);
  CAF_CHECK_EQUAL(views_of_other, 3);
  caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
}

CAF_TEST_FIXTURE_SCOPE_END()
