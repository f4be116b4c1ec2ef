#define CAF_SUITE disk
#include "caf/test/dsl.hpp"

#include "actors/partition/disk.hpp"
#include "runtime/simulated/simulated_file_system.hpp"

using namespace troupe;

namespace {

struct fixture : test_coordinator_fixture<> {
  fixture() {
    storage::journal_options options;
    options.directory = "/data/journal";
    options.directory_id[0] = 1;
    options.file_size_bytes = 1 << 20;
    options.group_max_bytes = 1 << 16;
    CAF_REQUIRE(files.make_directories("/data"));
    auto opened = storage::journal::open(files, options, [](const storage::journal_entry&) {});
    CAF_REQUIRE(opened);
    one = sys.spawn(disk, std::shared_ptr<storage::journal>{std::move(opened->log)}, &files, "/data",
                    std::make_shared<storage_metrics>());
    self->monitor(one);
  }
  ~fixture() {
    caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    sched.run();
  }

  /// Long enough for the disk to find that it has nothing to do.
  void idle() {
    caf::anon_send(one, journal_member{});
    sched.run();
    for (int i = 0; i < 20; ++i) {
      sched.advance_time(std::chrono::milliseconds{100});
      sched.run();
    }
  }

  bool has_ended() {
    bool ended = false;
    self->receive([&](const caf::down_msg& down) { ended = down.reason == caf::exit_reason::unhandled_exception; },
                  caf::after(std::chrono::seconds{0}) >> [] {});
    return ended;
  }

  test::simulated_file_system files;
  disk_actor one;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(disk_tests, fixture)

CAF_TEST(a journal that breaks while nobody writes ends the disk at once) {
  files.fail_always("write", "/journal", errc::io_error);
  idle();
  CAF_CHECK(has_ended());
}

CAF_TEST(a disk that is full while nobody writes is no reason to end) {
  files.fail_always("write", "/journal", errc::no_space);
  idle();
  CAF_CHECK(!has_ended());
}

CAF_TEST_FIXTURE_SCOPE_END()
