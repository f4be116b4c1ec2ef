#define CAF_SUITE segment_damage
#include "caf/test/unit_test.hpp"

#include "runtime/storage/directory_check.hpp"
#include "runtime/storage/segment_files.hpp"
#include "tests/storage_log/small_node.hpp"

using namespace troupe;
using namespace troupe::storage;
using namespace troupe::test;

namespace {

struct placed_batch {
  std::string file;
  std::uint64_t position;
  std::uint64_t size;
};

/// A directory with one partition that a node worked on and then stopped in good order.
struct stopped_node {
  explicit stopped_node(std::uint64_t seed, int steps = 300) : disk{seed}, random{seed ^ 0xda3a6e}, node{disk, seed, 1} {
    node.options.retention_ms = -1;
    node.options.retention_bytes = -1;
    node.start();
    for (int i = 0; i < steps; ++i)
      node.step();
    node.stop();
    disk.restart();
    auto seen = dump_segments(
      disk, "data", std::nullopt,
      [this](const stored_batch& b) {
        where[b.batch.base_offset().value()] = {"data/" + b.file, b.position, b.batch.size()};
      },
      [](const finding&) {});
    CHECK(seen.has_value());
  }

  std::vector<finding> findings() {
    std::vector<finding> all;
    auto totals = verify_directory(disk, "data", [&](const finding& f) { all.push_back(f); });
    CHECK(totals.has_value());
    return all;
  }

  /// Flips a random bit in [position, position + size) of a file. Returns the byte.
  std::uint64_t flip(const std::string& file, std::uint64_t position, std::uint64_t size) {
    auto at = position + random.below(size);
    disk.flip_bit(file, at, static_cast<unsigned>(random.below(8)));
    return at;
  }

  /// Starts logs on what is there; nothing is compared.
  void open() {
    auto opened = open_data_directory(disk, node.directory_options());
    CHECK(opened.has_value());
    directory = std::move(*opened);
    log = std::make_unique<partition_log>(log_partition(0), node.options, std::move(directory.partitions[log_partition(0)]));
    reader = std::make_unique<segment_reader>(disk, segment_reader_options{.directory = "data", .chunk_size_bytes = 8192},
                                              [this](const std::string& s) { reported.push_back(s); });
  }

  /// The batch at an offset as a consumer gets it: its bytes, or the error.
  result<std::string> fetch(offset from) {
    auto plan = log->read(from, log->durable_end(), 1, true);
    if (!plan)
      return fail(std::move(plan));
    if (!plan->segment)
      return joined(plan->batches);
    auto read = reader->read(*plan->segment);
    if (!read)
      return fail(std::move(read));
    return joined(read->batches);
  }

