#define CAF_SUITE simulated_disk
#include "caf/test/unit_test.hpp"

#include "runtime/storage/aligned_buffer.hpp"
#include "runtime/simulated/simulated_file_system.hpp"

#include <algorithm>
#include <set>

using namespace troupe;
using test::simulated_file_system;

namespace {

constexpr storage::open_options for_writing{.create = true, .write = true};

std::string text(simulated_file_system& fs, const std::string& path) { return fs.content(path).value_or("(missing)"); }

void put(simulated_file_system& fs, const std::string& path, std::string_view data, bool sync) {
  auto f = fs.open(path, for_writing);
  CAF_REQUIRE(f);
  CAF_REQUIRE((*f)->write_at(0, data));
  if (sync)
    CAF_REQUIRE((*f)->sync());
}

} // namespace

CAF_TEST(a power cut keeps what was synced and decides about the rest by chance) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    simulated_file_system fs{seed};
    put(fs, "a", std::string(1024, 'x'), true);
    CAF_REQUIRE(fs.sync_directory("."));
    put(fs, "a", std::string(1024, 'y'), false);
    random_source random{seed};
    fs.power_cut(random);
    CAF_CHECK(!fs.exists("a"));
    fs.restart();
    auto now = text(fs, "a");
    CAF_REQUIRE_EQUAL(now.size(), 1024u);
    CAF_CHECK(now.find_first_not_of("xy") == std::string::npos);
    seen.insert(now);
  }
  CAF_CHECK(seen.contains(std::string(1024, 'x')));
  CAF_CHECK(seen.contains(std::string(1024, 'y')));
  CAF_CHECK(seen.contains(std::string(512, 'x') + std::string(512, 'y')));
  CAF_CHECK(seen.contains(std::string(512, 'y') + std::string(512, 'x')));
  auto torn = std::any_of(seen.begin(), seen.end(), [](auto& s) {
    return s.substr(0, 512) != std::string(512, 'x') && s.substr(0, 512) != std::string(512, 'y');
  });
  CAF_CHECK(torn);
}

CAF_TEST(what is durable can be looked at before the power goes) {
  simulated_file_system fs;
  put(fs, "a", std::string(1024, 'x'), true);
  put(fs, "unsynced name", "1", true);
  CAF_CHECK(fs.durable_copy()->content("a") == std::nullopt);
  CAF_REQUIRE(fs.sync_directory("."));
  put(fs, "a", std::string(600, 'y'), false);
  put(fs, "another", "2", true);
  auto copy = fs.durable_copy();
  CAF_CHECK_EQUAL(copy->content("a").value_or(""), std::string(1024, 'x'));
  CAF_CHECK_EQUAL(copy->content("unsynced name").value_or(""), "1");
  CAF_CHECK(copy->content("another") == std::nullopt);
  std::string told;
  fs.on_durable_write = [&](const std::string& path, std::string_view data) { told += path + ":" + std::string{data} + " "; };
  put(fs, "a", "3", true);
  CAF_REQUIRE((*fs.open("a", {.write = true, .data_sync = true}))->write_at(0, "45"));
  CAF_CHECK_EQUAL(told, "a:45 ");
  CAF_CHECK_EQUAL(fs.durable_copy()->content("a").value_or("").substr(0, 3), "45y");
}

CAF_TEST(a synced file in an unsynced directory can vanish and a rename can be undone) {
  int vanished = 0;
  int undone = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    simulated_file_system fs{seed};
    put(fs, "new", "1", true);
    put(fs, "old", "2", true);
    CAF_REQUIRE(fs.sync_directory("."));
    CAF_REQUIRE(fs.rename("new", "old"));
    put(fs, "third", "3", true);
    random_source random{seed};
    fs.power_cut(random);
    fs.restart();
    vanished += !fs.content("third");
    auto names = fs.list(".");
    CAF_REQUIRE(names);
    auto is_undone = fs.content("new").has_value();
    CAF_CHECK_EQUAL(text(fs, "old"), is_undone ? "2" : "1");
    undone += is_undone;
  }
  CAF_CHECK(vanished > 10 && vanished < 90);
  CAF_CHECK(undone > 10 && undone < 90);
}

CAF_TEST(a write with data sync is durable when it has returned and only then) {
  int lost = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    simulated_file_system fs{seed};
    auto f = fs.open("a", {.create = true, .write = true, .data_sync = true});
    CAF_REQUIRE(f);
    CAF_REQUIRE(fs.sync_directory("."));
    CAF_REQUIRE((*f)->write_at(0, std::string(2000, 'x')));
    fs.crash_after(0);
    CAF_CHECK(!(*f)->write_at(2000, std::string(2000, 'y')));
    CAF_CHECK(fs.is_off());
    random_source random{seed};
    fs.power_cut(random);
    fs.restart();
    auto now = text(fs, "a");
    CAF_REQUIRE(now.size() >= 2000);
    CAF_CHECK_EQUAL(now.substr(0, 2000), std::string(2000, 'x'));
    lost += now.size() == 2000;
    CAF_CHECK(!(*f)->write_at(0, "z"));
  }
  CAF_CHECK(lost > 0 && lost < 100);
}

