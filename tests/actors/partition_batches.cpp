#define CAF_SUITE partition_batches
#include "caf/test/dsl.hpp"

#include "tests/actors/partition_workshop.hpp"

using namespace troupe;

CAF_TEST_FIXTURE_SCOPE(partition_batches_tests, partition_workshop)

CAF_TEST(the append time of the broker is in the batch and in the answer) {
  options.message_timestamp_type = metadata::timestamp_type::log_append_time;
  start();
  write({.times = {1, 2}, .codec = compression::gzip, .producer = 7, .sequence = 0});
  CAF_CHECK(stored().timestamp_type() == record::timestamp_type::log_append_time);
  CAF_CHECK_EQUAL(stored().max_timestamp().value(), 1'000'000);
  CAF_CHECK_EQUAL(box.appended.back().log_append_time.value(), 1'000'000);
  CAF_CHECK_EQUAL(find(999'999).found.value(), 0);
  CAF_CHECK_EQUAL(box.found.back().timestamp.value(), 1'000'000);
  clock.now = timestamp_ms{2'000'000};
  append(batch({.times = {1, 2}, .codec = compression::gzip, .producer = 7, .sequence = 0}));
  CAF_CHECK_EQUAL(box.appends.size(), 1u);
  CAF_CHECK_EQUAL(box.appended.back().log_append_time.value(), 1'000'000); // a duplicate: its first time counts
}

CAF_TEST(records out of their time are named) {
  options.message_timestamp_before_max_ms = 1'000;
  options.message_timestamp_after_max_ms = 2'000;
  start();
  append(batch({.times = {1'000'000, 998'999, 999'000, 1'002'000, 1'002'001}}));
  CAF_REQUIRE_EQUAL(code_of(box.appended.back()), "invalid_timestamp");
  auto& refused = box.appended.back().refused;
  CAF_REQUIRE_EQUAL(refused.size(), 2u);
  CAF_CHECK_EQUAL(refused[0].batch_index, 1);
  CAF_CHECK_EQUAL(refused[1].batch_index, 4);
  CAF_CHECK(!refused[0].message.empty());
  CAF_CHECK(box.appends.empty());
  options.message_timestamp_before_max_ms = 1'001;
  options.message_timestamp_after_max_ms = 2'001;
  caf::anon_send(one, options_changed{options});
  append(batch({.times = {1'000'000, 998'999, 1'002'001}}));
  CAF_CHECK_EQUAL(box.appends.size(), 1u);
}

CAF_TEST(a batch beyond its limits is refused with the limit that it breaks) {
  auto data = batch({.value_bytes = 5'000});
  options.max_message_bytes = static_cast<std::int32_t>(data.size()) - 1;
  start();
  append(data);
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "too_large");
  options.max_message_bytes = static_cast<std::int32_t>(data.size());
  options.segment_bytes = static_cast<std::int32_t>(data.size()) - 1;
  caf::anon_send(one, options_changed{options});
  append(batch({.value_bytes = 5'000}));
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "batch_beyond_segment");
  options.segment_bytes = static_cast<std::int32_t>(data.size());
  caf::anon_send(one, options_changed{options});
  append(batch({.value_bytes = 5'000}));
  CAF_CHECK_EQUAL(box.appends.size(), 1u);
}

CAF_TEST(a topic with a compression of its own packs every batch with it) {
  using choice = metadata::compression_option;
  auto wanted = compression::none;
  start();
  for (auto setting : {choice::uncompressed, choice::gzip, choice::snappy, choice::lz4, choice::zstd}) {
    options.compression = setting;
    caf::anon_send(one, options_changed{options});
    for (auto codec : {compression::none, compression::gzip, compression::snappy, compression::lz4, compression::zstd}) {
      auto data = batch({.times = {1'000'000, 999'000}, .codec = codec, .producer = 1, .sequence = -1});
      data = batch({.times = {1'000'000, 999'000}, .codec = codec, .value_bytes = 500});
      auto* where = data.data();
      auto before = unpacked(*record::batch_view::parse(data.view()));
      write({.times = {1'000'000, 999'000}, .codec = codec, .value_bytes = 500});
      CAF_CHECK(stored().compression() == wanted);
      CAF_CHECK_EQUAL(unpacked(stored()), before);
      CAF_CHECK_EQUAL(stored().record_count(), 2);
      CAF_CHECK_EQUAL(stored().max_timestamp().value(), 1'000'000);
      append(std::move(data));
      CAF_CHECK_EQUAL(box.appends.back().batch.data() == where, codec == wanted);
      sync();
    }
    wanted = static_cast<compression>(static_cast<int>(wanted) + 1);
  }
}

CAF_TEST(a batch that grows beyond its limit when it is unpacked is refused) {
  auto data = batch({.codec = compression::gzip, .value_bytes = 5'000});
  options.compression = metadata::compression_option::uncompressed;
  options.max_message_bytes = 1'000;
  start();
  CAF_REQUIRE_LESS(data.size(), 1'000u);
  append(data);
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "too_large");
  CAF_CHECK(box.appends.empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
