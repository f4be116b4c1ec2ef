#define CAF_SUITE repair_core
#include "caf/test/unit_test.hpp"

#include "runtime/replication/repair_core.hpp"

using namespace troupe;
using namespace troupe::replication;

namespace {

constexpr std::int64_t now = 50'000;

/// Records 10 to 19 are lost, 400 bytes; below 15 they are of epoch 2, from there on of 3.
struct repair_fixture {
  repair_core core;
  lost_range lost{offset{10}, offset{20}, 400};
  repair_core::question asked = core.found(lost, {node_id{2}, node_id{3}}, now);

  static batch_extent batch(int base, int last, int epoch) { return {offset{base}, offset{last}, leader_epoch{epoch}}; }

  std::int64_t place(std::vector<batch_extent> batches, std::uint64_t size) {
    auto known = [](offset at) { return at < offset{15} ? leader_epoch{2} : at < offset{20} ? leader_epoch{3} : no_leader_epoch; };
    auto found = core.place(batches, size, known);
    return found ? static_cast<std::int64_t>(*found) : -1;
  }
};

} // namespace

CAF_TEST(one after the other is asked and then there is a pause) {
  repair_fixture f;
  CAF_REQUIRE(f.asked);
  CAF_CHECK_EQUAL(f.asked->to.value(), 2);
  CAF_CHECK(!f.core.found(f.lost, {node_id{3}}, now)); // one at a time
  CAF_CHECK(f.core.expects(node_id{2}, f.asked->round));
  CAF_CHECK(!f.core.expects(node_id{3}, f.asked->round));
  auto second = f.core.refused(now);
  CAF_REQUIRE(second);
  CAF_CHECK_EQUAL(second->to.value(), 3);
  CAF_CHECK(!f.core.expects(node_id{2}, f.asked->round));
  CAF_CHECK(!f.core.late(f.asked->round, now)); // it answered
  CAF_CHECK(!f.core.late(second->round, now));  // and nobody is left
  CAF_CHECK(!f.core.expects(node_id{3}, second->round));
  CAF_CHECK(!f.core.found(f.lost, {node_id{2}}, now + repair_core::pause_ms - 1));
  auto again = f.core.found(f.lost, {node_id{2}}, now + repair_core::pause_ms);
  CAF_REQUIRE(again);
  CAF_CHECK(again->round > second->round);
}

CAF_TEST(who does not answer is passed over) {
  repair_fixture f;
  auto second = f.core.late(f.asked->round, now + repair_core::answer_max_ms);
  CAF_REQUIRE(second);
  CAF_CHECK_EQUAL(second->to.value(), 3);
}

CAF_TEST(nobody to ask is a pause too) {
  repair_core core;
  CAF_CHECK(!core.found({offset{0}, offset{1}, 80}, {}, now));
  CAF_CHECK(!core.found({offset{0}, offset{1}, 80}, {node_id{2}}, now));
}

CAF_TEST(an answer must be what was there) {
  repair_fixture f;
  auto batch = repair_fixture::batch;
  CAF_CHECK_EQUAL(f.place({batch(10, 14, 2), batch(15, 19, 3)}, 400), 0);
  CAF_CHECK_EQUAL(f.place({batch(10, 14, 2)}, 150), 0);
  CAF_CHECK_EQUAL(f.place({batch(15, 19, 3)}, 250), 150);
  CAF_CHECK_EQUAL(f.place({}, 0), -1);
  CAF_CHECK_EQUAL(f.place({batch(10, 14, 2), batch(15, 19, 3)}, 399), -1); // another length
  CAF_CHECK_EQUAL(f.place({batch(10, 14, 2), batch(15, 19, 3)}, 401), -1);
  CAF_CHECK_EQUAL(f.place({batch(10, 14, 2)}, 400), -1);
  CAF_CHECK_EQUAL(f.place({batch(10, 14, 2), batch(15, 19, 2)}, 400), -1); // another history
  CAF_CHECK_EQUAL(f.place({batch(10, 13, 2), batch(15, 19, 3)}, 400), -1); // a gap
  CAF_CHECK_EQUAL(f.place({batch(11, 14, 2)}, 150), -1);                   // neither the first nor the last
  CAF_CHECK_EQUAL(f.place({batch(10, 14, 2), batch(15, 20, 3)}, 400), -1); // more than was lost
  CAF_CHECK_EQUAL(f.place({batch(20, 21, -1)}, 100), -1);                  // an epoch that nobody knows
}

CAF_TEST(what was patched makes room for the next) {
  repair_fixture f;
  f.core.patching();
  CAF_CHECK(!f.core.found(f.lost, {node_id{2}}, now));
  CAF_CHECK(!f.core.late(f.asked->round, now));
  f.core.patched(f.asked->round + 1, true, now); // of another one
  CAF_CHECK(!f.core.found(f.lost, {node_id{2}}, now));
  f.core.patched(f.asked->round, true, now);
  auto next = f.core.found(f.lost, {node_id{2}}, now);
  CAF_REQUIRE(next);
  f.core.patching();
  f.core.patched(next->round, false, now);
  CAF_CHECK(!f.core.found(f.lost, {node_id{2}}, now));
}

CAF_TEST(nothing is expected once the log was cut) {
  repair_fixture f;
  f.core.forget();
  CAF_CHECK(!f.core.expects(node_id{2}, f.asked->round));
  CAF_CHECK(f.core.found(f.lost, {node_id{2}}, now));
}
