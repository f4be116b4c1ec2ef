// Record batches: the view, the walk over the records, the validator and the searches. The input is read once
// as it is and once with the fields put right that would stop it early, so that what lies behind them is
// reached as well.
#include "runtime/base/crc32c.hpp"
#include "runtime/record/builder.hpp"
#include "runtime/record/inspect.hpp"
#include "runtime/record/validator.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

using namespace troupe;
using namespace troupe::record;

namespace {

constexpr std::size_t batch_cap = 256 * limits::kib;

validation_rules rules_of(std::string_view data) {
  validation_rules rules;
  rules.now = timestamp_ms{1'700'000'000'000};
  rules.compacted = data.size() % 2 == 0;
  rules.timestamp_after_max_ms = std::int64_t{1} << 60;
  rules.max_message_bytes = limits::batch_max_bytes;
  return rules;
}

void read_all(std::string_view data) {
  batch_cursor batches{data};
  std::size_t bytes = 0;
  while (auto batch = batches.next()) {
    bytes += batch->size();
    CHECK(batch->next_offset() > batch->base_offset());
    decompression_budget budget{batch_cap, batch_cap};
    if (auto records = batch_records::open(*batch, budget))
      while (auto r = records->next())
        CHECK(r->headers().size() == static_cast<std::size_t>(r->header_count));
    static_cast<void>(find_max_timestamp(*batch, budget));
    static_cast<void>(find_by_time(*batch, timestamp_ms{5}, offset{1}, budget));
  }
  CHECK(bytes == batches.position());
  CHECK(batches.ok() == (bytes == data.size()));
}

/// Writes the same records again, without compression, and gives the new batch.
bytes rebuild(const batch_view& batch, decompression_budget& budget) {
  batch_builder builder;
  auto records = batch_records::open(batch, budget);
  CHECK(records.has_value());
  while (auto r = records->next())
    CHECK(builder.add(records->timestamp_of(*r), r->key, r->value, r->headers()).has_value());
  CHECK(records->ok(), "a valid batch can be read");
  CHECK(builder.record_count() == batch.record_count());
  return builder.build();
}

void check_same(const batch_view& a, const batch_view& b, decompression_budget& budget) {
  auto left = batch_records::open(a, budget);
  auto right = batch_records::open(b, budget);
  for (;;) {
    auto x = left->next();
    auto y = right->next();
    CHECK(x.has_value() == y.has_value());
    if (!x)
      return;
    CHECK(x->key == y->key && x->value == y->value && x->headers() == y->headers());
    CHECK(left->timestamp_of(*x) == right->timestamp_of(*y));
    CHECK(left->offset_of(*x) == right->offset_of(*y));
  }
}

void check_valid(std::string_view data, const batch_info& info, const validation_rules& rules) {
  auto batch = *batch_view::parse(data);
  decompression_budget budget;
  auto max = find_max_timestamp(batch, budget);
  CHECK(max && *max);
  CHECK((*max)->timestamp == info.max_timestamp);
  CHECK((*max)->offset == batch.base_offset() + info.max_timestamp_offset_delta);
  auto found = find_by_time(batch, info.max_timestamp, offset{0}, budget);
  CHECK(found && *found == *max);

  auto settled = bytes::copy_of(data);
  settle_timestamps(settled, info, rules.timestamps);
  auto again = validate_batch(settled.view(), rules, budget);
  CHECK(again && !again->needs_timestamp);

  auto rebuilt = rebuild(batch, budget);
  auto info2 = validate_batch(rebuilt.view(), rules, budget);
  CHECK(info2.has_value());
  CHECK(info2->record_count == info.record_count && info2->max_timestamp == info.max_timestamp);
  CHECK(info2->max_timestamp_offset_delta == info.max_timestamp_offset_delta);
  check_same(batch, *batch_view::parse(rebuilt.view()), budget);
}

void validate(std::string_view data) {
  auto rules = rules_of(data);
  decompression_budget budget{batch_cap, batch_cap};
  std::vector<record_error> errors;
  auto info = validate_batch(data, rules, budget, &errors);
  if (!info)
    return;
  CHECK(errors.empty());
  CHECK(info->size_bytes == data.size());
  check_valid(data, *info, rules);
}

std::string repaired(std::string_view data) {
  std::string batch{data};
  batch.resize(std::max(batch.size(), position::records));
  store_be(batch.data() + position::base_offset, std::int64_t{0});
  store_be(batch.data() + position::length, static_cast<std::int32_t>(batch.size() - length_prefix_bytes));
  store_be(batch.data() + position::magic, magic_v2);
  auto count = load_be<std::int32_t>(batch.data() + position::record_count);
  store_be(batch.data() + position::last_offset_delta,
           static_cast<std::int32_t>(static_cast<std::uint32_t>(count) - 1));
  store_be(batch.data() + position::crc, crc32c(std::string_view{batch}.substr(position::attributes)));
  return batch;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view view{reinterpret_cast<const char*>(data), size};
  read_all(view);
  validate(view);
  auto batch = repaired(view);
  read_all(batch);
  validate(batch);
  return 0;
}
