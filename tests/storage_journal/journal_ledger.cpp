#define CAF_SUITE journal_ledger
#include "caf/test/unit_test.hpp"

#include "runtime/base/random.hpp"
#include "runtime/storage/journal_ledger.hpp"

#include <algorithm>
#include <map>

using namespace troupe;
using namespace troupe::storage;

namespace {

topic_partition tp(int n) {
  topic_partition name;
  name.topic.bytes[0] = 1;
  name.partition = partition_id{n};
  return name;
}

journal_file_number file(std::uint64_t n) { return journal_file_number{n}; }

} // namespace

CAF_TEST(a file is releasable once all its partitions are checkpointed beyond it) {
  journal_ledger ledger;
  ledger.open_file(file(1));
  ledger.note(tp(0), offset{0}, offset{10});
  ledger.note(tp(1), offset{0}, offset{5});
  CAF_CHECK(ledger.releasable().empty());
  ledger.open_file(file(2));
  ledger.note(tp(0), offset{10}, offset{20});
  CAF_CHECK(ledger.partitions_holding_oldest() == (std::vector{tp(0), tp(1)}));
  ledger.checkpointed(tp(0), offset{9});
  CAF_CHECK_EQUAL(ledger.partitions_holding_oldest().size(), 2u);
  ledger.checkpointed(tp(0), offset{10});
  CAF_CHECK(ledger.partitions_holding_oldest() == std::vector{tp(1)});
  CAF_CHECK(ledger.releasable().empty());
  ledger.checkpointed(tp(1), offset{7});
  CAF_CHECK(ledger.releasable() == std::vector{file(1)});
  ledger.release_oldest();
  CAF_CHECK_EQUAL(ledger.oldest().value(), 2u);
  ledger.checkpointed(tp(0), offset{20});
  CAF_CHECK(ledger.releasable().empty());
}

CAF_TEST(files are released in order of age only) {
  journal_ledger ledger;
  for (std::uint64_t n = 1; n <= 3; ++n) {
    ledger.open_file(file(n));
    ledger.note(tp(static_cast<int>(n)), offset{0}, offset{1});
  }
  ledger.checkpointed(tp(2), offset{1});
  CAF_CHECK(ledger.releasable().empty());
  ledger.checkpointed(tp(1), offset{1});
  CAF_CHECK(ledger.releasable() == (std::vector{file(1), file(2)}));
  CAF_CHECK(ledger.partitions_holding(0) == std::vector{tp(3)});
  CAF_CHECK(ledger.partitions_holding(1).empty());
}

CAF_TEST(a deleted partition holds nothing and its slot is used again) {
  journal_ledger ledger;
  ledger.open_file(file(1));
  ledger.note(tp(0), offset{0}, offset{10});
  ledger.open_file(file(2));
  ledger.forget(tp(0));
  ledger.forget(tp(7));
  CAF_CHECK(ledger.releasable() == std::vector{file(1)});
  ledger.note(tp(1), offset{0}, offset{3});
  CAF_CHECK(ledger.releasable() == std::vector{file(1)});
  CAF_CHECK(ledger.partitions_holding(0) == std::vector{tp(1)});
}

CAF_TEST(a truncated partition does not hold what it gave up) {
  journal_ledger ledger;
  ledger.open_file(file(1));
  ledger.note(tp(0), offset{0}, offset{110});
  ledger.open_file(file(2));
  ledger.checkpointed(tp(0), offset{100});
  CAF_CHECK(ledger.releasable().empty());
  ledger.truncated(tp(0), offset{100});
  CAF_CHECK(ledger.releasable() == std::vector{file(1)});
  ledger.note(tp(0), offset{100}, offset{105});
  CAF_CHECK(ledger.partitions_holding(0) == std::vector{tp(0)});
  ledger.checkpointed(tp(0), offset{105});
  CAF_CHECK(ledger.partitions_holding(0).empty());
}

CAF_TEST(what was flushed before it was written must be said to be flushed again) {
  journal_ledger ledger;
  ledger.open_file(file(1));
  ledger.note(tp(0), offset{0}, offset{10});
  ledger.checkpointed(tp(0), offset{40});
  ledger.note(tp(0), offset{10}, offset{40});
  CAF_CHECK(ledger.partitions_holding(0) == std::vector{tp(0)});
  ledger.checkpointed(tp(0), offset{40});
  CAF_CHECK(ledger.partitions_holding(0).empty());
}

CAF_TEST(an entry below the end truncates and must be flushed again) {
  journal_ledger ledger;
  ledger.open_file(file(1));
  ledger.note(tp(0), offset{0}, offset{50});
  ledger.checkpointed(tp(0), offset{50});
  ledger.open_file(file(2));
  ledger.note(tp(0), offset{20}, offset{30});
  ledger.open_file(file(3));
  CAF_CHECK(ledger.releasable() == std::vector{file(1)});
  ledger.checkpointed(tp(0), offset{30});
  CAF_CHECK(ledger.releasable() == (std::vector{file(1), file(2)}));
}

CAF_TEST(random steps agree with a list of all entries) {
  struct entry {
    std::uint64_t file;
    int partition;
    std::int64_t end;
  };
  random_source random{7};
  journal_ledger ledger;
  std::vector<entry> wanted;
  std::map<int, std::int64_t> ends;
  std::uint64_t newest = 1;
  ledger.open_file(file(1));
  for (int step = 0; step < 50'000; ++step) {
    auto p = static_cast<int>(random.below(5));
    switch (random.below(8)) {
      case 0: {
        ledger.open_file(file(++newest));
        break;
      }
      case 1:
      case 2: {
        auto upto = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(ends[p]) + 1));
        ledger.checkpointed(tp(p), offset{upto});
        std::erase_if(wanted, [&](auto& e) { return e.partition == p && e.end <= upto; });
        break;
      }
      case 3: {
        if (!random.one_in(20))
          break;
        ledger.forget(tp(p));
        std::erase_if(wanted, [&](auto& e) { return e.partition == p; });
        ends[p] = 0;
        break;
      }
      default: {
        auto end = ends[p] + 1 + static_cast<std::int64_t>(random.below(9));
        ledger.note(tp(p), offset{ends[p]}, offset{end});
        ends[p] = end;
        wanted.push_back({newest, p, end});
      }
    }
    auto oldest_held = newest;
    for (auto& e : wanted)
      oldest_held = std::min(oldest_held, e.file);
    auto free = ledger.releasable();
    CAF_REQUIRE_EQUAL(ledger.oldest().value() + free.size(), oldest_held);
    while (ledger.oldest().value() < oldest_held && random.one_in(3))
      ledger.release_oldest();
  }
}
