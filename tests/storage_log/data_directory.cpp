#define CAF_SUITE data_directory
#include "caf/test/unit_test.hpp"

#include "runtime/storage/chunk_cache.hpp"
#include "runtime/storage/directory_check.hpp"
#include "runtime/storage/segment_files.hpp"
#include "tests/storage_log/log_workshop.hpp"

#include <chrono>

using namespace troupe;
using namespace troupe::storage;
using namespace troupe::test;

namespace {

data_directory_options options_for(std::string cluster = "a", int node = 1) {
  data_directory_options o;
  o.path = "data";
  o.cluster_id = std::move(cluster);
  o.node = node_id{node};
  o.fresh_directory_id = {4, 5, 6};
  o.fresh_cluster_id = "fresh";
  o.journal.file_size_bytes = 16 * limits::mib;
  return o;
}

errc failure_of(file_system& fs, const data_directory_options& o) {
  auto opened = open_data_directory(fs, o);
  return opened ? errc::none : opened.error().code;
}

/// Puts one durable batch of `payload` bytes at the end of a partition, and flushes it if wanted.
void write_one(data_directory& d, partition_log& log, bool flush, std::size_t payload = 100) {
  auto b = make_batch({.base = log.log_end().value(), .payload_bytes = payload});
  log.append(b.data, b.facts, timestamp_ms{1});
  d.journal->append(log.name(), b.facts.base, b.facts.end(), b.data.view());
  CHECK(d.journal->commit().has_value());
  log.mark_durable(log.log_end());
  if (!flush)
    return;
  auto order = log.next_flush(timestamp_ms{1}, true);
  auto done = d.segments->flush({&*order, 1});
  CHECK(done.at(0).has_value());
  log.on_flushed(done[0]);
}

std::int64_t milliseconds_of(const std::function<void()>& work) {
  auto before = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - before).count();
}

} // namespace

CAF_TEST(a new directory gets an identity and keeps it) {
  simulated_file_system disk;
  {
    auto d = open_data_directory(disk, options_for(""));
    CAF_REQUIRE(d);
    CAF_CHECK_EQUAL(d->meta.cluster_id, "fresh");
    CAF_CHECK(d->partitions.empty());
  }
  auto later = options_for("");
  later.fresh_directory_id = {9, 9, 9};
  later.fresh_cluster_id = "another";
  auto d = open_data_directory(disk, later);
  CAF_REQUIRE(d);
  CAF_CHECK_EQUAL(d->meta.cluster_id, "fresh");
  CAF_CHECK_EQUAL(int{d->meta.directory_id[0]}, 4);
  CAF_CHECK(d->report.damage.empty());
}

CAF_TEST(only one process uses a directory) {
  simulated_file_system disk;
  auto first = open_data_directory(disk, options_for());
  CAF_REQUIRE(first);
  auto second = open_data_directory(disk, options_for());
  CAF_REQUIRE(!second);
  CAF_CHECK(second.error() == errc::in_use);
  CAF_CHECK_EQUAL(second.error().detail, "data");
  CAF_CHECK(verify_directory(disk, "data", [](const finding&) {}).error() == errc::in_use);
}

CAF_TEST(the directory of another cluster or node or version is refused) {
  simulated_file_system disk;
  CAF_CHECK(failure_of(disk, options_for("a")) == errc::none);
  CAF_CHECK(failure_of(disk, options_for("b")) == errc::wrong_format);
  CAF_CHECK(failure_of(disk, options_for("a", 2)) == errc::wrong_format);
  CAF_CHECK(failure_of(disk, options_for("a")) == errc::none);
  auto meta = *disk.content("data/meta");
  disk.lose_file("data/meta");
  CAF_CHECK(failure_of(disk, options_for("a")) == errc::wrong_format);
  auto lines = meta.substr(0, meta.find("checksum"));
  lines.replace(lines.find("format 1"), 8, "format 7");
  auto crc = crc32c(lines);
  char text[16];
  std::snprintf(text, sizeof text, "%08x", crc);
  disk.plant_file("data/meta", lines + "checksum " + text + "\n");
  auto newer = open_data_directory(disk, options_for());
  CAF_REQUIRE(!newer);
  CAF_CHECK(newer.error() == errc::wrong_format);
  CAF_CHECK(newer.error().detail.find("format 7") != std::string::npos);
}