CAF_TEST(a restart without a cut loses nothing but open files and locks) {
  simulated_file_system fs;
  put(fs, "a", "unsynced", false);
  auto held = fs.lock("lock");
  CAF_REQUIRE(held);
  CAF_CHECK(fs.lock("lock").error() == errc::in_use);
  fs.restart();
  CAF_CHECK_EQUAL(text(fs, "a"), "unsynced");
  auto again = fs.lock("lock");
  CAF_CHECK(again);
  again->reset();
  CAF_CHECK(fs.lock("lock"));
}

CAF_TEST(a sync that fails loses the dirty pages and the next one succeeds) {
  simulated_file_system fs;
  put(fs, "a", "old!", true);
  auto f = fs.open("a", for_writing);
  CAF_REQUIRE(f);
  CAF_REQUIRE((*f)->write_at(0, "new!"));
  fs.fail_after(0, errc::io_error);
  CAF_CHECK((*f)->sync().error() == errc::io_error);
  CAF_CHECK((*f)->sync());
  CAF_CHECK_EQUAL(text(fs, "a"), "old!");
}

CAF_TEST(the disk fills up and has room again after a removal) {
  simulated_file_system fs;
  fs.set_capacity(1000);
  put(fs, "a", std::string(600, 'x'), true);
  auto f = fs.open("b", for_writing);
  CAF_REQUIRE(f);
  CAF_CHECK((*f)->write_at(0, std::string(600, 'x')).error() == errc::no_space);
  CAF_CHECK((*f)->allocate(600).error() == errc::no_space);
  CAF_CHECK((*f)->truncate(0));
  CAF_CHECK(fs.remove("a"));
  auto free = fs.free_bytes(".").value_or(0);
  CAF_CHECK_EQUAL(free, 1000u);
  CAF_CHECK((*f)->write_at(0, std::string(600, 'x')));
}

CAF_TEST(a truncated file reads as zeros when it grows again) {
  simulated_file_system fs;
  put(fs, "a", std::string(5000, 'x'), true);
  auto f = fs.open("a", for_writing);
  CAF_REQUIRE(f);
  CAF_REQUIRE((*f)->truncate(10));
  CAF_REQUIRE((*f)->allocate(5000));
  CAF_CHECK_EQUAL(text(fs, "a"), std::string(10, 'x') + std::string(4990, '\0'));
  CAF_REQUIRE((*f)->sync());
  random_source random{1};
  fs.power_cut(random);
  fs.restart();
  CAF_CHECK_EQUAL(text(fs, "a"), std::string(10, 'x') + std::string(4990, '\0'));
}

CAF_TEST(rot and unreadable sectors show up on reading) {
  simulated_file_system fs;
  put(fs, "a", std::string(2048, '\0'), true);
  fs.flip_bit("a", 700, 3);
  CAF_CHECK(text(fs, "a")[700] == '\x08');
  fs.make_unreadable("a", 1024, 1);
  auto f = fs.open("a", for_writing);
  char raw[2048];
  CAF_CHECK((*f)->read_at(0, raw, 1024));
  CAF_CHECK((*f)->read_at(0, raw, 2048).error() == errc::io_error);
  CAF_CHECK((*f)->write_at(1024, std::string(512, 'x')));
  CAF_CHECK((*f)->read_at(0, raw, 2048));
}

CAF_TEST(the same seed gives the same trace) {
  auto run = [](std::uint64_t seed) {
    simulated_file_system fs{seed};
    random_source random{seed};
    for (int i = 0; i < 300; ++i) {
      auto path = "d/" + std::to_string(random.below(3));
      static_cast<void>(fs.make_directories("d"));
      if (auto f = fs.open(path, for_writing)) {
        static_cast<void>((*f)->write_at(random.below(5000), std::string(random.below(3000), 'q')));
        if (random.one_in(3))
          static_cast<void>((*f)->sync());
      }
      if (random.one_in(20))
        fs.crash_after(random.below(4));
      if (fs.is_off()) {
        fs.power_cut(random);
        fs.restart();
      }
    }
    std::string all;
    for (auto name : {"d/0", "d/1", "d/2"})
      all += fs.content(name).value_or("-");
    return std::pair{fs.trace(), all};
  };
  CAF_CHECK(run(1) == run(1));
  CAF_CHECK(run(1) != run(2));
}
