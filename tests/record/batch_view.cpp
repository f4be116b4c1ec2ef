#define CAF_SUITE batch_view
#include "caf/test/unit_test.hpp"

#include "tests/record/support.hpp"

using namespace record_test;

namespace {

std::string sample() {
  batch_options options;
  options.producer_id = producer_id{0x0102030405060708};
  options.producer_epoch = producer_epoch{0x0910};
  options.base_sequence = 0x11121314;
  options.is_transactional = true;
  options.base_offset = offset{1000};
  options.epoch = leader_epoch{7};
  return small_batch(5, options);
}

} // namespace

CAF_TEST(every field of the header is where it should be) {
  auto data = sample();
  auto batch = batch_view::parse(data);
  CAF_REQUIRE(batch.has_value());
  CAF_CHECK_EQUAL(batch->base_offset().value(), 1000);
  CAF_CHECK_EQUAL(batch->partition_leader_epoch().value(), 7);
  CAF_CHECK_EQUAL(static_cast<int>(batch->magic()), 2);
  CAF_CHECK_EQUAL(batch->length(), static_cast<std::int32_t>(data.size()) - 12);
  CAF_CHECK_EQUAL(batch->size(), data.size());
  CAF_CHECK_EQUAL(batch->attributes(), 0x10);
  CAF_CHECK(batch->compression() == compression::none);
  CAF_CHECK(batch->timestamp_type() == timestamp_type::create_time);
  CAF_CHECK(batch->is_transactional());
  CAF_CHECK(!batch->is_control());
  CAF_CHECK(!batch->delete_horizon());
  CAF_CHECK_EQUAL(batch->last_offset_delta(), 4);
  CAF_CHECK_EQUAL(batch->base_timestamp().value(), now_ms);
  CAF_CHECK_EQUAL(batch->max_timestamp().value(), now_ms + 4);
  CAF_CHECK_EQUAL(batch->producer_id().value(), 0x0102030405060708);
  CAF_CHECK_EQUAL(batch->producer_epoch().value(), 0x0910);
  CAF_CHECK_EQUAL(batch->base_sequence(), 0x11121314);
  CAF_CHECK_EQUAL(batch->last_sequence(), 0x11121318);
  CAF_CHECK_EQUAL(batch->record_count(), 5);
  CAF_CHECK_EQUAL(batch->last_offset().value(), 1004);
  CAF_CHECK_EQUAL(batch->next_offset().value(), 1005);
  CAF_CHECK(batch->contains(offset{1000}) && batch->contains(offset{1004}));
  CAF_CHECK(!batch->contains(offset{999}) && !batch->contains(offset{1005}));
  CAF_CHECK_EQUAL(batch->records_section().size(), data.size() - 61);
  CAF_CHECK(batch->crc_ok());
}

CAF_TEST(the bits of the attributes are told apart) {
  auto view = [](std::string& data, int attributes) {
    data = changed(sample(), position::attributes, static_cast<std::int16_t>(attributes));
    return *batch_view::parse(data);
  };
  std::string data;
  CAF_CHECK(view(data, 0x04).compression() == compression::zstd);
  CAF_CHECK(!is_known(view(data, 0x05).compression()));
  CAF_CHECK(view(data, 0x08).timestamp_type() == timestamp_type::log_append_time);
  CAF_CHECK(!view(data, 0x08).is_transactional());
  CAF_CHECK(view(data, 0x20).is_control());
  CAF_CHECK(!view(data, 0x20).delete_horizon());
  CAF_CHECK(view(data, 0x40).delete_horizon() == timestamp_ms{now_ms});
}

CAF_TEST(sequence numbers go on with 0 after the last one) {
  CAF_CHECK_EQUAL(sequence_after(2147483647, 0), 2147483647);
  CAF_CHECK_EQUAL(sequence_after(2147483647, 1), 0);
  CAF_CHECK_EQUAL(sequence_after(2147483640, 10), 2);
  auto data = changed(sample(), position::base_sequence, std::int32_t{-1});
  CAF_CHECK_EQUAL(batch_view::parse(data)->last_sequence(), -1);
}

