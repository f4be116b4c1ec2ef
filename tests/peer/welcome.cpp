#define CAF_SUITE welcome

#include "actors/peer/welcome.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe;
using namespace troupe::peer;

namespace {

constexpr std::int64_t now = 10'000;
constexpr std::int64_t patience = 3'000;

} // namespace

CAF_TEST(who is refused by most for long enough hears why) {
  welcome w;
  w.turned_away(node_id{1}, "it refuses this node: why", now);
  CAF_CHECK_EQUAL(w.verdict(2, patience, now + patience), ""); // half is not most
  w.turned_away(node_id{3}, "another reason", now + 100);
  w.turned_away(node_id{1}, "it refuses this node: why", now + 200); // again: since when counts
  CAF_CHECK_EQUAL(w.verdict(2, patience, now + patience + 99), "");
  CAF_CHECK_EQUAL(w.verdict(2, patience, now + patience + 100),
                  "2 of 2 other nodes refuse this one; the first of them: it refuses this node: why");
  CAF_CHECK_EQUAL(w.verdict(4, patience, now + patience + 100), "");
}

CAF_TEST(who is not there refuses nobody) {
  welcome w;
  w.turned_away(node_id{1}, "no", now);
  w.not_reached(node_id{1});
  CAF_CHECK_EQUAL(w.verdict(1, patience, now + patience), "");
  w.turned_away(node_id{1}, "no", now + patience); // begins anew
  CAF_CHECK_EQUAL(w.verdict(1, patience, now + patience), "");
  CAF_CHECK(!w.verdict(1, patience, now + 2 * patience).empty());
}

CAF_TEST(who was let in once is one of them) {
  welcome w;
  w.turned_away(node_id{1}, "no", now);
  CAF_CHECK(!w.is_let_in());
  w.let_in();
  CAF_CHECK(w.is_let_in());
  CAF_CHECK_EQUAL(w.verdict(1, patience, now + patience), "");
}
