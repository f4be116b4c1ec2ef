#define CAF_SUITE remote_error_codes
#include "caf/test/unit_test.hpp"

#include "actors/remote/error_codes.hpp"

#include "runtime/wire/error_code.hpp"

using namespace troupe;
using wire::error_code;

namespace {

errc of(error_code code) { return remote::errc_of(wire::number(code)); }

} // namespace

CAF_TEST(what a producer decides by comes back from the wire as it was) {
  for (auto code : {errc::none, errc::too_large, errc::batch_beyond_segment, errc::checksum_mismatch, errc::invalid_record,
                    errc::invalid_timestamp, errc::out_of_order_sequence, errc::invalid_producer_epoch,
                    errc::unknown_topic_or_partition, errc::not_leader, errc::not_enough_replicas, errc::io_error})
    CAF_CHECK(of(wire::to_error_code(code)) == code);
}

CAF_TEST(a producer id that the node has forgotten is replaced) {
  CAF_CHECK(of(error_code::unknown_producer_id) == errc::invalid_producer_epoch);
}

CAF_TEST(what is not known here stands for nothing in particular) {
  CAF_CHECK(of(error_code::unknown_server_error) == errc::invalid_request);
  CAF_CHECK(of(static_cast<error_code>(30'000)) == errc::invalid_request);
}
