#define CAF_SUITE validator
#include "caf/test/unit_test.hpp"

#include "runtime/record/validator.hpp"
#include "tests/record/support.hpp"

#include <limits>

using namespace record_test;

namespace {

struct fixture {
  validation_rules rules;
  decompression_budget budget;
  std::vector<record_error> errors;

  fixture() { rules.now = timestamp_ms{now_ms}; }

  result<batch_info> check(std::string_view batch) {
    errors.clear();
    return validate_batch(batch, rules, budget, &errors);
  }

  std::string code(std::string_view batch) { return code_of(check(batch)); }
};

batch_options idempotent() {
  batch_options options;
  options.producer_id = producer_id{77};
  options.producer_epoch = producer_epoch{3};
  options.base_sequence = 2147483646;
  return options;
}

/// Three records with these times.
std::string batch_at(std::vector<std::int64_t> times, compression c = compression::none) {
  batch_options options;
  options.compression = c;
  batch_builder builder{options};
  for (auto t : times)
    static_cast<void>(builder.add(timestamp_ms{t}, "k", "v"));
  return std::string{builder.build().view()};
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(validator_tests, fixture)

CAF_TEST(a good batch gives what the log needs to know) {
  for (auto codec : all_codecs) {
    auto options = idempotent();
    options.compression = codec;
    options.is_transactional = true;
    auto data = small_batch(5, options);
    auto info = check(data);
    CAF_REQUIRE_EQUAL(code_of(info), "none");
    CAF_CHECK_EQUAL(info->size_bytes, data.size());
    CAF_CHECK_EQUAL(info->record_count, 5);
    CAF_CHECK_EQUAL(info->last_offset_delta, 4);
    CAF_CHECK_EQUAL(info->base_timestamp.value(), now_ms);
    CAF_CHECK_EQUAL(info->max_timestamp.value(), now_ms + 4);
    CAF_CHECK_EQUAL(info->max_timestamp_offset_delta, 4);
    CAF_CHECK_EQUAL(info->producer_id.value(), 77);
    CAF_CHECK_EQUAL(info->producer_epoch.value(), 3);
    CAF_CHECK_EQUAL(info->base_sequence, 2147483646);
    CAF_CHECK_EQUAL(info->last_sequence, 2);
    CAF_CHECK(info->compression == codec);
    CAF_CHECK(info->is_transactional);
    CAF_CHECK(!info->needs_timestamp);
  }
}

CAF_TEST(exactly one whole batch is needed) {
  auto data = small_batch();
  CAF_CHECK_EQUAL(code(""), "invalid_record");
  CAF_CHECK_EQUAL(code(data + data), "invalid_record");
  CAF_CHECK_EQUAL(code(data + "x"), "invalid_record");
  CAF_CHECK_EQUAL(code(std::string_view{data}.substr(0, data.size() - 1)), "invalid_record");
}

CAF_TEST(only magic 2 is taken) {
  for (std::int8_t magic : {0, 1, 3, -1}) {
    auto data = small_batch();
    set(data, position::magic, magic);
    CAF_CHECK_EQUAL(code(data), "invalid_record");
  }
}

CAF_TEST(the checksum must agree) {
  auto data = small_batch();
  data.back() = static_cast<char>(data.back() ^ 0x40);
  CAF_CHECK_EQUAL(code(data), "checksum_mismatch");
}

CAF_TEST(the base offset must be 0 but the leader epoch does not matter) {
  auto data = small_batch();
  set(data, position::base_offset, std::int64_t{1});
  CAF_CHECK_EQUAL(code(data), "invalid_record");
  data = small_batch();
  set(data, position::leader_epoch, std::int32_t{12345});
  CAF_CHECK_EQUAL(code(data), "none");
}

CAF_TEST(a batch may be as large as the limit and no larger) {
  auto data = small_batch();
  rules.max_message_bytes = data.size();
  CAF_CHECK_EQUAL(code(data), "none");
  rules.max_message_bytes = data.size() - 1;
  CAF_CHECK_EQUAL(code(data), "too_large");
}

CAF_TEST(unknown compressions are refused and zstd where it is not allowed) {
  for (std::int16_t type : {5, 6, 7})
    CAF_CHECK_EQUAL(code(changed(small_batch(), position::attributes, type)), "unsupported_compression");
  batch_options options;
  options.compression = compression::zstd;
  auto data = small_batch(3, options);
  CAF_CHECK_EQUAL(code(data), "none");
  auto control = changed(small_batch(), position::attributes, std::int16_t{0x25});
  CAF_CHECK_EQUAL(code(control), "unsupported_compression"); // before any other rule of the header
  rules.zstd_allowed = false;
  CAF_CHECK_EQUAL(code(data), "unsupported_compression");
  options.compression = compression::lz4;
  CAF_CHECK_EQUAL(code(small_batch(3, options)), "none");
}

CAF_TEST(record count and last offset delta must agree with the records) {
  auto data = small_batch(3);
  CAF_CHECK_EQUAL(code(changed(data, position::last_offset_delta, std::int32_t{3})), "invalid_record");
  CAF_CHECK_EQUAL(code(changed(data, position::record_count, std::int32_t{2})), "invalid_record");
  for (std::int32_t count : {2, 4}) {
    auto both = changed(data, position::last_offset_delta, count - 1);
    CAF_CHECK_EQUAL(code(changed(both, position::record_count, count)), "invalid_record");
  }
  CAF_CHECK_EQUAL(code(batch_around("", 0)), "malformed");
  auto none = changed(batch_around("", 1), position::record_count, std::int32_t{0});
  CAF_CHECK_EQUAL(code(none), "invalid_record");
}

CAF_TEST(offset deltas must count up from 0) {
  CAF_CHECK_EQUAL(code(batch_around(record_bytes({0, 0}) + record_bytes({0, 1}), 2)), "none");
  CAF_CHECK_EQUAL(code(batch_around(record_bytes({0, 1}) + record_bytes({0, 0}), 2)), "invalid_record");
  CAF_CHECK_EQUAL(code(batch_around(record_bytes({0, 0}) + record_bytes({0, 0}), 2)), "invalid_record");
  CAF_CHECK_EQUAL(code(batch_around(record_bytes({0, 0}) + record_bytes({0, 2}), 2)), "invalid_record");
  CAF_CHECK_EQUAL(code(batch_around(record_bytes({0, -1}), 1)), "invalid_record");
}

CAF_TEST(damaged records are refused in every compression) {
  auto section = record_bytes({0, 0}) + record_bytes({0, 1});
  for (auto codec : all_codecs) {
    auto with = [&](std::string_view plain) { return batch_around(packed(codec, plain), 2, codec); };
    CAF_CHECK_EQUAL(code(with(section)), "none");
    CAF_CHECK_EQUAL(code(with(section + "x")), "invalid_record");
    CAF_CHECK_EQUAL(code(with(section.substr(0, section.size() - 1))), "invalid_record");
    CAF_CHECK_EQUAL(code(with("")), "invalid_record");
    if (codec != compression::none)
      CAF_CHECK_EQUAL(code(batch_around(section, 2, codec)), "invalid_record");
  }
}

CAF_TEST(clients may not send control batches or delete horizons) {
  CAF_CHECK_EQUAL(code(changed(small_batch(), position::attributes, std::int16_t{0x20})), "invalid_record");
  CAF_CHECK_EQUAL(code(changed(small_batch(), position::attributes, std::int16_t{0x40})), "invalid_record");
}

CAF_TEST(a producer id needs an epoch and a sequence and a transaction needs a producer id) {
  CAF_CHECK_EQUAL(code(small_batch(3, idempotent())), "none");
  auto options = idempotent();
  options.producer_epoch = producer_epoch{-1};
  CAF_CHECK_EQUAL(code(small_batch(3, options)), "invalid_record");
  options = idempotent();
  options.base_sequence = -1;
  CAF_CHECK_EQUAL(code(small_batch(3, options)), "invalid_record");
  options = {};
  options.is_transactional = true;
  CAF_CHECK_EQUAL(code(small_batch(3, options)), "invalid_record");
}

CAF_TEST(a producer may not claim the append time) {
  CAF_CHECK_EQUAL(code(changed(small_batch(), position::attributes, std::int16_t{0x08})),
                  "invalid_timestamp");
}

CAF_TEST(times must lie within the bounds of the topic) {
  rules.timestamp_before_max_ms = 1000;
  rules.timestamp_after_max_ms = 50;
  for (auto codec : {compression::none, compression::lz4}) {
    CAF_CHECK_EQUAL(code(batch_at({now_ms - 1000, now_ms, now_ms + 50}, codec)), "none");
    CAF_CHECK(errors.empty());
    CAF_CHECK_EQUAL(code(batch_at({now_ms, now_ms - 1001, now_ms, now_ms + 51}, codec)), "invalid_timestamp");
    CAF_REQUIRE_EQUAL(errors.size(), 2u);
    CAF_CHECK(errors[0] == (record_error{1, errc::invalid_timestamp}));
    CAF_CHECK(errors[1] == (record_error{3, errc::invalid_timestamp}));
    CAF_CHECK_EQUAL(code(batch_at({-1, -1}, codec)), "none");
    CAF_CHECK_EQUAL(code(batch_at({-2}, codec)), "invalid_timestamp");
  }
  rules.timestamps = timestamp_type::log_append_time;
  CAF_CHECK_EQUAL(code(batch_at({1, now_ms * 2})), "none");
}

CAF_TEST(by default old times are taken and those of more than an hour ahead are not ) {
  CAF_CHECK_EQUAL(code(batch_at({0, 1234})), "none");
  CAF_CHECK_EQUAL(code(batch_at({now_ms + 3'600'000})), "none");
  CAF_CHECK_EQUAL(code(batch_at({now_ms + 3'600'001})), "invalid_timestamp");
  rules.timestamp_after_max_ms = std::numeric_limits<std::int64_t>::max();
  CAF_CHECK_EQUAL(code(batch_at({std::numeric_limits<std::int64_t>::max()})), "none");
}

CAF_TEST(a time that overflows is refused) {
  auto data = batch_around(record_bytes({std::numeric_limits<std::int64_t>::max(), 0}), 1);
  CAF_CHECK_EQUAL(code(data), "invalid_record");
}

CAF_TEST(a compacted topic lists the records that lack a key) {
  auto section = record_bytes({0, 0}) + record_bytes({0, 1, std::nullopt}) + record_bytes({0, 2, ""})
                 + record_bytes({0, 3, std::nullopt});
  for (auto codec : {compression::none, compression::snappy}) {
    auto data = batch_around(packed(codec, section), 4, codec);
    rules.compacted = false;
    CAF_CHECK_EQUAL(code(data), "none");
    rules.compacted = true;
    CAF_CHECK_EQUAL(code(data), "invalid_record");
    CAF_REQUIRE_EQUAL(errors.size(), 2u);
    CAF_CHECK(errors[0] == (record_error{1, errc::invalid_record}));
    CAF_CHECK(errors[1] == (record_error{3, errc::invalid_record}));
    CAF_CHECK_EQUAL(code_of(validate_batch(data, rules, budget)), "invalid_record");
  }
}

CAF_TEST(a wrong time decides about the error of a batch that lacks keys too) {
  rules.compacted = true;
  auto data = batch_around(record_bytes({0, 0, std::nullopt}) + record_bytes({99'000'000, 1}), 2);
  CAF_CHECK_EQUAL(code(data), "invalid_timestamp");
  CAF_REQUIRE_EQUAL(errors.size(), 2u);
  CAF_CHECK(errors[0].code == errc::invalid_record);
  CAF_CHECK(errors[1].code == errc::invalid_timestamp);
}

CAF_TEST(no more than the agreed number of record errors is listed) {
  rules.compacted = true;
  batch_builder builder;
  for (int i = 0; i < 12'000; ++i)
    CAF_REQUIRE(builder.add(timestamp_ms{now_ms}, std::nullopt, "v").has_value());
  CAF_CHECK_EQUAL(code(builder.build().view()), "invalid_record");
  CAF_CHECK_EQUAL(errors.size(), record_errors_max);
}

CAF_TEST(the largest time is that of the records and its first record is named) {
  auto info = check(batch_at({now_ms, now_ms + 9, now_ms + 3, now_ms + 9}));
  CAF_REQUIRE(info.has_value());
  CAF_CHECK_EQUAL(info->max_timestamp.value(), now_ms + 9);
  CAF_CHECK_EQUAL(info->max_timestamp_offset_delta, 1);
}

CAF_TEST(a wrong maximal timestamp in the header is put right) {
  auto data = bytes::copy_of(changed(small_batch(3), position::max_timestamp, std::int64_t{5}));
  auto info = check(data.view());
  CAF_REQUIRE(info.has_value());
  CAF_CHECK(info->needs_timestamp);
  settle_timestamps(data, *info, rules.timestamps);
  auto batch = batch_view::parse(data.view());
  CAF_CHECK_EQUAL(batch->max_timestamp().value(), now_ms + 2);
  CAF_CHECK(batch->timestamp_type() == timestamp_type::create_time);
  CAF_CHECK_EQUAL(code(data.view()), "none");
}

CAF_TEST(the append time is set where the topic wants it) {
  rules.timestamps = timestamp_type::log_append_time;
  rules.now = timestamp_ms{now_ms + 12345};
  auto data = bytes::copy_of(small_batch(3));
  auto info = check(data.view());
  CAF_REQUIRE(info.has_value());
  CAF_CHECK_EQUAL(info->max_timestamp.value(), now_ms + 12345);
  CAF_CHECK_EQUAL(info->max_timestamp_offset_delta, 0);
  settle_timestamps(data, *info, rules.timestamps);
  auto batch = batch_view::parse(data.view());
  CAF_CHECK(batch->timestamp_type() == timestamp_type::log_append_time);
  CAF_CHECK_EQUAL(batch->max_timestamp().value(), now_ms + 12345);
  CAF_CHECK(batch->crc_ok());
}

CAF_TEST(records larger than the window of the walk are checked as well) {
  for (auto codec : real_codecs) {
    auto large = record_bytes({5,
                               1,
                               std::string(100'000, 'k'),
                               std::string(200'000, 'v'),
                               {{std::string(70'000, 'h'), std::string(80'000, 'w')}, {"n", std::nullopt}}});
    auto section = record_bytes({0, 0}) + large + record_bytes({1, 2, std::nullopt});
    rules.compacted = false;
    auto info = check(batch_around(packed(codec, section), 3, codec));
    CAF_REQUIRE_EQUAL(code_of(info), "none");
    CAF_CHECK_EQUAL(info->max_timestamp_offset_delta, 1);
    rules.compacted = true;
    CAF_CHECK_EQUAL(code(batch_around(packed(codec, section), 3, codec)), "invalid_record");
    CAF_REQUIRE_EQUAL(errors.size(), 1u);
    CAF_CHECK_EQUAL(errors[0].index, 2);
    CAF_CHECK_EQUAL(code(batch_around(packed(codec, section.substr(0, 300'000)), 3, codec)),
                    "invalid_record");
    // One length that spans two records, each of which is fine.
    auto last = record_bytes({1, 1});
    auto first = record_bytes({0, 0, "k", std::string(100'000, 'v')});
    std::vector<char> length;
    write_cursor{length}.varint(static_cast<std::int32_t>(first.size() - 3 + last.size()));
    CAF_REQUIRE_EQUAL(length.size(), 3u);
    auto spanning = std::string{length.data(), length.size()} + first.substr(3) + last;
    CAF_CHECK_EQUAL(code(batch_around(packed(codec, first + last), 2, codec)), "none");
    CAF_CHECK_EQUAL(code(batch_around(packed(codec, spanning), 2, codec)), "invalid_record");
    auto shorter = large.substr(0, 100) + large.substr(101);
    CAF_CHECK_EQUAL(code(batch_around(packed(codec, record_bytes({0, 0}) + shorter), 2, codec)),
                    "invalid_record");
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
