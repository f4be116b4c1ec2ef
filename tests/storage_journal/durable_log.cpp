#define CAF_SUITE durable_log
#include "caf/test/unit_test.hpp"

#include "runtime/base/crc32c.hpp"
#include "runtime/base/cursor.hpp"
#include "runtime/storage/durable_log.hpp"
#include "runtime/storage/durable_log_format.hpp"
#include "runtime/simulated/simulated_file_system.hpp"

#include <algorithm>
#include <deque>

using namespace troupe;
using namespace troupe::storage;
using test::simulated_file_system;

namespace {

durable_log_options options_of_test() { return {"data/metadata", 6 * block_size_bytes}; }

durable_entry entry(std::uint64_t index, std::uint64_t term, std::size_t size = 20) {
  return {index, term, bytes::copy_of(std::to_string(index) + std::string(size, static_cast<char>('a' + index % 26)))};
}

struct fixture {
  simulated_file_system fs;
  durable_log::opened now;

  fixture() { open(); }

  void open() {
    now.log.reset();
    auto opened = durable_log::open(fs, options_of_test());
    CAF_REQUIRE(opened);
    now = std::move(*opened);
  }

  void append(std::uint64_t first, std::uint64_t last, std::uint64_t term, std::size_t size = 20) {
    std::vector<durable_entry> entries;
    for (auto i = first; i <= last; ++i)
      entries.push_back(entry(i, term, size));
    CAF_REQUIRE(now.log->append(entries));
  }

