#define CAF_SUITE wire_errors
#include "caf/test/unit_test.hpp"

#include "runtime/wire/error_code.hpp"

#include <set>

using namespace troupe;
using namespace troupe::wire;

CAF_TEST(codes have the numbers and names of Kafka) {
  CAF_CHECK_EQUAL(name(error_code::unknown_server_error), "UNKNOWN_SERVER_ERROR");
  CAF_CHECK_EQUAL(number(error_code::unknown_server_error), -1);
  CAF_CHECK_EQUAL(number(error_code::not_leader_or_follower), 6);
  CAF_CHECK_EQUAL(number(error_code::unsupported_version), 35);
  CAF_CHECK_EQUAL(number(error_code::kafka_storage_error), 56);
  CAF_CHECK_EQUAL(number(error_code::unknown_topic_id), 100);
  CAF_CHECK_EQUAL(number(error_code::inconsistent_topic_id), 103);
  CAF_CHECK_EQUAL(number(error_code::invalid_regular_expression), 128);
  CAF_CHECK_EQUAL(name(error_code::invalid_producer_epoch), "INVALID_PRODUCER_EPOCH");
  CAF_CHECK_EQUAL(name(static_cast<error_code>(-2)), "ERROR_-2");
  CAF_CHECK_EQUAL(name(static_cast<error_code>(30'000)), "ERROR_30000");
}

CAF_TEST(clients retry what passes) {
  CAF_CHECK(is_retriable(error_code::not_leader_or_follower));
  CAF_CHECK(is_retriable(error_code::coordinator_not_available));
  CAF_CHECK(is_retriable(error_code::unknown_topic_or_partition));
  CAF_CHECK(!is_retriable(error_code::message_too_large));
  CAF_CHECK(!is_retriable(error_code::none));
  CAF_CHECK(!is_retriable(static_cast<error_code>(30'000)));
}

CAF_TEST(every error of the runtime has a code for clients) {
  std::set<std::int16_t> codes;
  for (int i = 0; i <= static_cast<int>(errc::last_code); ++i) {
    auto code = to_error_code(static_cast<errc>(i));
    CAF_CHECK_EQUAL(code == error_code::none, i == 0);
    codes.insert(number(code));
  }
  CAF_CHECK_GREATER(codes.size(), 20u);
}

CAF_TEST(what the disk does to a producer can be retried) {
  for (auto code : {errc::no_space, errc::io_error, errc::busy, errc::timed_out, errc::shutting_down})
    CAF_CHECK(is_retriable(to_error_code(code)));
  CAF_CHECK_EQUAL(name(to_error_code(errc::checksum_mismatch)), "CORRUPT_MESSAGE");
  CAF_CHECK_EQUAL(name(to_error_code(errc::batch_beyond_segment)), "RECORD_LIST_TOO_LARGE");
  CAF_CHECK_EQUAL(name(to_error_code(errc::policy_violation)), "POLICY_VIOLATION");
}