  simulated_file_system disk;
  random_source random;
  small_node node;
  std::map<std::int64_t, placed_batch> where;
  data_directory directory;
  std::unique_ptr<partition_log> log;
  std::unique_ptr<segment_reader> reader;
  std::vector<std::string> reported;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Fetches every batch; gives what is wrong with the answers. Those that may fail: errc::corrupt, with their place.
std::string fetch_all(stopped_node& s, const std::set<std::int64_t>& damaged) {
  auto& m = s.node.model(0);
  for (auto i = m.find(s.log->log_start()); i < m.batches.size(); ++i) {
    auto& b = m.batches[i];
    auto what = "offset " + std::to_string(b.facts.base.value());
    auto got = s.fetch(b.facts.last);
    if (got && *got != b.data.view())
      return what + " is served wrongly";
    if (damaged.contains(b.facts.base.value())) {
      auto& place = s.where.at(b.facts.base.value());
      auto sentence = place.file + " at " + std::to_string(place.position);
      if (got)
        return what + " is damaged and served";
      if (!(got.error() == errc::corrupt) || !contains(got.error().detail, sentence))
        return what + " gives another error than " + sentence + ": " + got.error().message();
    } else if (!got) {
      return what + " is not damaged and gives " + got.error().message();
    }
  }
  return {};
}

} // namespace

CAF_TEST(a flipped bit in a segment is reported and costs one batch) {
  std::string problem;
  for (std::uint64_t seed = 0; seed < 400 && problem.empty(); ++seed) {
    stopped_node s{seed};
    if (s.where.empty())
      continue;
    auto victim = std::next(s.where.begin(), static_cast<std::ptrdiff_t>(s.random.below(s.where.size())));
    // Half of the flips hit the header, where the checksum does not cover everything.
    auto size = s.random.one_in(2) ? std::uint64_t{24} : victim->second.size;
    auto at = s.flip(victim->second.file, victim->second.position, size);
    auto found = s.findings();
    if (found.size() != 1 || "data/" + found[0].file != victim->second.file || found[0].position != victim->second.position)
      problem = "the check does not find it";
    s.open();
    if (problem.empty())
      problem = fetch_all(s, {victim->first});
    if (!problem.empty())
      problem = "seed " + std::to_string(seed) + ", byte " + std::to_string(at - victim->second.position) + " of offset "
                + std::to_string(victim->first) + ": " + problem;
  }
  CAF_CHECK_EQUAL(problem, "");
}

CAF_TEST(what rotted is patched in its place) {
  std::string problem;
  int patched = 0;
  for (std::uint64_t seed = 0; seed < 200 && problem.empty(); ++seed) {
    stopped_node s{seed};
    if (s.where.empty())
      continue;
    auto victim = std::next(s.where.begin(), static_cast<std::ptrdiff_t>(s.random.below(s.where.size())));
    auto before = *s.disk.content(victim->second.file);
    s.flip(victim->second.file, victim->second.position, victim->second.size);
    s.open();
    auto& m = s.node.model(0);
    auto& lost = m.batches[m.find(offset{victim->first})];
    auto got = s.fetch(lost.facts.last);
    if (lost.facts.base < s.log->log_start() || got) // deleted, or in memory once more
      continue;
    auto rot = s.reader->rot();
    if (!rot || rot->from != lost.facts.base || rot->end != lost.facts.end() || rot->size_bytes != victim->second.size) {
      problem = "the reader does not say what rotted";
    } else if (auto refused = s.directory.segments->patch({*rot, {lost.data, lost.data}});
               refused || !(refused.error() == errc::corrupt)) {
      problem = "more is patched than what rotted";
    } else if (auto done = s.directory.segments->patch({*rot, {lost.data}}); !done) {
      problem = done.error().message();
    } else {
      s.disk.power_cut(s.random);
      s.disk.restart();
      if (*s.disk.content(victim->second.file) != before)
        problem = "the file is another one than before";
      ++patched;
    }
    if (!problem.empty())
      problem = "seed " + std::to_string(seed) + ", offset " + std::to_string(victim->first) + ": " + problem;
  }
  CAF_CHECK_EQUAL(problem, "");
  CAF_CHECK(patched > 50);
}

CAF_TEST(a segment that is gone is not patched) {
  stopped_node s{3};
  s.open();
  auto name = log_partition(0);
  auto gone = s.directory.segments->patch({{name, offset{1 << 20}, 0, 100, offset{1 << 20}, offset{(1 << 20) + 1}}, {}});
  CAF_REQUIRE(!gone);
  CAF_CHECK(gone.error() == errc::not_found);
  s.directory.segments->remove_partition(name);
  auto deleted = s.directory.segments->patch({{name, offset{0}, 0, 100, offset{0}, offset{1}}, {}});
  CAF_REQUIRE(!deleted);
  CAF_CHECK(deleted.error() == errc::unknown_topic_or_partition);
}

CAF_TEST(a log is cut behind rot and in front of it and within) {
  std::string problem;
  int behind = 0;
  int within = 0;
  for (std::uint64_t seed = 0; seed < 300 && problem.empty(); ++seed) {
    stopped_node s{seed};
    if (s.where.empty())
      continue;
    auto victim = std::next(s.where.begin(), static_cast<std::ptrdiff_t>(s.random.below(s.where.size())));
    s.flip(victim->second.file, victim->second.position, victim->second.size);
    s.open();
    auto& m = s.node.model(0);
    auto lost = m.batches[m.find(offset{victim->first})].facts;
    auto start = std::max(s.log->log_start(), s.log->flushed_end() - 40);
    offset at{start.value() + static_cast<std::int64_t>(s.random.below(
      static_cast<std::uint64_t>(s.log->log_end().value() - start.value() + 1)))};
    auto order = s.log->truncate(at);
    if (!order)
      continue;
    auto cut = s.directory.segments->cut(*order);
    auto& around = m.batches[std::min(m.find(at), m.batches.size() - 1)].facts;
    auto expected = at > around.base && at < around.end() ? around.base : at;
    if (!cut)
      problem = cut.error().message();
    else if (cut->end != expected && !(lost.base < at && cut->end == lost.base))
      problem = "it is cut to " + std::to_string(cut->end.value()) + " instead of " + std::to_string(expected.value());
    behind += cut && lost.end() <= cut->end;
    within += lost.base < at && at < lost.end();
    if (!problem.empty())
      problem = "seed " + std::to_string(seed) + ", cut to " + std::to_string(at.value()) + ": " + problem;
  }
  CAF_CHECK_EQUAL(problem, "");
  CAF_CHECK(behind > 10);
  CAF_CHECK(within > 1);
}

CAF_TEST(a destroyed block costs the batches that it touches) {
  std::string problem;
  for (std::uint64_t seed = 0; seed < 150 && problem.empty(); ++seed) {
    stopped_node s{seed};
    if (s.where.empty())
      continue;
    auto victim = std::next(s.where.begin(), static_cast<std::ptrdiff_t>(s.random.below(s.where.size())));
    auto first = victim->second.position / 512 * 512;
    std::set<std::int64_t> damaged;
    auto content = *s.disk.content(victim->second.file);
    auto last = std::min<std::uint64_t>(first + 512, content.size());
    for (auto byte = first; byte < last; ++byte)
      s.disk.flip_bit(victim->second.file, byte, static_cast<unsigned>(s.random.below(8)));
    for (auto& [base, place] : s.where)
      if (place.file == victim->second.file && place.position < last && place.position + place.size > first)
        damaged.insert(base);
    s.open();
    auto& m = s.node.model(0);
    for (auto i = m.find(s.log->log_start()); i < m.batches.size() && problem.empty(); ++i) {
      auto base = m.batches[i].facts.base;
      auto got = s.fetch(m.batches[i].facts.last);
      auto is_damaged = damaged.contains(base.value());
      if (is_damaged ? got || !(got.error() == errc::corrupt) : !got || *got != m.batches[i].data.view())
        problem = "seed " + std::to_string(seed) + " offset " + std::to_string(base.value())
                  + (is_damaged ? " is damaged: " : " is not damaged: ") + (got ? "" : got.error().message());
    }
  }
  CAF_CHECK_EQUAL(problem, "");
}

CAF_TEST(a flipped bit in an index is reported and repaired and costs nothing) {
  std::string problem;
  std::uint64_t repaired = 0;
  for (std::uint64_t seed = 0; seed < 200 && problem.empty(); ++seed) {
    stopped_node s{seed};
    if (s.where.empty())
      continue;
    auto victim = s.where.begin()->second.file;
    auto index = victim.substr(0, victim.size() - 3) + "index";
    auto size = s.disk.content(index)->size();
    auto at = s.flip(index, 0, size);
    auto is_last = at / 32 == size / 32 - 1; // not to be told from an interrupted write
    s.open();
    problem = fetch_all(s, {});
    if (problem.empty() && !is_last && s.log->read(s.log->log_start(), offset{1 << 30}, 1, true)->segment) {
      ++repaired;
      if (s.reported.size() != 1 || !contains(s.reported[0], index + " at " + std::to_string(at / 32 * 32)))
        problem = "it is not reported";
    }
    s.directory = {};
    if (problem.empty() && !is_last && !s.reported.empty() && !s.findings().empty())
      problem = "it is not repaired: " + s.findings()[0].sentence;
    if (!problem.empty())
      problem = "seed " + std::to_string(seed) + ": " + problem;
  }
  CAF_CHECK_EQUAL(problem, "");
  CAF_CHECK(repaired > 20);
}

CAF_TEST(a missing index is reported and made again) {
  stopped_node s{3};
  CAF_REQUIRE(!s.where.empty());
  auto victim = s.where.begin()->second.file;
  auto index = victim.substr(0, victim.size() - 3) + "index";
  s.disk.lose_file(index);
  CAF_CHECK_EQUAL(s.findings().size(), 1u);
  s.open();
  CAF_CHECK_EQUAL(fetch_all(s, {}), "");
  CAF_CHECK_EQUAL(s.reported.size(), 1u);
  s.directory = {};
  CAF_CHECK(s.findings().empty());
}

CAF_TEST(a missing or short segment is reported and never served) {
  stopped_node s{5};
  CAF_REQUIRE(!s.where.empty());
  auto& victim = s.where.begin()->second.file;
  auto whole = *s.disk.content(victim);
  s.disk.plant_file(victim, std::string_view{whole}.substr(0, whole.size() / 2));
  CAF_CHECK(!s.findings().empty());
  s.open();
  auto got = s.fetch(s.log->log_start());
  CAF_REQUIRE(!got);
  CAF_CHECK(got.error() == errc::corrupt);
  CAF_CHECK(contains(got.error().detail, victim));
  s.directory = {};
  s.disk.lose_file(victim);
  CAF_CHECK(!s.findings().empty());
}

CAF_TEST(a flipped bit in the checkpoint is reported and everything is found again) {
  std::string problem;
  for (std::uint64_t seed = 0; seed < 200 && problem.empty(); ++seed) {
    stopped_node s{seed};
    s.flip("data/checkpoint", 0, s.disk.content("data/checkpoint")->size());
    if (s.findings().empty())
      problem = "the check does not find it";
    // The node compares all that comes back, and goes on.
    s.node.expect_lost_checkpoint();
    s.node.start();
    if (s.node.damage.size() != 1 || !contains(s.node.damage[0], "data/checkpoint"))
      problem = "it is not reported";
    for (int i = 0; i < 100 && s.node.is_up(); ++i)
      s.node.step();
    if (s.node.is_up())
      s.node.stop();
    s.disk.restart();
    if (problem.empty())
      problem = s.node.problem();
    if (problem.empty() && !s.findings().empty())
      problem = "the check finds something afterwards: " + s.findings()[0].sentence;
    if (!problem.empty())
      problem = "seed " + std::to_string(seed) + ": " + problem;
  }
  CAF_CHECK_EQUAL(problem, "");
}

CAF_TEST(a lost checkpoint is rebuilt even after a power cut) {
  std::string problem;
  for (std::uint64_t seed = 0; seed < 300 && problem.empty(); ++seed) {
    simulated_file_system disk{seed};
    random_source random{seed};
    small_node node{disk, seed, 2};
    node.options.retention_ms = node.options.retention_bytes = -1; // deletions are lost with the checkpoint
    node.deletes = false;
    node.start();
    disk.crash_after(random.below(1'500));
    for (int i = 0; i < 400 && node.is_up(); ++i)
      node.step();
    node.kill();
    disk.power_cut(random);
    disk.restart();
    if (!disk.content("data/meta") || !disk.content("data/checkpoint") || !*disk.exists("data/topics"))
      continue;
    disk.lose_file("data/checkpoint");
    if (disk.content("data/checkpoint.old"))
      disk.lose_file("data/checkpoint.old");
    node.start();
    problem = node.problem();
    if (!problem.empty())
      problem = "seed " + std::to_string(seed) + ": " + problem;
  }
  CAF_CHECK_EQUAL(problem, "");
}

CAF_TEST(an unreadable sector gives an error and the rest is served) {
  stopped_node s{3};
  CAF_REQUIRE(s.where.size() > 3);
  auto victim = s.where.begin();
  s.disk.make_unreadable(victim->second.file, victim->second.position, 1);
  s.open();
  if (s.log->read(s.log->log_start(), offset{1 << 30}, 1, true)->segment) {
    auto got = s.fetch(s.log->log_start());
    CAF_REQUIRE(!got);
    CAF_CHECK(got.error() == errc::io_error);
  }
  auto last = s.where.rbegin();
  auto got = s.fetch(offset{last->first});
  CAF_CHECK(got || last->second.file == victim->second.file);
}

CAF_TEST(what was checked in the cache is not read from the disk once more) {
  int read_on = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    stopped_node s{seed};
    s.open();
    auto plan = s.log->read(s.log->log_start(), s.log->durable_end(), 1 << 20, true);
    if (!plan || !plan->segment || !s.where.contains(s.log->log_start().value()))
      continue;
    segment_reader reader{s.disk, {.directory = "data", .cache_bytes = 4096, .chunk_size_bytes = 4096}};
    auto first = *plan->segment;
    first.max_bytes = 1;
    CAF_REQUIRE(reader.read(first).has_value());
    auto& place = s.where.at(s.log->log_start().value());
    s.flip(place.file, place.position, place.size);
    auto all = reader.read(*plan->segment);
    if (!all)
      continue; // it was not in the cache
    for (auto& slice : all->batches) {
      record::batch_cursor cursor{slice.view()};
      while (auto batch = cursor.next())
        CAF_CHECK(batch->crc_ok());
      CAF_CHECK(cursor.ok());
    }
    read_on += all->batches.size() > 1;
  }
  CAF_CHECK(read_on > 3);
}

CAF_TEST(damage is remembered until somebody was told) {
  stopped_node s{3};
  s.open();
  CAF_CHECK(!s.directory.report.damage_untold);
  s.directory = {};
  s.flip("data/checkpoint", 20, 1);
  s.open();
  CAF_CHECK(!s.directory.report.damage.empty());
  s.directory = {};
  s.disk.power_cut(s.random);
  s.disk.restart();
  s.open();
  CAF_CHECK(s.directory.report.damage.empty()); // it was mended
  CAF_CHECK(s.directory.report.damage_untold);
  CAF_REQUIRE(forget_damage(s.disk, "data").has_value());
  CAF_REQUIRE(forget_damage(s.disk, "data").has_value());
  s.directory = {};
  s.disk.power_cut(s.random);
  s.disk.restart();
  s.open();
  CAF_CHECK(!s.directory.report.damage_untold);
}
