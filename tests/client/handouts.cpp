#define CAF_SUITE client_handouts
#include "caf/test/unit_test.hpp"

#include "actors/client/handout_ledger.hpp"

#include <string>

using namespace troupe;
using namespace troupe::client;

namespace {

using kind = partition_notice::kind;

record_batch batch_at(std::int64_t first) { return *make_batch("t", partition_id{0}, offset{first}, {make_record("x")}); }

partition_notice notice(kind what, std::int64_t from, std::int64_t next) {
  return {what, "t", partition_id{0}, offset{from}, offset{next}, {}};
}

/// What another handler is handed: "batch 3, gap 4-7".
std::string again(handout_ledger& ledger) {
  constexpr const char* names[] = {"end", "gap", "reset", "stopped"};
  std::string all;
  for (auto& item : ledger.hand_again(0)) {
    all += all.empty() ? "" : ", ";
    if (auto* batch = std::get_if<handout>(&item)) {
      all += "batch " + std::to_string(batch->records.first_offset().value());
      CAF_CHECK(batch->again);
      continue;
    }
    auto& told = std::get<partition_notice>(item);
    all += std::string{names[static_cast<std::size_t>(told.what)]} + " " + std::to_string(told.from.value()) + "-"
           + std::to_string(told.next.value());
  }
  return all;
}

struct fixture {
  std::uint64_t hand(std::int64_t first, std::uint32_t lane = 0) { return ledger.hand(lane, batch_at(first), 0).id; }
  void tell(kind what, std::int64_t from, std::int64_t next, std::uint32_t lane = 0) {
    ledger.tell(lane, notice(what, from, next));
  }

  handout_ledger ledger{handout_rules{}};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(handouts_tests, fixture)

CAF_TEST(notices are told again in their places) {
  hand(0);
  tell(kind::gap, 1, 5);
  auto second = hand(5);
  tell(kind::gap, 6, 9);
  hand(9);
  tell(kind::end_of_partition, 10, 10);
  CAF_CHECK_EQUAL(again(ledger), "batch 0, gap 1-5, batch 5, gap 6-9, batch 9, end 10-10");
  CAF_CHECK(ledger.answered(second, 0)); // whoever answers it has read what came before
  CAF_CHECK_EQUAL(again(ledger), "batch 0, gap 6-9, batch 9, end 10-10");
}

CAF_TEST(notices cost no credit) {
  for (int i = 0; i < 100; ++i)
    tell(kind::gap, i, i + 1);
  CAF_CHECK(ledger.has_credit(1'000'000'000));
  CAF_CHECK_EQUAL(ledger.unanswered(), 0u);
}

CAF_TEST(without records between them the latest of a kind is enough) {
  hand(0);
  tell(kind::gap, 1, 5);
  tell(kind::gap, 7, 9);
  tell(kind::end_of_partition, 9, 9);
  tell(kind::gap, 9, 20);
  tell(kind::end_of_partition, 20, 20);
  tell(kind::stopped, 3, 3, 1); // of another partition
  CAF_CHECK_EQUAL(again(ledger), "batch 0, gap 1-20, end 20-20, stopped 3-3");
}

CAF_TEST(where somebody seeks nothing is told again) {
  hand(0);
  tell(kind::gap, 1, 5);
  tell(kind::stopped, 5, 5);
  tell(kind::stopped, 8, 8, 1);
  ledger.forget(0);
  tell(kind::end_of_partition, 7, 7);
  CAF_CHECK_EQUAL(again(ledger), "stopped 8-8, end 7-7");
}

CAF_TEST_FIXTURE_SCOPE_END()
