#define CAF_SUITE journal_damage
#include "caf/test/unit_test.hpp"

#include "tests/storage_journal/journal_workshop.hpp"

#include "runtime/base/crc32c.hpp"
#include "runtime/storage/journal_format.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::storage;
using test::appended;
using test::collect_into;
using test::simulated_file_system;
using test::small_journal;

namespace {

/// A journal of several files, its groups' places, and what happens to it when a byte goes bad.
struct fixture {
  struct place {
    std::uint64_t file;
    std::uint64_t position;
    std::uint64_t length;
    appended batch;
  };

  journal_options options = small_journal(20, 8);
  std::vector<place> groups;
  std::vector<std::pair<std::string, std::string>> files;
  std::vector<appended> replayed;
  journal_report report;

  fixture() {
    simulated_file_system fs;
    auto log = open(fs);
    std::uint64_t file = 1;
    std::uint64_t position = 2 * block_size_bytes;
    for (int i = 0; i < 12; ++i) {
      appended a{i % 3, i * 10, i * 10 + 10, std::string(1000 + 2500 * static_cast<std::size_t>(i), static_cast<char>('a' + i))};
      auto length = whole_blocks(journal_group_header_size_bytes + journal_entry_header_size_bytes + a.batch.size());
      if (position + length + block_size_bytes > options.file_size_bytes) {
        ++file;
        position = block_size_bytes;
      }
      groups.push_back({file, position, length, a});
      position += length;
      test::append(*log, a);
      CAF_REQUIRE(log->commit());
    }
    CAF_REQUIRE(file >= 3);
    CAF_REQUIRE(log->seal());
    for (std::uint64_t n = 1; n <= file; ++n)
      files.emplace_back(path(n), *fs.content(path(n)));
  }

  std::string path(std::uint64_t n) { return options.directory + "/" + journal_file_name(journal_file_number{n}); }

  std::unique_ptr<journal> open(simulated_file_system& fs) {
    replayed.clear();
    auto opened = journal::open(fs, options, collect_into(replayed));
    CAF_REQUIRE(opened);
    report = std::move(opened->report);
    return std::move(opened->log);
  }

  void plant(simulated_file_system& fs) {
    CAF_REQUIRE(fs.make_directories(options.directory));
    for (auto& [name, content] : files)
      fs.plant_file(name, content);
  }

  std::vector<appended> all_but(std::vector<std::size_t> lost) {
    std::vector<appended> all;
    for (std::size_t i = 0; i < groups.size(); ++i)
      if (std::find(lost.begin(), lost.end(), i) == lost.end())
        all.push_back(groups[i].batch);
    return all;
  }