CAF_TEST(a directory of no cluster joins one and no other after that) {
  simulated_file_system disk;
  {
    auto nobodys = options_for("");
    nobodys.fresh_cluster_id.clear();
    auto none = open_data_directory(disk, nobodys);
    CAF_REQUIRE(none);
    CAF_CHECK_EQUAL(none->meta.cluster_id, "");
    CAF_CHECK(join_cluster(disk, "data", "first"));
  }
  random_source random{1};
  disk.power_cut(random);
  disk.restart();
  CAF_CHECK(read_meta(disk, "data")->cluster_id == "first");
  CAF_CHECK(join_cluster(disk, "data", "first"));
  auto other = join_cluster(disk, "data", "second");
  CAF_REQUIRE(!other);
  CAF_CHECK(other.error() == errc::wrong_format);
  CAF_CHECK(other.error().detail.find("first") != std::string::npos);
  CAF_CHECK(read_meta(disk, "data")->cluster_id == "first");
}

CAF_TEST(every flipped bit of the meta file is found) {
  directory_meta meta{"cluster-1", node_id{3}, {1, 2, 3}};
  auto file = encode_meta(meta);
  CAF_CHECK(*decode_meta(file) == meta);
  int missed = 0;
  for (std::size_t i = 0; i < file.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto damaged = file;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      auto decoded = decode_meta(damaged);
      missed += decoded || decoded.error().code != errc::corrupt;
    }
  CAF_CHECK_EQUAL(missed, 0);
}

CAF_TEST(a directory that cannot be written says so) {
  simulated_file_system disk;
  disk.fail_always("mkdir", "data", errc::permission_denied);
  CAF_CHECK(failure_of(disk, options_for()) == errc::permission_denied);
  disk.clear_failures();
  disk.fail_always("write", "data", errc::no_space);
  CAF_CHECK(failure_of(disk, options_for()) == errc::no_space);
}

CAF_TEST(a checkpoint round trips and every flipped bit in it is found) {
  checkpoint known;
  for (int i = 0; i < 3; ++i) {
    auto& p = known.partitions[log_partition(i)];
    p.log_start = offset{i};
    p.flushed_end = offset{100 + i};
    p.segments = {{offset{0}, 500, timestamp_ms{3}, {timestamp_ms{9}, offset{4}}}, {offset{50}, 0, no_timestamp, {}}};
    p.epochs = {{leader_epoch{0}, offset{0}}, {leader_epoch{5}, offset{60}}};
    p.producers = {{producer_id{7}, producer_epoch{2}, timestamp_ms{8}, {{offset{1}, offset{2}, 0, 1, timestamp_ms{4}}}}};
  }
  known.removed = {log_partition(8), log_partition(9)};
  known.garbage = {{log_partition(1), offset{77}}};
  std::map<topic_partition, std::string> encoded;
  for (auto& [name, state] : known.partitions)
    encoded[name] = encode_partition(name, state);
  auto file = encode_checkpoint(encoded, known.removed, known.garbage);
  CAF_REQUIRE(decode_checkpoint(file));
  CAF_CHECK(*decode_checkpoint(file) == known);
  int missed = 0;
  for (std::size_t i = 0; i < file.size() * 8; ++i) {
    auto damaged = file;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << (i % 8)));
    auto decoded = decode_checkpoint(damaged);
    missed += decoded || decoded.error().code != errc::corrupt;
  }
  CAF_CHECK_EQUAL(missed, 0);
  for (std::size_t size = 0; size < file.size(); ++size)
    missed += decode_checkpoint(std::string_view{file}.substr(0, size)).has_value();
  CAF_CHECK_EQUAL(missed, 0);
}

CAF_TEST(a deleted partition stays deleted though the journal still has it) {
  simulated_file_system disk;
  {
    auto d = open_data_directory(disk, options_for());
    CAF_REQUIRE(d);
    partition_log kept{log_partition(0), {}, {}};
    partition_log gone{log_partition(1, 8), {}, {}};
    write_one(*d, kept, true);
    write_one(*d, gone, true);
    write_one(*d, gone, false);
    CAF_REQUIRE(d->segments->write_checkpoint());
    CAF_CHECK(*disk.exists(topic_directory("data", gone.name().topic)));
    auto late = gone.next_flush(timestamp_ms{1}, true);
    d->segments->remove_partition(gone.name());
    auto refused = d->segments->flush({&*late, 1});
    CAF_CHECK(refused.at(0).error() == errc::unknown_topic_or_partition);
    CAF_REQUIRE(d->segments->write_checkpoint());
    CAF_CHECK(!*disk.exists(topic_directory("data", gone.name().topic)));
    CAF_CHECK(*disk.exists(segment_path("data", kept.name(), offset{0})));
  }
  disk.restart();
  for (int i = 0; i < 2; ++i) {
    auto d = open_data_directory(disk, options_for());
    CAF_REQUIRE(d);
    CAF_CHECK_EQUAL(d->partitions.size(), 1u);
    CAF_CHECK(d->partitions.contains(log_partition(0)));
    CAF_CHECK(d->report.damage.empty());
    CAF_REQUIRE(d->segments->write_checkpoint());
  }
}

