// Batches that are built come back as they were, and the walk of the validator sees the same in every
// compression.
#include "runtime/record/builder.hpp"
#include "runtime/record/validator.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <vector>

using namespace troupe;
using namespace troupe::record;

namespace {

struct fields {
  std::int64_t time = 0;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<header_view> headers;
};

std::optional<std::string_view> nullable(fuzz::input& in) {
  auto size = in.number<std::uint8_t>();
  return size == 255 ? std::nullopt : std::optional{in.text(size)};
}

std::vector<fields> take_records(fuzz::input& in) {
  std::vector<fields> records;
  do {
    fields f;
    f.time = in.number<std::int32_t>();
    f.key = nullable(in);
    f.value = nullable(in);
    for (auto n = in.number<std::uint8_t>() % 4; n > 0; --n) {
      auto key = in.text(in.number<std::uint8_t>());
      f.headers.push_back({key, nullable(in)});
    }
    records.push_back(std::move(f));
  } while (!in.empty());
  return records;
}

/// As it would be said of the same batch in any compression.
std::string verdict(std::string_view data, std::vector<record_error>& errors) {
  validation_rules rules;
  rules.now = timestamp_ms{0};
  rules.compacted = true;
  rules.max_message_bytes = limits::batch_max_bytes;
  decompression_budget budget;
  auto info = validate_batch(data, rules, budget, &errors);
  if (!info)
    return std::string{name(info.error().code)};
  return std::to_string(info->record_count) + " " + std::to_string(info->max_timestamp.value()) + " "
         + std::to_string(info->max_timestamp_offset_delta);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  auto records = take_records(in);
  std::string first;
  std::vector<record_error> first_errors;
  for (auto codec :
       {compression::none, compression::gzip, compression::snappy, compression::lz4, compression::zstd}) {
    batch_options options;
    options.compression = codec;
    batch_builder builder{options};
    for (auto& r : records)
      CHECK(builder.add(timestamp_ms{r.time}, r.key, r.value, r.headers).has_value());
    auto batch = builder.build();
    auto view = batch_view::parse(batch.view());
    CHECK(view && view->crc_ok() && view->size() == batch.size());

    decompression_budget budget;
    auto back = batch_records::open(*view, budget);
    CHECK(back.has_value());
    for (auto& r : records) {
      auto record = back->next();
      CHECK(record.has_value());
      CHECK(record->key == r.key && record->value == r.value && record->headers() == r.headers);
      CHECK(back->timestamp_of(*record).value() == r.time);
    }
    CHECK(!back->next() && back->ok());

    std::vector<record_error> errors;
    auto said = verdict(batch.view(), errors);
    if (codec == compression::none) {
      first = said;
      first_errors = errors;
    }
    CHECK(said == first && errors == first_errors);
  }
  return 0;
}