  bool names(std::uint64_t file, std::uint64_t position) {
    return std::any_of(report.damage.begin(), report.damage.end(), [&](auto& d) {
      return d.file == path(file) && d.position == position && d.sentence.find(path(file)) != std::string::npos
             && d.sentence.find(" " + std::to_string(position) + ":") != std::string::npos;
    });
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(journal_damage_tests, fixture)

CAF_TEST(a flipped bit anywhere in a group costs that group alone and is reported with its place) {
  random_source random{3};
  for (std::size_t lost = 0; lost < groups.size(); ++lost) {
    auto& g = groups[lost];
    for (std::uint64_t block = 0; block < g.length; block += block_size_bytes)
      for (int times = 0; times < 8; ++times) {
        simulated_file_system fs;
        plant(fs);
        // The last times hit the header, and the very end of the padding.
        auto at = times < 6 || block > 0 ? block + random.below(block_size_bytes)
                  : times == 6           ? random.below(64)
                                         : g.length - 1;
        fs.flip_bit(path(g.file), g.position + at, static_cast<unsigned>(random.below(8)));
        open(fs);
        CAF_REQUIRE(replayed == all_but({lost}));
        CAF_REQUIRE_EQUAL(report.damage.size(), 1u);
        CAF_REQUIRE(names(g.file, g.position));
        CAF_REQUIRE(!report.cut);
      }
  }
}

CAF_TEST(a damaged file header costs nothing and is reported) {
  for (std::uint64_t n = 1; n <= files.size(); ++n) {
    simulated_file_system fs;
    plant(fs);
    fs.flip_bit(path(n), 4000, 1);
    open(fs);
    CAF_CHECK(replayed == all_but({}));
    CAF_CHECK_EQUAL(report.damage.size(), 1u);
    CAF_CHECK(names(n, 0));
  }
}

CAF_TEST(unreadable sectors cost their group and are reported) {
  for (std::size_t lost = 0; lost < groups.size(); ++lost) {
    simulated_file_system fs;
    plant(fs);
    auto& g = groups[lost];
    fs.make_unreadable(path(g.file), g.position + g.length - 512, 512);
    open(fs);
    CAF_CHECK(replayed == all_but({lost}));
    CAF_CHECK(names(g.file, g.position));
    CAF_REQUIRE_EQUAL(report.damage.size(), 1u);
    CAF_CHECK(report.damage[0].sentence.find("cannot be read") != std::string::npos);
  }
}

CAF_TEST(a missing file in the middle or at the front is reported) {
  for (std::uint64_t n = 1; n < files.size(); ++n) {
    simulated_file_system fs;
    plant(fs);
    fs.lose_file(path(n));
    std::vector<std::size_t> lost;
    for (std::size_t i = 0; i < groups.size(); ++i)
      if (groups[i].file == n)
        lost.push_back(i);
    open(fs);
    CAF_CHECK(replayed == all_but(lost));
    CAF_CHECK(names(n, 0));
  }
}

CAF_TEST(a file of zeros in the middle or at the front is reported) {
  for (std::uint64_t n = 1; n < files.size(); ++n) {
    simulated_file_system fs;
    plant(fs);
    fs.plant_file(path(n), std::string(files[n - 1].second.size(), '\0'));
    open(fs);
    CAF_CHECK(!report.damage.empty() && report.damage[0].file == path(n));
    CAF_CHECK_EQUAL(replayed.size() + static_cast<std::size_t>(std::count_if(groups.begin(), groups.end(), [&](auto& g) {
      return g.file == n;
    })), groups.size());
  }
}

CAF_TEST(several damaged groups in a row are one report and later writes go on) {
  simulated_file_system fs;
  plant(fs);
  fs.flip_bit(path(groups[1].file), groups[1].position, 0);
  fs.flip_bit(path(groups[2].file), groups[2].position + 100, 0);
  auto log = open(fs);
  CAF_CHECK(replayed == all_but({1, 2}));
  CAF_CHECK_EQUAL(report.damage.size(), 1u);
  CAF_CHECK(names(groups[1].file, groups[1].position));
  appended late{0, 500, 501, "late"};
  test::append(*log, late);
  CAF_REQUIRE(log->commit());
  log = open(fs);
  CAF_CHECK(replayed.back() == late);
  CAF_CHECK_EQUAL(replayed.size(), groups.size() - 1);
}

CAF_TEST(an unsealed last group that is damaged is cut and reported as cut) {
  simulated_file_system fs;
  auto log = open(fs);
  appended first{0, 0, 1, "first"};
  appended last{0, 1, 2, std::string(9000, 'l')};
  for (auto& a : {first, last}) {
    test::append(*log, a);
    CAF_REQUIRE(log->commit());
  }
  log.reset();
  fs.flip_bit(path(1), 3 * block_size_bytes + 5000, 2);
  log = open(fs);
  CAF_CHECK(replayed == std::vector{first});
  CAF_CHECK(report.damage.empty());
  CAF_REQUIRE(report.cut);
  CAF_CHECK_EQUAL(report.cut->position, 3 * block_size_bytes);
  open(fs);
  CAF_CHECK(!report.cut);
  CAF_CHECK(replayed == std::vector{first});
}

CAF_TEST(an end that cannot be read is damage and never overwritten) {
  simulated_file_system fs;
  auto log = open(fs);
  appended first{0, 0, 1, "first"};
  appended last{0, 1, 2, "last"};
  for (auto& a : {first, last}) {
    test::append(*log, a);
    CAF_REQUIRE(log->commit());
  }
  log.reset();
  fs.make_unreadable(path(1), 3 * block_size_bytes, 512);
  auto before = fs.content(path(1));
  log = open(fs);
  CAF_CHECK(replayed == std::vector{first});
  CAF_CHECK(names(1, 3 * block_size_bytes));
  appended late{0, 2, 3, "late"};
  test::append(*log, late);
  CAF_REQUIRE(log->commit());
  CAF_CHECK(fs.content(path(1)) == before);
  open(fs);
  CAF_CHECK(replayed == (std::vector{first, late}));
  CAF_CHECK(names(1, 3 * block_size_bytes));
}

CAF_TEST(a batch that holds the image of a journal group is not taken for one) {
  simulated_file_system fs;
  auto log = open(fs);
  // The image of a group with a later sequence, but of another data directory, placed at the beginning of a block, in a group that is then damaged.
  std::string image(block_size_bytes, '\0');
  journal_group_header header;
  header.directory_tag = 12345;
  header.file = journal_file_number{1};
  header.sequence = 77;
  header.session = 9;
  header.length_bytes = static_cast<std::uint32_t>(block_size_bytes);
  header.body_crc = crc32c(std::string_view{image}.substr(journal_group_header_size_bytes));
  encode(header, image.data());
  appended carrier{0, 0, 1, std::string(block_size_bytes - 108, 'x') + image + image};
  appended after{0, 1, 2, "after"};
  for (auto& a : {carrier, after}) {
    test::append(*log, a);
    CAF_REQUIRE(log->commit());
  }
  log.reset();
  fs.flip_bit(path(1), 2 * block_size_bytes, 0);
  open(fs);
  CAF_CHECK(replayed == std::vector{after});
  CAF_CHECK(names(1, 2 * block_size_bytes));
}

CAF_TEST(a write that landed in the wrong place is damage and is not replayed twice) {
  simulated_file_system fs;
  plant(fs);
  auto& from = groups[0];
  auto& to = groups[1];
  CAF_REQUIRE(from.file == to.file && from.length == to.length);
  auto content = *fs.content(path(to.file));
  content.replace(to.position, to.length, content.substr(from.position, from.length));
  fs.plant_file(path(to.file), content);
  open(fs);
  CAF_CHECK(replayed == all_but({1}));
  CAF_CHECK(names(to.file, to.position));
}

CAF_TEST(a spare file brings nothing back even if the live file is lost) {
  simulated_file_system fs;
  auto log = open(fs);
  for (int i = 0; i < 4; ++i) {
    test::append(*log, {0, i, i + 1, std::string(7 * block_size_bytes, static_cast<char>('a' + i))});
    CAF_REQUIRE(log->commit());
  }
  log->checkpointed(test::journal_partition(0), offset{4});
  auto released = log->release();
  CAF_REQUIRE(released && *released == 1u);
  log.reset();
  CAF_REQUIRE(fs.content(path(2)) && fs.content(path(3)));
  fs.lose_file(path(2));
  open(fs);
  CAF_CHECK(replayed.empty());
  CAF_CHECK(names(2, 0));
}

CAF_TEST(a group that shows up again after a restart that missed it is not taken for a new one) {
  simulated_file_system fs;
  auto log = open(fs);
  appended first{0, 0, 1, "first"};
  test::append(*log, first);
  CAF_REQUIRE(log->commit());
  auto before = *fs.content(path(1));
  for (std::int64_t i = 1; i <= 2; ++i) {
    test::append(*log, {0, i, i + 1, "missed"});
    CAF_REQUIRE(log->commit());
  }
  auto with_all = *fs.content(path(1));
  log.reset();
  fs.plant_file(path(1), before);
  log = open(fs);
  CAF_CHECK(replayed == std::vector{first});
  log.reset();
  auto now = *fs.content(path(1));
  auto third = 4 * block_size_bytes;
  now.replace(third, block_size_bytes, with_all.substr(third, block_size_bytes));
  fs.plant_file(path(1), now);
  open(fs);
  CAF_CHECK(replayed == std::vector{first});
}

CAF_TEST_FIXTURE_SCOPE_END()
