#define CAF_SUITE journal
#include "caf/test/unit_test.hpp"

#include "tests/storage_journal/journal_workshop.hpp"

#include "runtime/storage/journal_format.hpp"

using namespace troupe;
using namespace troupe::storage;
using test::appended;
using test::collect_into;
using test::simulated_file_system;
using test::small_journal;

namespace {

struct fixture {
  simulated_file_system fs;
  journal_options options = small_journal();
  std::vector<appended> replayed;
  journal_report report;
  std::unique_ptr<journal> log;
  std::int64_t next = 0;

  fixture() { open(); }

  void open() {
    log.reset();
    replayed.clear();
    auto opened = journal::open(fs, options, collect_into(replayed));
    CAF_REQUIRE(opened);
    log = std::move(opened->log);
    report = std::move(opened->report);
  }

  void restart() {
    log.reset();
    fs.restart();
    open();
  }

  appended make(std::size_t size, int partition = 0) {
    appended a{partition, next, next + 3, std::string(size, static_cast<char>('a' + next % 26))};
    next += 3;
    return a;
  }

  appended commit(std::size_t size, int partition = 0) {
    auto a = make(size, partition);
    test::append(*log, a);
    CAF_REQUIRE(log->commit());
    return a;
  }

  std::string path(std::uint64_t n) { return options.directory + "/" + journal_file_name(journal_file_number{n}); }
  std::string dump() { return *fs.content(path(1)); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(journal_tests, fixture)

CAF_TEST(an empty journal replays nothing and numbers its groups upwards) {
  CAF_CHECK(report.damage.empty() && !report.cut && report.entries == 0 && report.direct);
  auto first = log->last_sequence();
  commit(100);
  CAF_CHECK_EQUAL(log->last_sequence().value(), first.value() + 1);
  auto same = log->commit();
  CAF_CHECK(same && *same == log->last_sequence());
}

CAF_TEST(what was committed comes back in order and what was not does not) {
  std::vector<appended> all;
  for (int group = 0; group < 5; ++group) {
    for (int i = 0; i <= group; ++i) {
      all.push_back(make(static_cast<std::size_t>(10 + 500 * i), i));
      test::append(*log, all.back());
    }
    CAF_CHECK(log->pending_entries() == static_cast<std::size_t>(group + 1));
    CAF_REQUIRE(log->commit());
  }
  test::append(*log, make(77));
  restart();
  CAF_CHECK(replayed == all);
  CAF_CHECK_EQUAL(report.entries, all.size());
  CAF_CHECK(report.damage.empty() && !report.cut);
  restart();
  CAF_CHECK(replayed == all);
}

CAF_TEST(a single small batch costs one block) {
  auto before = fs.operations();
  commit(1024);
  CAF_CHECK_EQUAL(fs.operations(), before + 1);
  CAF_CHECK_EQUAL(log->pending_bytes(), block_size_bytes);
  test::append(*log, make(1024));
  CAF_CHECK_EQUAL(log->pending_bytes(), block_size_bytes);
  test::append(*log, make(4096));
  CAF_CHECK_EQUAL(log->pending_bytes(), 2 * block_size_bytes);
}

CAF_TEST(a group takes batches up to its limit and an empty one a larger batch) {
  CAF_CHECK(log->fits(18 * block_size_bytes - 108));
  CAF_CHECK(!log->fits(18 * block_size_bytes - 107));
  test::append(*log, make(10));
  CAF_CHECK(log->fits(8 * block_size_bytes - 64 - 54 - 44));
  CAF_CHECK(!log->fits(8 * block_size_bytes - 64 - 54 - 43));
  CAF_REQUIRE(log->commit());
  auto large = commit(18 * block_size_bytes - 108);
  restart();
  CAF_REQUIRE_EQUAL(replayed.size(), 2u);
  CAF_CHECK(replayed[1] == large);
}

CAF_TEST(files are recycled and what their earlier lives held stays dead) {
  std::vector<appended> all;
  for (int round = 0; round < 60; ++round) {
    all.push_back(commit(6 * block_size_bytes));
    if (round % 3 == 2) {
      log->checkpointed(test::journal_partition(0), offset{next});
      CAF_REQUIRE(log->release());
      CAF_CHECK_EQUAL(log->ledger().files(), 1u);
      all.erase(all.begin(), all.end() - 1);
    }
    auto names = fs.list(options.directory);
    CAF_CHECK(names && names->size() <= 4);
  }
  restart();
  CAF_REQUIRE(!replayed.empty() && replayed.size() <= 3);
  CAF_CHECK(replayed.back() == all.back());
  CAF_CHECK(report.damage.empty() && !report.cut);
  auto last = commit(100);
  restart();
  CAF_CHECK(replayed.back() == last);
}

CAF_TEST(a full journal refuses before it writes and goes on after a release) {
  for (int i = 0; i < 8; ++i)
    commit(6 * block_size_bytes);
  CAF_CHECK(log->pressure());
  auto late = make(6 * block_size_bytes);
  test::append(*log, late);
  auto before = fs.operations();
  auto refused = log->commit();
  CAF_CHECK(!refused && refused.error() == errc::no_space);
  CAF_CHECK_EQUAL(fs.operations(), before);
  CAF_CHECK_EQUAL(log->pending_entries(), 1u);
  CAF_CHECK(log->partitions_holding_oldest() == std::vector{test::journal_partition(0)});
  log->checkpointed(test::journal_partition(0), offset{12});
  auto released = log->release();
  CAF_CHECK(released && *released == 2u);
  CAF_CHECK(!log->pressure());
  CAF_CHECK(log->commit());
  restart();
  CAF_CHECK(replayed.back() == late);
}

CAF_TEST(a full disk refuses a new file and the group goes out once there is room) {
  commit(6 * block_size_bytes);
  commit(6 * block_size_bytes);
  fs.set_capacity(fs.used_bytes() + block_size_bytes);
  auto late = make(6 * block_size_bytes);
  test::append(*log, late);
  for (int i = 0; i < 3; ++i) {
    auto refused = log->commit();
    CAF_CHECK(!refused && refused.error() == errc::no_space);
    CAF_CHECK(refused.error().message().find("full") != std::string::npos);
  }
  CAF_CHECK_EQUAL(fs.list(options.directory)->size(), 1u);
  fs.set_capacity(1 << 30);
  CAF_CHECK(log->commit());
  restart();
  CAF_CHECK_EQUAL(replayed.size(), 3u);
  CAF_CHECK(replayed.back() == late);
}

CAF_TEST(a group that met a full disk grows and is written whole) {
  auto first = make(10);
  test::append(*log, first);
  fs.fail_after(0, errc::no_space);
  auto refused = log->commit();
  CAF_CHECK(!refused && refused.error() == errc::no_space);
  auto second = make(5000);
  test::append(*log, second);
  CAF_CHECK(log->commit());
  restart();
  CAF_CHECK(replayed == (std::vector{first, second}));
}

CAF_TEST(a group that failed and goes to the next file later is found there) {
  commit(9 * block_size_bytes / 2);
  commit(9 * block_size_bytes / 2);
  commit(9 * block_size_bytes / 2);
  test::append(*log, make(100));
  fs.fail_after(0, errc::no_space);
  CAF_CHECK(!log->commit()); // some of it may be in the first file all the same
  for (int i = 0; i < 5; ++i)
    test::append(*log, make(block_size_bytes));
  CAF_REQUIRE(log->commit());
  CAF_CHECK_EQUAL(log->ledger().files(), 2u);
  restart();
  CAF_CHECK_EQUAL(replayed.size(), 9u);
  CAF_CHECK_EQUAL(replayed.back().next, next);
  CAF_CHECK(report.damage.empty());
}

CAF_TEST(a truncation comes back in its place and keeps no file) {
  commit(10, 1);
  commit(10, 1);
  auto kept = commit(10, 2);
  log->truncate(test::journal_partition(1), offset{3});
  CAF_CHECK_EQUAL(log->pending_entries(), 1u);
  CAF_REQUIRE(log->commit());
  auto after = appended{1, 3, 5, "new"};
  test::append(*log, after);
  log->truncate(test::journal_partition(2), offset{kept.base});
  CAF_REQUIRE(log->commit());
  restart();
  CAF_REQUIRE_EQUAL(replayed.size(), 6u);
  CAF_CHECK(replayed[3] == (appended{1, 3, 3, ""}));
  CAF_CHECK(replayed[4] == after);
  CAF_CHECK(replayed[5] == (appended{2, 6, 6, ""}));
  CAF_CHECK(report.damage.empty());
  // What was cut off holds nothing: partition 2 needs no flush beyond its own end.
  log->checkpointed(test::journal_partition(2), offset{kept.base});
  for (auto& name : log->ledger().partitions_holding(0))
    CAF_CHECK(name == test::journal_partition(1));
}

CAF_TEST(a full journal takes what frees it) {
  for (int i = 0; i < 8; ++i)
    commit(6 * block_size_bytes, 1 + i / 4);
  auto late = make(6 * block_size_bytes);
  test::append(*log, late);
  CAF_REQUIRE(!log->commit());
  CAF_CHECK(log->has_pending(test::journal_partition(late.partition)));
  CAF_CHECK(!log->has_pending(test::journal_partition(1)));
  for (auto again = 0; again < 2; ++again)
    CAF_REQUIRE(log->cut({{test::journal_partition(1), offset{3}}, {test::journal_partition(2), offset{0}}}));
  log->checkpointed(test::journal_partition(1), offset{3});
  auto released = log->release();
  CAF_CHECK(released && *released >= 2u);
  CAF_REQUIRE(log->commit());
  restart();
  CAF_CHECK(report.damage.empty());
  CAF_CHECK(replayed.back() == late);
  CAF_CHECK_EQUAL(std::count_if(replayed.begin(), replayed.end(), [](auto& one) { return one.base == one.next; }), 4);
}

CAF_TEST(after an error of the disk nothing is acknowledged any more) {
  commit(10);
  test::append(*log, make(10));
  fs.fail_after(0, errc::io_error);
  auto refused = log->commit();
  CAF_CHECK(!refused && refused.error() == errc::io_error);
  CAF_CHECK(!log->commit());
  CAF_CHECK(!log->seal());
  CAF_CHECK(!log->release());
  CAF_CHECK(!log->prepare_next_file());
}

CAF_TEST(files of another version or directory are refused) {
  commit(10);
  auto other = options;
  other.directory_id[0] = 99;
  auto opened = journal::open(fs, other, collect_into(replayed));
  CAF_CHECK(!opened && opened.error() == errc::wrong_format);
  aligned_buffer block;
  journal_file_header header{7, options.directory_id, journal_file_number{1}, options.file_size_bytes};
  encode(header, block.extend(block_size_bytes));
  fs.plant_file(path(1), std::string{block.view()} + dump().substr(block_size_bytes));
  opened = journal::open(fs, options, collect_into(replayed));
  CAF_CHECK(!opened && opened.error() == errc::wrong_format);
}

CAF_TEST(files are prepared ahead piece by piece) {
  options = small_journal(1280, 3);
  options.directory = "data/large";
  open();
  int steps = 0;
  for (auto more = log->prepare_next_file(); more && *more; more = log->prepare_next_file())
    ++steps;
  CAF_CHECK_EQUAL(steps, 11);
  CAF_CHECK_EQUAL(fs.list(options.directory)->size(), 2u);
  std::vector<appended> all;
  for (int i = 0; i < 5; ++i)
    all.push_back(commit(500 * block_size_bytes));
  CAF_CHECK_EQUAL(fs.list(options.directory)->size(), 3u);
  restart();
  CAF_CHECK(replayed == all);
}

CAF_TEST(preparing a file on a full disk does no harm) {
  while (*log->prepare_next_file())
    ;
  auto a = commit(6 * block_size_bytes);
  fs.set_capacity(0);
  auto more = log->prepare_next_file();
  CAF_CHECK(more && !*more);
  auto b = commit(6 * block_size_bytes);
  auto c = commit(6 * block_size_bytes);
  restart();
  CAF_CHECK(replayed == (std::vector{a, b, c}));
}

CAF_TEST(without direct input and output it works and says so) {
  fs.set_direct(false);
  options.directory = "data/buffered";
  open();
  CAF_CHECK(!report.direct && !log->direct());
  auto a = commit(3000);
  random_source random{1};
  fs.power_cut(random);
  restart();
  CAF_CHECK(replayed == std::vector{a});
}

CAF_TEST(a group that a killed process left in the cache is made durable before it counts) {
  int there = 0;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    options.directory = "data/" + std::to_string(seed);
    open();
    auto before = commit(100);
    auto last = make(100);
    test::append(*log, last);
    fs.crash_after(0);
    CAF_CHECK(!log->commit());
    restart();
    auto seen = replayed;
    auto after = commit(100);
    random_source random{seed};
    log.reset();
    fs.power_cut(random);
    restart();
    seen.push_back(after);
    CAF_CHECK(replayed == seen);
    CAF_CHECK(report.damage.empty());
    there += seen.size() == 3;
  }
  CAF_CHECK(there > 0 && there < 64);
}

CAF_TEST(inspecting writes nothing) {
  auto a = commit(3000);
  auto before = dump();
  std::vector<appended> seen;
  auto looked = options;
  looked.directory_id = {};
  auto inspected = journal::inspect(fs, looked, collect_into(seen));
  CAF_CHECK(inspected && inspected->entries == 1);
  CAF_CHECK(seen == std::vector{a});
  CAF_CHECK(dump() == before);
  looked.directory = "nowhere";
  inspected = journal::inspect(fs, looked, collect_into(seen));
  CAF_CHECK(inspected && inspected->groups == 0);
}

CAF_TEST(a smaller number of files takes effect at the next start) {
  for (int i = 0; i < 8; ++i)
    commit(6 * block_size_bytes);
  log->checkpointed(test::journal_partition(0), offset{next});
  CAF_REQUIRE(log->release());
  CAF_CHECK_EQUAL(fs.list(options.directory)->size(), 4u);
  options.files_max = 2;
  restart();
  CAF_CHECK_EQUAL(fs.list(options.directory)->size(), 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
