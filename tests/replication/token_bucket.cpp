#define CAF_SUITE token_bucket
#include "caf/test/unit_test.hpp"

#include "runtime/replication/token_bucket.hpp"

using namespace troupe::replication;

namespace {

constexpr std::int64_t second = 1'000'000'000;

} // namespace

CAF_TEST(what is paid passes at the rate) {
  token_bucket bucket;
  bucket.set_rate(1000, 5 * second);
  bucket.pay(500, 5 * second);
  CAF_CHECK_EQUAL(bucket.free_at_ns(), 5 * second + second / 2);
  bucket.pay(1000, 5 * second); // somebody else at the same time
  CAF_CHECK_EQUAL(bucket.free_at_ns(), 6 * second + second / 2);
  bucket.pay(1000, 20 * second); // nothing is saved up
  CAF_CHECK_EQUAL(bucket.free_at_ns(), 21 * second);
}

CAF_TEST(without a rate nobody waits) {
  token_bucket bucket;
  bucket.pay(1 << 30, second);
  CAF_CHECK_EQUAL(bucket.free_at_ns(), second);
}

CAF_TEST(what is owed is paid at the new rate) {
  token_bucket bucket;
  bucket.set_rate(1000, 0);
  bucket.pay(4000, 0);
  bucket.set_rate(2000, 2 * second);
  CAF_CHECK_EQUAL(bucket.free_at_ns(), 3 * second);
  bucket.set_rate(token_bucket::unlimited, 2 * second);
  CAF_CHECK_EQUAL(bucket.free_at_ns(), 2 * second);
}

CAF_TEST(a rate of nothing has a longest wait) {
  token_bucket bucket;
  bucket.set_rate(0, 0);
  for (int i = 0; i < 100; ++i)
    bucket.pay(1 << 30, second);
  CAF_CHECK_EQUAL(bucket.free_at_ns(), second + token_bucket::longest_wait_ns);
}