  std::string path(std::uint64_t n) { return "data/metadata/" + durable_segment_name(n); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(durable_log_tests, fixture)

CAF_TEST(a new log is empty) {
  CAF_CHECK(now.hard_state == durable_hard_state{});
  CAF_CHECK(!now.snapshot && now.entries.empty() && now.cut.empty());
  CAF_CHECK_EQUAL(now.log->last_index(), 0u);
}

CAF_TEST(entries and state come back) {
  append(1, 3, 1);
  append(4, 4, 2, 9000);
  durable_hard_state state{2, 7, 3};
  CAF_REQUIRE(now.log->save(state));
  open();
  CAF_REQUIRE_EQUAL(now.entries.size(), 4u);
  CAF_CHECK(now.entries[0] == entry(1, 1));
  CAF_CHECK(now.entries[3] == entry(4, 2, 9000));
  CAF_CHECK(now.hard_state == state);
  CAF_CHECK_EQUAL(now.log->last_index(), 4u);
}

CAF_TEST(kinds of entries and the members beside a snapshot come back and so does the name of the disk) {
  append(1, 2, 1);
  auto special = entry(3, 1, 0);
  special.kind = durable_entry_kind_max;
  CAF_REQUIRE(now.log->append(std::vector{special}));
  CAF_REQUIRE(now.log->save(durable_hard_state{1, 7, 3, 0x0123456789abcdef}));
  CAF_REQUIRE(now.log->save(durable_snapshot{1, 1, bytes::copy_of("state"), bytes::copy_of("members")}));
  open();
  CAF_REQUIRE_EQUAL(now.entries.size(), 2u);
  CAF_CHECK(now.entries[1] == special);
  CAF_CHECK_EQUAL(now.hard_state.disk, 0x0123456789abcdefull);
  CAF_CHECK_EQUAL(now.snapshot->payload.view(), "state");
  CAF_CHECK_EQUAL(now.snapshot->members.view(), "members");
}

CAF_TEST(a state without a name and a snapshot without members can be read) {
  auto named = encode(durable_hard_state{2, 7, 3, 99});
  std::string old = named.substr(0, durable_nameless_state_size_bytes - 4) + "1234";
  store_be(old.data() + old.size() - 4, crc32c({old.data(), old.size() - 4}));
  auto state = decode_durable_hard_state(old, "state");
  CAF_REQUIRE(state.has_value());
  CAF_CHECK((*state == durable_hard_state{2, 7, 3, 0}));
  auto bare = encode(durable_snapshot{1, 1, bytes::copy_of("state"), {}});
  CAF_CHECK(decode_durable_snapshot(bare, "snapshot")->members.empty());
  // A size of members that is not there, with a checksum that is right.
  store_be(bare.data() + 40, std::uint32_t{6});
  store_be(bare.data() + bare.size() - 4, crc32c({bare.data(), bare.size() - 4}));
  CAF_CHECK(decode_durable_snapshot(bare, "snapshot").error().code == errc::corrupt);
}

CAF_TEST(the commit index on disk never runs ahead of the entries) {
  append(1, 2, 1);
  CAF_REQUIRE(now.log->save(durable_hard_state{1, 0, 50}));
  open();
  CAF_CHECK_EQUAL(now.hard_state.commit, 2u);
}

CAF_TEST(a removed suffix stays removed and is replaced) {
  append(1, 5, 1);
  CAF_REQUIRE(now.log->truncate_suffix(3));
  CAF_CHECK_EQUAL(now.log->last_index(), 2u);
  open();
  CAF_CHECK_EQUAL(now.entries.size(), 2u);
  append(3, 4, 2);
  CAF_REQUIRE(now.log->truncate_suffix(9));
  open();
  CAF_REQUIRE_EQUAL(now.entries.size(), 4u);
  CAF_CHECK_EQUAL(now.entries[1].term, 1u);
  CAF_CHECK_EQUAL(now.entries[2].term, 2u);
}

CAF_TEST(files behind a snapshot go and the log goes on) {
  for (std::uint64_t i = 1; i <= 40; ++i)
    append(i, i, 1, 2000);
  CAF_CHECK(fs.list("data/metadata")->size() > 8);
  durable_snapshot snapshot{38, 1, bytes::copy_of(std::string(10'000, 's'))};
  CAF_REQUIRE(now.log->save(snapshot));
  CAF_REQUIRE(now.log->compact_prefix(38));
  CAF_CHECK(fs.list("data/metadata")->size() <= 4);
  open();
  CAF_CHECK(now.snapshot == snapshot);
  CAF_REQUIRE_EQUAL(now.entries.size(), 2u);
  CAF_CHECK(now.entries[0] == entry(39, 1, 2000));
  append(41, 41, 1);
  CAF_REQUIRE(now.log->save(durable_snapshot{41, 1, {}}));
  CAF_REQUIRE(now.log->compact_prefix(41));
  open();
  CAF_CHECK(now.entries.empty());
  CAF_CHECK_EQUAL(now.log->last_index(), 41u);
  append(42, 42, 1);
  open();
  CAF_CHECK_EQUAL(now.entries.size(), 1u);
}

CAF_TEST(a snapshot from another history or beyond the end replaces the log) {
  for (auto snapshot : {durable_snapshot{3, 2, {}}, durable_snapshot{30, 1, {}}}) {
    fs.restart();
    CAF_REQUIRE(fs.remove_all("data"));
    open();
    append(1, 5, 1);
    CAF_REQUIRE(now.log->save(snapshot));
    CAF_CHECK_EQUAL(now.log->last_index(), snapshot.index);
    open();
    CAF_CHECK(now.entries.empty());
    CAF_CHECK_EQUAL(now.log->last_index(), snapshot.index);
    append(snapshot.index + 1, snapshot.index + 2, 3);
    open();
    CAF_CHECK_EQUAL(now.entries.size(), 2u);
    CAF_CHECK_EQUAL(now.entries[0].term, 3u);
  }
}

CAF_TEST(a full disk refuses an append and the log stays usable) {
  append(1, 1, 1);
  fs.set_capacity(fs.used_bytes() + block_size_bytes);
  auto large = entry(2, 1, 9000);
  for (int i = 0; i < 3; ++i) {
    auto refused = now.log->append(std::span{&large, 1});
    CAF_CHECK(!refused && refused.error() == errc::no_space);
  }
  append(2, 2, 1);
  fs.set_capacity(1 << 30);
  append(3, 3, 1, 9000);
  open();
  CAF_CHECK_EQUAL(now.entries.size(), 3u);
  CAF_CHECK(now.cut.empty());
}

CAF_TEST(a disk so full that a failed write cannot be undone is waited for) {
  append(1, 1, 1);
  fs.set_capacity(fs.used_bytes() + block_size_bytes);
  fs.fail_always("truncate", "", errc::no_space);
  auto large = entry(2, 1, 9000);
  auto small = entry(2, 1);
  for (int i = 0; i < 3; ++i) {
    auto refused = now.log->append(std::span{i == 0 ? &large : &small, 1});
    CAF_CHECK(!refused && refused.error() == errc::no_space);
  }
  fs.clear_failures();
  fs.set_capacity(1 << 30);
  append(2, 2, 1);
  open();
  CAF_CHECK_EQUAL(now.entries.size(), 2u);
  CAF_CHECK(now.cut.empty());
}

CAF_TEST(after an error of the disk every call fails) {
  append(1, 1, 1);
  auto next = entry(2, 1);
  fs.fail_after(0, errc::io_error);
  CAF_CHECK(!now.log->append(std::span{&next, 1}));
  CAF_CHECK(!now.log->append(std::span{&next, 1}));
  CAF_CHECK(!now.log->save(durable_hard_state{}));
  CAF_CHECK(!now.log->save(durable_snapshot{}));
  CAF_CHECK(!now.log->truncate_suffix(1));
  CAF_CHECK(!now.log->compact_prefix(0));
}

CAF_TEST(damage anywhere refuses the start and names the place) {
  for (std::uint64_t i = 1; i <= 10; ++i)
    append(i, i, 1, 3000);
  CAF_REQUIRE(now.log->seal());
  CAF_REQUIRE(now.log->save(durable_snapshot{1, 1, bytes::copy_of("snapshot")}));
  now.log.reset();
  auto names = *fs.list("data/metadata");
  CAF_CHECK(names.size() >= 4);
  CAF_CHECK(durable_log::check(fs, "data/metadata"));
  random_source random{5};
  for (auto& name : names) {
    auto file = "data/metadata/" + name;
    auto size = fs.content(file)->size();
    // The newest segment ends in the seal, which is not proven by anything itself.
    auto end = name == names[names.size() - 3] ? size - block_size_bytes : size;
    for (std::uint64_t at = 0; at < end; at += 1 + random.below(200)) {
      auto bit = static_cast<unsigned>(random.below(8));
      fs.flip_bit(file, at, bit);
      auto opened = durable_log::open(fs, options_of_test());
      if (opened)
        CAF_MESSAGE(file << " at " << at << " bit " << bit << " " << opened->cut);
      CAF_REQUIRE(!opened);
      CAF_REQUIRE(opened.error() == errc::corrupt);
      CAF_REQUIRE(opened.error().detail.find(file + " at ") != std::string::npos);
      auto checked = durable_log::check(fs, "data/metadata");
      CAF_REQUIRE(!checked && checked.error().detail == opened.error().detail);
      fs.flip_bit(file, at, bit);
    }
    auto content = *fs.content(file);
    fs.lose_file(file);
    auto opened = durable_log::open(fs, options_of_test());
    // Nothing says that there was a snapshot or a newest segment; the committed entries would.
    if (name != "snapshot" && name != names[names.size() - 3])
      CAF_CHECK(!opened && opened.error() == errc::corrupt);
    fs.plant_file(file, content);
  }
}

CAF_TEST(committed entries that are missing at the end refuse the start) {
  append(1, 2, 1);
  CAF_REQUIRE(now.log->save(durable_hard_state{1, 0, 2}));
  now.log.reset();
  fs.flip_bit(path(1), block_size_bytes, 0);
  auto opened = durable_log::open(fs, options_of_test());
  CAF_REQUIRE(!opened);
  CAF_CHECK(opened.error() == errc::corrupt);
  auto checked = durable_log::check(fs, "data/metadata");
  CAF_CHECK(!checked && checked.error() == errc::corrupt);
}

CAF_TEST(a last append that was never committed may be cut and is reported) {
  append(1, 2, 1);
  append(3, 4, 1);
  now.log.reset();
  fs.flip_bit(path(1), 2 * block_size_bytes + 100, 0);
  open();
  CAF_CHECK_EQUAL(now.entries.size(), 2u);
  CAF_CHECK(now.cut.find(path(1) + " at 8192") != std::string::npos);
  open();
  CAF_CHECK(now.cut.empty());
}

CAF_TEST(another version is refused) {
  now.log.reset();
  aligned_buffer block;
  encode(durable_segment_header{9, 1, 1}, block.extend(block_size_bytes));
  fs.plant_file(path(1), block.view());
  auto opened = durable_log::open(fs, options_of_test());
  CAF_CHECK(!opened && opened.error() == errc::wrong_format);
}

CAF_TEST_FIXTURE_SCOPE_END()

namespace {

/// What a consensus core does to its log, and what the log must remember of it.
class member {
public:
  explicit member(std::uint64_t seed) : random_(seed), fs_(seed + 99) {}

  simulated_file_system& fs() { return fs_; }
  random_source& random() { return random_; }

  bool open() {
    log_.reset();
    auto opened = durable_log::open(fs_, options_of_test());
    if (!opened) {
      if (!fs_.is_off())
        CAF_MESSAGE(opened.error().message());
      CAF_REQUIRE(fs_.is_off());
      return false;
    }
    check(*opened);
    log_ = std::move(opened->log);
    return true;
  }

  void stop(bool power) {
    log_.reset();
    if (power)
      fs_.power_cut(random_);
    fs_.restart();
  }

  bool step() {
    switch (random_.below(12)) {
      case 0:
        return done(log_->seal(), now_);
      case 1: {
        auto next = now_;
        next.state = {next.state.term + random_.below(2), static_cast<std::int32_t>(random_.below(3)),
                      std::min(next.last(), next.state.commit + random_.below(3))};
        return done(log_->save(next.state), next);
      }
      case 2: {
        auto next = now_;
        auto keep = std::max(next.state.commit, next.snapshot.index);
        auto from = keep + 1 + random_.below(4);
        // A log that was just replaced by a snapshot has nothing to remove.
        if (from > next.last())
          return true;
        while (next.last() >= from)
          next.entries.pop_back();
        return done(log_->truncate_suffix(from), next);
      }
      case 3:
        return snapshot();
      case 4:
        return done(log_->compact_prefix(now_.snapshot.index), now_);
      default: {
        auto next = now_;
        std::vector<durable_entry> more;
        auto count = 1 + random_.below(3);
        for (std::uint64_t i = 0; i < count; ++i)
          more.push_back(entry(next.last() + 1 + i, ++term_, random_.below(random_.one_in(9) ? 12'000 : 300)));
        next.entries.insert(next.entries.end(), more.begin(), more.end());
        return done(log_->append(more), next);
      }
    }
  }

private:
  struct image {
    durable_hard_state state;
    durable_snapshot snapshot;
    std::vector<durable_entry> entries;
    std::uint64_t last() const { return entries.empty() ? snapshot.index : entries.back().index; }
    friend bool operator==(const image&, const image&) = default;
  };

  bool snapshot() {
    auto next = now_;
    auto installed = random_.one_in(4);
    if (!installed && next.state.commit <= next.snapshot.index)
      return true;
    auto index = installed ? next.last() + 1 + random_.below(3) : next.state.commit;
    std::uint64_t term = ++term_;
    for (auto& e : next.entries)
      if (e.index == index)
        term = e.term;
    next.snapshot = {index, term, bytes::copy_of(std::string(random_.below(9000), 'z'))};
    std::erase_if(next.entries, [&](auto& e) { return e.index <= index; });
    return done(log_->save(next.snapshot), next);
  }

  /// The step came through, or was refused without effect, or the machine stopped in the middle of it.
  template <class T>
  bool done(const T& outcome, const image& next) {
    if (outcome) {
      now_ = next;
      return true;
    }
    if (!fs_.is_off()) {
      CAF_REQUIRE(outcome.error() == errc::no_space);
      return true;
    }
    perhaps_ = next;
    return false;
  }

  void check(const durable_log::opened& opened) {
    image found{opened.hard_state, opened.snapshot.value_or(durable_snapshot{}), opened.entries};
    auto matches = found == now_ || found == perhaps_;
    CAF_REQUIRE(matches);
    CAF_REQUIRE_EQUAL(opened.log->last_index(), found.last());
    now_ = perhaps_ = found;
  }

  random_source random_;
  simulated_file_system fs_;
  std::unique_ptr<durable_log> log_;
  image now_;
  image perhaps_;
  std::uint64_t term_ = 0;
};

} // namespace

CAF_TEST(a crash at every operation leaves what was there before or after the step) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    bool crashed = true;
    for (std::uint64_t n = 0; crashed && n < 600; ++n) {
      member m{seed};
      m.fs().crash_after(n);
      auto alive = m.open();
      for (int i = 0; alive && i < 50; ++i)
        alive = m.step();
      crashed = !alive;
      m.stop(n % 4 != 0);
      m.fs().crash_after(n % 13);
      static_cast<void>(m.open());
      m.stop(true);
      CAF_REQUIRE(m.open());
    }
    CAF_CHECK(!crashed);
  }
}

CAF_TEST(random lives with full disks and crashes) {
  std::uint64_t steps = 0;
  for (std::uint64_t seed = 1; steps < 100'000; ++seed) {
    member m{seed};
    for (int life = 0; life < 8; ++life) {
      m.fs().set_capacity(~std::uint64_t{0});
      m.fs().crash_after(m.random().below(600));
      auto alive = m.open();
      if (alive && m.random().one_in(3))
        m.fs().set_capacity(m.fs().used_bytes() + m.random().below(60'000));
      for (int i = 0; alive && i < 300; ++i, ++steps)
        alive = m.step();
      m.stop(m.random().one_in(2));
    }
  }
}