CAF_TEST(padding and room made ahead are cut by a roll and by a clean stop) {
  simulated_file_system disk;
  auto d = open_data_directory(disk, options_for());
  CAF_REQUIRE(d);
  log_options options;
  options.segment_bytes = 2 * limits::mib;
  partition_log log{log_partition(0), options, {}};
  for (int i = 0; i < 3; ++i)
    write_one(*d, log, true, 700'000);
  auto first = segment_path("data", log.name(), offset{0});
  CAF_CHECK_EQUAL(disk.content(first)->size(), 2 * 700'061u);
  auto second = segment_path("data", log.name(), offset{2});
  CAF_CHECK_EQUAL(disk.content(second)->size() % block_size_bytes, 0u);
  write_one(*d, log, true, 700'000);
  CAF_CHECK(disk.content(second)->size() > 2 * limits::mib);
  d->segments->close();
  CAF_CHECK_EQUAL(disk.content(second)->size(), 2 * 700'061u);
}

CAF_TEST(the chunk cache is bounded and what was passed goes first) {
  chunk_cache cache{3 * 100};
  auto chunk = [](char c) { return bytes::copy_of(std::string(100, c)); };
  cache.put({1, 0}, chunk('a'));
  cache.put({1, 1}, chunk('b'));
  cache.put({2, 0}, chunk('c'));
  cache.passed({2, 0});
  cache.put({2, 1}, chunk('d'));
  CAF_CHECK(!cache.find({2, 0}));
  CAF_CHECK(cache.find({1, 0}) && cache.find({1, 1}) && cache.find({2, 1}));
  CAF_CHECK_EQUAL(cache.size_bytes(), 300u);
  CAF_CHECK(cache.find({1, 0}));
  cache.put({3, 0}, chunk('e'));
  CAF_CHECK(!cache.find({1, 1}));
  cache.erase_file(1);
  CAF_CHECK_EQUAL(cache.size_bytes(), 200u);
  cache.put({4, 0}, bytes::allocate(301));
  CAF_CHECK(!cache.find({4, 0}));
}

CAF_TEST(names of segment files) {
  auto path = segment_path("d", log_partition(3), offset{42});
  CAF_CHECK(path.ends_with("/3/00000000000000000042.log"));
  CAF_CHECK_EQUAL(base_offset_of("00000000000000000042.log", ".log")->value(), 42);
  for (auto* bad : {"42.log", "00000000000000000042.index", "0000000000000000004x.log", "-0000000000000000042.log",
                    "99999999999999999999.log", ""})
    CAF_CHECK(!base_offset_of(bad, ".log"));
}

CAF_TEST(nine thousand partitions recover) {
  simulated_file_system disk;
  constexpr int count = 9'000;
  {
    auto d = open_data_directory(disk, options_for());
    CAF_REQUIRE(d);
    std::vector<std::unique_ptr<partition_log>> logs;
    std::vector<flush_request> orders;
    for (int i = 0; i < count; ++i) {
      auto& log = *logs.emplace_back(std::make_unique<partition_log>(log_partition(i), log_options{}, recovered_partition{}));
      auto b = make_batch({.producer = i, .producer_epoch = 0, .sequence = 0});
      log.append(b.data, b.facts, timestamp_ms{1});
      log.mark_durable(log.log_end());
      orders.push_back(*log.next_flush(timestamp_ms{1}, true));
      auto tail = make_batch({.base = 1, .producer = i, .producer_epoch = 0, .sequence = 1});
      d->journal->append(log.name(), tail.facts.base, tail.facts.end(), tail.data.view());
    }
    CAF_REQUIRE(d->journal->commit());
    for (auto& done : d->segments->flush(orders))
      CHECK(done.has_value());
    auto writing = milliseconds_of([&] { CAF_CHECK(d->segments->write_checkpoint()); });
    CAF_MESSAGE("the checkpoint is written in " << writing << " ms");
  }
  disk.restart();
  std::optional<data_directory> d;
  auto opening = milliseconds_of([&] { d = std::move(*open_data_directory(disk, options_for())); });
  CAF_MESSAGE("the directory is recovered in " << opening << " ms");
  CAF_CHECK_EQUAL(d->partitions.size(), static_cast<std::size_t>(count));
  CAF_CHECK_EQUAL(d->report.replayed_batches, static_cast<std::uint64_t>(count));
  partition_log last{log_partition(count - 1), {}, std::move(d->partitions[log_partition(count - 1)])};
  CAF_CHECK_EQUAL(last.log_end().value(), 2);
  auto duplicate = last.check_producer(facts({.base = 2, .producer = count - 1, .producer_epoch = 0, .sequence = 0}));
  CAF_CHECK(duplicate && *duplicate);
}
