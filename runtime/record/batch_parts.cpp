#include "runtime/record/batch_parts.hpp"

#include "runtime/base/crc32c.hpp"
#include "runtime/base/cursor.hpp"
#include "runtime/record/builder.hpp"

namespace troupe::record {

namespace {

namespace at = position;

/// The next `count` records as a batch of their own.
std::optional<bytes> build_part(batch_records& records, batch_options options,
                                std::int32_t count) {
  batch_builder builder{options};
  for (std::int32_t i = 0; i < count; ++i) {
    auto next = records.next();
    if (!next)
      return std::nullopt;
    auto headers = next->headers();
    if (!builder.add(records.timestamp_of(*next), next->key, next->value, headers))
      return std::nullopt;
  }
  return builder.build();
}

} // namespace

void set_producer(bytes& batch, producer_id id, producer_epoch epoch, std::int32_t base_sequence) noexcept {
  auto* data = batch.mutable_data();
  store_be(data + at::producer_id, id.value());
  store_be(data + at::producer_epoch, epoch.value());
  store_be(data + at::base_sequence, base_sequence);
  store_be(data + at::crc, crc32c(batch.view().substr(at::attributes)));
}

std::optional<batch_halves> split_batch(const bytes& batch) {
  auto view = batch_view::parse(batch.view());
  if (!view || view->record_count() < 2)
    return std::nullopt;
  record::decompression_budget budget;
  auto records = batch_records::open(*view, budget);
  if (!records)
    return std::nullopt;
  batch_options options;
  options.compression = view->compression();
  options.producer_id = view->producer_id();
  options.producer_epoch = view->producer_epoch();
  options.base_sequence = view->base_sequence();
  auto first_count = view->record_count() / 2;
  auto first = build_part(*records, options, first_count);
  if (options.base_sequence >= 0)
    options.base_sequence = sequence_after(options.base_sequence, first_count);
  auto second = build_part(*records, options, view->record_count() - first_count);
  if (!first || !second)
    return std::nullopt;
  return batch_halves{std::move(*first), std::move(*second), first_count};
}

} // namespace troupe::record
