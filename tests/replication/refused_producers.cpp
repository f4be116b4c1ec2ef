#define CAF_SUITE refused_producers
#include "caf/test/unit_test.hpp"

#include "runtime/replication/refused_producers.hpp"

#include <limits>

using namespace troupe;
using namespace troupe::replication;

namespace {

producer_batch batch(std::int64_t producer, std::int16_t epoch, std::int32_t sequence) {
  return {producer_id{producer}, producer_epoch{epoch}, sequence};
}

constexpr auto why = errc::not_enough_replicas;

} // namespace

CAF_TEST(what was sent behind a refused batch is refused in the same way until that one is taken) {
  refused_producers all;
  CAF_CHECK(all.reason_for(batch(1, 0, 10), 0) == errc::none);
  all.refused(batch(1, 0, 10), why, 0);
  CAF_CHECK(all.reason_for(batch(1, 0, 20), 1) == why);
  CAF_CHECK(all.reason_for(batch(1, 0, 10), 1) == errc::none);
  CAF_CHECK(all.reason_for(batch(1, 0, 5), 1) == errc::none);
  CAF_CHECK(all.reason_for(batch(2, 0, 20), 1) == errc::none);
  all.taken(batch(1, 0, 5));
  CAF_CHECK(all.reason_for(batch(1, 0, 20), 1) == why);
  all.taken(batch(1, 0, 10));
  CAF_CHECK(all.empty());
}

CAF_TEST(the first refused batch of several is the one that counts) {
  refused_producers all;
  all.refused(batch(1, 0, 10), why, 0);
  all.refused(batch(1, 0, 20), why, 0);
  CAF_CHECK(all.reason_for(batch(1, 0, 20), 1) == why);
  all.refused(batch(1, 0, 4), why, 1);
  CAF_CHECK(all.reason_for(batch(1, 0, 10), 1) == why);
  CAF_CHECK(all.reason_for(batch(1, 0, 4), 1) == errc::none);
}

CAF_TEST(a new epoch of a producer begins anew) {
  refused_producers all;
  all.refused(batch(1, 3, 10), why, 0);
  CAF_CHECK(all.reason_for(batch(1, 4, 20), 0) == errc::none);
  CAF_CHECK(all.reason_for(batch(1, 2, 20), 0) == errc::none);
  all.refused(batch(1, 2, 5), why, 0); // it came late, and says nothing of the newer one
  CAF_CHECK(all.reason_for(batch(1, 3, 20), 0) == why);
  all.taken(batch(1, 2, 0));
  CAF_CHECK(!all.empty());
  all.refused(batch(1, 4, 0), why, 0);
  CAF_CHECK(all.reason_for(batch(1, 3, 20), 0) == errc::none);
  CAF_CHECK(all.reason_for(batch(1, 4, 7), 0) == why);
  all.taken(batch(1, 5, 0));
  CAF_CHECK(all.empty());
}

CAF_TEST(sequences begin again behind the largest one) {
  refused_producers all;
  auto last = std::numeric_limits<std::int32_t>::max();
  all.refused(batch(1, 0, last - 1), why, 0);
  CAF_CHECK(all.reason_for(batch(1, 0, 3), 0) == why);
  CAF_CHECK(all.reason_for(batch(1, 0, last - 9), 0) == errc::none);
}

CAF_TEST(batches without a producer or a sequence leave nothing behind) {
  refused_producers all;
  all.refused({no_producer_id, producer_epoch{-1}, -1}, why, 0);
  all.refused(batch(1, 0, -1), why, 0);
  CAF_CHECK(all.empty());
}

CAF_TEST(there is an end in time and in number) {
  refused_producers all;
  all.refused(batch(1, 0, 10), why, 0);
  CAF_CHECK(all.reason_for(batch(1, 0, 20), refused_producers::remembered_ms) == why);
  CAF_CHECK(all.reason_for(batch(1, 0, 20), refused_producers::remembered_ms + 1) == errc::none);
  all.refused(batch(1, 0, 30), why, refused_producers::remembered_ms + 1); // the old one does not hide it
  CAF_CHECK(all.reason_for(batch(1, 0, 40), refused_producers::remembered_ms + 1) == why);
  auto now = 10 * refused_producers::remembered_ms;
  for (std::int64_t id = 0; id < 2000; ++id)
    all.refused(batch(id, 0, 0), why, now);
  CAF_CHECK(all.reason_for(batch(0, 0, 1), now) == why);
  CAF_CHECK(all.reason_for(batch(999, 0, 1), now) == why);
  CAF_CHECK(all.reason_for(batch(1999, 0, 1), now) == errc::none);
  now += refused_producers::remembered_ms + 1;
  all.refused(batch(1999, 0, 0), why, now); // those of old make room
  CAF_CHECK(all.reason_for(batch(1999, 0, 1), now) == why);
}
