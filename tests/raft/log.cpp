#define CAF_SUITE log
#include "caf/test/unit_test.hpp"

#include "runtime/raft/log.hpp"

using namespace troupe;
using namespace troupe::raft;

namespace {

entry at(std::uint64_t of, std::uint64_t index, std::string_view payload = "x") {
  return {{term{of}, log_index{index}}, bytes::copy_of(payload), entry_kind::data};
}

position pos(std::uint64_t of, std::uint64_t index) { return {term{of}, log_index{index}}; }

raft_log sample() { return raft_log{{}, {at(1, 1), at(1, 2), at(2, 3), at(4, 4)}}; }

} // namespace

CAF_TEST(an empty log begins behind nothing) {
  raft_log log{{}, {}};
  CAF_CHECK_EQUAL(log.first_index().value(), 1u);
  CAF_CHECK_EQUAL(log.last_index().value(), 0u);
  CAF_CHECK(log.has(pos(0, 0)));
  CAF_CHECK(!log.term_at(log_index{1}));
}

CAF_TEST(stored entries that the snapshot covers are ignored) {
  raft_log log{{pos(1, 2), {}, {}}, {at(1, 1), at(1, 2), at(2, 3)}};
  CAF_CHECK_EQUAL(log.first_index().value(), 3u);
  CAF_CHECK_EQUAL(log.last_index().value(), 3u);
  CAF_CHECK_EQUAL(log.stable_index().value(), 3u);
  CAF_CHECK_EQUAL(log.applied_index().value(), 2u);
  CAF_CHECK(log.has(pos(1, 2)) && log.has(pos(2, 3)) && !log.has(pos(1, 1)) && !log.has(pos(1, 3)));
}

CAF_TEST(a stored log that the snapshot has replaced is ignored) {
  raft_log log{{pos(5, 3), {}, {}}, {at(1, 1), at(1, 2), at(2, 3), at(4, 4)}};
  CAF_CHECK(log.last() == pos(5, 3));
  raft_log same{{pos(2, 3), {}, {}}, {at(1, 1), at(1, 2), at(2, 3), at(4, 4)}};
  CAF_CHECK(same.last() == pos(4, 4));
}

CAF_TEST(merging keeps what agrees and replaces what does not ) {
  auto log = sample();
  CAF_CHECK_EQUAL(log.merge({at(1, 2), at(2, 3)}, log_index{1}).value(), 3u);
  CAF_CHECK_EQUAL(log.last_index().value(), 4u); // an old append takes nothing away
  CAF_CHECK_EQUAL(log.merge({at(2, 3), at(5, 4), at(5, 5)}, log_index{2}).value(), 5u);
  CAF_CHECK(log.last() == pos(5, 5));
  CAF_CHECK_EQUAL(log.stable_index().value(), 3u);
  CAF_CHECK_EQUAL(log.merge({}, log_index{5}).value(), 5u);
}

CAF_TEST(what was replaced while it was written does not count as written) {
  raft_log log{{}, {at(1, 1)}};
  log.append(at(1, 2));
  log.append(at(1, 3));
  log.merge({at(2, 2)}, log_index{1});
  log.stable_to(pos(1, 3));
  CAF_CHECK_EQUAL(log.stable_index().value(), 1u);
  log.stable_to(pos(2, 2));
  CAF_CHECK_EQUAL(log.stable_index().value(), 2u);
}

CAF_TEST(a candidate needs a log that covers this one) {
  auto log = sample();
  CAF_CHECK(log.is_covered_by(pos(4, 4)));
  CAF_CHECK(log.is_covered_by(pos(4, 5)));
  CAF_CHECK(log.is_covered_by(pos(5, 1)));
  CAF_CHECK(!log.is_covered_by(pos(4, 3)));
  CAF_CHECK(!log.is_covered_by(pos(3, 9)));
}

CAF_TEST(the hint is the newest that may agree) {
  auto log = sample();
  CAF_CHECK(log.newest_up_to(log_index{9}, term{3}) == pos(2, 3));
  CAF_CHECK(log.newest_up_to(log_index{2}, term{9}) == pos(1, 2));
  CAF_CHECK(log.newest_up_to(log_index{4}, term{0}) == pos(0, 0));
}

CAF_TEST(reading gives at least one entry and then what fits) {
  raft_log log{{}, {at(1, 1, "aaaa"), at(1, 2, "bb"), at(1, 3, "c")}};
  CAF_CHECK_EQUAL(log.read(log_index{1}, 1).size(), 1u);
  CAF_CHECK_EQUAL(log.read(log_index{1}, 6).size(), 2u);
  CAF_CHECK_EQUAL(log.read(log_index{2}, 99).size(), 2u);
  CAF_CHECK(log.read(log_index{4}, 99).empty());
}

CAF_TEST(compaction keeps the tail and an installed snapshot does not ) {
  auto log = sample();
  log.applied_to(log_index{3});
  log.compact({pos(2, 3), {}, {}});
  CAF_CHECK_EQUAL(log.first_index().value(), 4u);
  CAF_CHECK(log.last() == pos(4, 4));
  log.compact({pos(1, 2), {}, {}}); // older than what is there
  CAF_CHECK(log.base().at == pos(2, 3));
  log.install({pos(7, 20), {}, {}});
  CAF_CHECK_EQUAL(log.last_index().value(), 20u);
  CAF_CHECK_EQUAL(log.applied_index().value(), 20u);
  CAF_CHECK(log.range(log_index{21}, log_index{20}).empty());
}
