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
  for (auto codec : all_codecs)
    for (int i = 0; i < 4000; ++i) {
      auto data = batch_in(codec);
      for (auto n = 1 + random.below(4); n > 0; --n) {
        auto at = position::attributes + random.below(data.size() - position::attributes);
        data[at] = static_cast<char>(data[at] ^ (1 << random.below(8)));
      }
      data = with_crc(data);
      is_valid(data);
      read_all(data);
    }
}
