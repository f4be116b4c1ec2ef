#define CAF_SUITE damage
#include "caf/test/unit_test.hpp"

#include "runtime/record/inspect.hpp"
#include "runtime/record/validator.hpp"
#include "tests/record/support.hpp"

using namespace record_test;

namespace {

bool is_valid(std::string_view data) {
  validation_rules rules;
  rules.now = timestamp_ms{now_ms};
  decompression_budget budget;
  return validate_batch(data, rules, budget).has_value();
}

/// Reads all there is, whether it is valid or not: must never crash.
void read_all(std::string_view data) {
  batch_cursor batches{data};
  while (auto batch = batches.next()) {
    decompression_budget budget;
    if (auto records = batch_records::open(*batch, budget))
      while (auto r = records->next())
        static_cast<void>(r->headers());
    static_cast<void>(find_max_timestamp(*batch, budget));
    static_cast<void>(find_by_time(*batch, timestamp_ms{now_ms}, offset{0}, budget));
  }
}

std::string batch_in(compression codec) {
  batch_options options;
  options.compression = codec;
  return small_batch(3, options);
}

} // namespace

CAF_TEST(a batch that is cut anywhere is refused) {
  for (auto codec : all_codecs) {
    auto data = batch_in(codec);
    CAF_REQUIRE(is_valid(data));
    for (std::size_t size = 0; size < data.size(); ++size) {
      auto part = data.substr(0, size);
      CAF_CHECK(!is_valid(part));
      read_all(part);
    }
  }
}

CAF_TEST(a batch whose section is cut is refused even if length and checksum agree) {
  for (auto codec : all_codecs) {
    auto data = batch_in(codec);
    for (std::size_t size = position::records; size < data.size(); ++size) {
      auto part =
          batch_around(std::string_view{data}.substr(position::records, size - position::records), 3, codec);
      CAF_CHECK(!is_valid(part));
      read_all(part);
    }
  }
}

CAF_TEST(every single flipped bit is refused except in the leader epoch) {
  for (auto codec : all_codecs) {
    auto data = batch_in(codec);
    for (std::size_t bit = 0; bit < data.size() * 8; ++bit) {
      auto flipped = data;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      auto in_epoch = bit / 8 >= position::leader_epoch && bit / 8 < position::magic;
      CAF_CHECK_EQUAL(is_valid(flipped), in_epoch);
      read_all(flipped);
    }
  }
}

CAF_TEST(flipped bits under a right checksum never crash) {
  random_source random{21};
  std::size_t valid = 0;
  for (auto codec : all_codecs)
    for (int i = 0; i < 4000; ++i) {
      auto data = batch_in(codec);
      for (auto n = 1 + random.below(4); n > 0; --n) {
        auto at = position::attributes + random.below(data.size() - position::attributes);
        data[at] = static_cast<char>(data[at] ^ (1 << random.below(8)));
      }
      data = with_crc(data);
      valid += is_valid(data) ? 1 : 0;
      read_all(data);
    }
  // Most of them hit something that matters, and some only a value.
  CAF_CHECK_GREATER(valid, 100u);
  CAF_CHECK_LESS(valid, 10'000u);
}

namespace {

/// Records of a few bytes up to several windows of the walk.
std::string random_section(random_source& random, std::int32_t count) {
  std::string section;
  for (std::int32_t i = 0; i < count; ++i) {
    auto size = random.one_in(4) ? random.below(200'000) : random.below(3'000);
    record_fields fields{static_cast<std::int64_t>(random.below(1000)), i};
    if (random.one_in(5))
      fields.key = std::nullopt;
    fields.value = std::string(size, static_cast<char>('a' + i % 26));
    if (random.one_in(3))
      fields.headers = {{std::string(random.below(70'000), 'h'), std::nullopt}};
    section += record_bytes(fields);
  }
  return section;
}

std::string verdict(const std::string& batch) {
  validation_rules rules;
  rules.now = timestamp_ms{now_ms};
  rules.compacted = true;
  rules.max_message_bytes = limits::batch_max_bytes;
  decompression_budget budget;
  std::vector<record_error> errors;
  auto info = validate_batch(batch, rules, budget, &errors);
  auto text = code_of(info);
  for (auto& e : errors)
    text.append(1, ' ').append(std::to_string(e.index));
  if (info)
    text.append(1, ' ').append(std::to_string(info->max_timestamp_offset_delta));
  return text;
}

} // namespace

CAF_TEST(the walk in a window says the same as the walk in memory) {
  random_source random{77};
  std::size_t good = 0;
  for (int round = 0; round < 150; ++round) {
    auto count = static_cast<std::int32_t>(1 + random.below(20));
    auto section = random_section(random, count);
    // Keyless records decide about most; so a third stays as it is, a third gets a bad byte, a third is cut.
    if (round % 3 == 1)
      section[random.below(section.size())] = static_cast<char>(random.next());
    else if (round % 3 == 2)
      section.resize(random.below(section.size()));
    auto expected = verdict(batch_around(section, count));
    good += expected.starts_with("none") || expected.find(' ') != std::string::npos ? 1 : 0;
    for (auto codec : real_codecs)
      CAF_CHECK_EQUAL(verdict(batch_around(packed(codec, section), count, codec)), expected);
  }
  CAF_CHECK_GREATER(good, 50u);
}