CAF_TEST(impossible structures are refused) {
  auto data = sample();
  for (std::size_t size = 0; size < data.size(); ++size)
    CAF_CHECK_EQUAL(code_of(batch_view::parse(std::string_view{data}.substr(0, size))), "end_of_input");
  CAF_CHECK_EQUAL(code_of(batch_view::parse(changed(data, position::magic, std::int8_t{1}))),
                  "unsupported_version");
  CAF_CHECK_EQUAL(code_of(batch_view::parse(changed(data, position::length, std::int32_t{48}))), "malformed");
  CAF_CHECK_EQUAL(code_of(batch_view::parse(changed(data, position::length, std::int32_t{-1}))), "malformed");
  CAF_CHECK_EQUAL(code_of(batch_view::parse(changed(data, position::length, std::int32_t{2147483647}))),
                  "end_of_input");
  CAF_CHECK_EQUAL(code_of(batch_view::parse(changed(data, position::record_count, std::int32_t{-1}))),
                  "malformed");
  CAF_CHECK_EQUAL(code_of(batch_view::parse(changed(data, position::last_offset_delta, std::int32_t{-1}))),
                  "malformed");
  CAF_CHECK_EQUAL(code_of(batch_view::parse(changed(data, position::base_offset, std::int64_t{-1}))),
                  "malformed");
  CAF_CHECK_EQUAL(code_of(batch_view::parse(changed(data, position::base_offset, INT64_MAX))), "malformed");
}

CAF_TEST(several batches come one after the other and the bytes behind them are refused) {
  auto data = small_batch(1) + small_batch(2) + small_batch(3);
  auto whole = data.size();
  data += "xyz";
  batch_cursor good{std::string_view{data}.substr(0, whole)};
  std::vector<std::int32_t> counts;
  while (auto batch = good.next())
    counts.push_back(batch->record_count());
  CAF_CHECK(good.ok());
  CAF_CHECK_EQUAL(good.position(), whole);
  CAF_CHECK_EQUAL(counts, (std::vector<std::int32_t>{1, 2, 3}));
  batch_cursor bad{data};
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(bad.next().has_value());
  CAF_CHECK(!bad.next());
  CAF_CHECK(!bad.ok());
  CAF_CHECK(bad.error() == errc::end_of_input);
  CAF_CHECK_EQUAL(bad.position(), whole);
  CAF_CHECK(!bad.next());
  CAF_CHECK_EQUAL(bad.position(), whole);
}

CAF_TEST(offsets are assigned without touching what the checksum covers) {
  auto data = bytes::copy_of(sample());
  auto before = std::string{data.view()};
  assign_offsets(data, offset{123456789012}, leader_epoch{42});
  auto batch = *batch_view::parse(data.view());
  CAF_CHECK_EQUAL(batch.base_offset().value(), 123456789012);
  CAF_CHECK_EQUAL(batch.partition_leader_epoch().value(), 42);
  CAF_CHECK(batch.crc_ok());
  CAF_CHECK_EQUAL(data.view().substr(position::magic), std::string_view{before}.substr(position::magic));
  CAF_CHECK_EQUAL(data.view().substr(8, 4), std::string_view{before}.substr(8, 4));
}

CAF_TEST(the append time replaces the maximal timestamp and keeps everything else) {
  auto data = bytes::copy_of(sample());
  assign_log_append_time(data, timestamp_ms{now_ms + 1'000'000});
  auto batch = *batch_view::parse(data.view());
  CAF_CHECK(batch.timestamp_type() == timestamp_type::log_append_time);
  CAF_CHECK_EQUAL(batch.max_timestamp().value(), now_ms + 1'000'000);
  CAF_CHECK_EQUAL(batch.base_timestamp().value(), now_ms);
  CAF_CHECK(batch.is_transactional());
  CAF_CHECK(batch.crc_ok());
  CAF_CHECK(batch_view::parse(sample())->crc() != batch.crc());
}

CAF_TEST(a changed byte is noticed by the checksum) {
  auto data = sample();
  data.back() = static_cast<char>(data.back() ^ 1);
  CAF_CHECK(!batch_view::parse(data)->crc_ok());
}
