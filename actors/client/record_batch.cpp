#include "actors/client/record_batch.hpp"

#include "actors/client/open_batches.hpp"
#include "runtime/base/check.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/record/builder.hpp"

#include <algorithm>

namespace troupe::client {

struct record_batch::content {
  /// The wanted records of one stored batch; in its memory, or in `owned`.
  struct section {
    std::string_view records;
    offset base_offset;
    timestamp_ms base_timestamp; ///< with broker_time: that of all records
    bool broker_time = false;
  };

  std::string topic;
  partition_id partition;
  offset first = no_offset;
  offset next = no_offset;
  std::size_t record_count = 0;
  std::size_t size_bytes = 0;
  std::vector<section> sections;
  std::vector<bytes> stored;
  std::vector<record::growing_buffer> owned;
};

namespace {

using content = record_batch::content;

/// Adds what is wanted of one batch.
result<void> add_batch(content& to, const record::batch_view& batch, offset from, record::decompression_budget& budget) {
  content::section section;
  section.records = batch.records_section();
  if (batch.compression() != record::compression::none) {
    auto unpacked = record::decompress(batch.compression(), section.records, budget);
    if (!unpacked)
      return fail(std::move(unpacked));
    to.owned.push_back(std::move(*unpacked));
    section.records = to.owned.back().view();
    to.size_bytes += section.records.size();
  }
  record::record_cursor cursor{section.records};
  std::size_t passed_over = 0;
  std::int32_t count = 0;
  std::size_t wanted = 0;
  for (auto next = cursor.next(); next; next = cursor.next()) {
    ++count;
    if (batch.base_offset() + next->offset_delta < from)
      passed_over = cursor.position();
    else
      ++wanted;
  }
  if (!cursor.ok() || count != batch.record_count())
    return fail(errc::invalid_record, "in the batch at offset " + std::to_string(batch.base_offset().value()));
  section.records.remove_prefix(passed_over);
  section.base_offset = batch.base_offset();
  section.broker_time = batch.timestamp_type() == record::timestamp_type::log_append_time;
  section.base_timestamp = section.broker_time ? batch.max_timestamp() : batch.base_timestamp();
  if (wanted > 0) {
    to.sections.push_back(section);
    to.record_count += wanted;
  }
  return {};
}

const std::shared_ptr<const content>& nothing() {
  static const auto empty = std::make_shared<const content>();
  return empty;
}

} // namespace

result<std::vector<record_batch>> open_batches(const std::string& topic, partition_id partition, offset from,
                                               std::vector<bytes> stored, bool check_crcs) {
  std::vector<record_batch> done;
  std::shared_ptr<content> open;
  record::decompression_budget budget;
  auto finish = [&] {
    if (open)
      done.emplace_back(std::exchange(open, nullptr));
  };
  for (auto& slice : stored) {
    record::batch_cursor batches{slice.view()};
    bool is_kept = false;
    for (auto batch = batches.next(); batch; batch = batches.next()) {
      if (batch->next_offset() <= from)
        continue;
      if (check_crcs && !batch->crc_ok())
        return fail(errc::checksum_mismatch, "the batch at offset " + std::to_string(batch->base_offset().value()));
      if (open && open->next != batch->base_offset()) {
        finish();
        is_kept = false;
      }
      if (!open) {
        open = std::make_shared<content>();
        open->topic = topic;
        open->partition = partition;
        open->first = std::max(from, batch->base_offset());
      }
      open->next = batch->next_offset();
      open->size_bytes += batch->size();
      if (!std::exchange(is_kept, true))
        open->stored.push_back(slice);
      if (batch->is_control())
        continue;
      if (auto added = add_batch(*open, *batch, from, budget); !added)
        return fail(std::move(added));
    }
    if (!batches.ok())
      return fail(batches.error().code, batches.error().detail);
  }
  finish();
  return done;
}

result<record_batch> make_batch(std::string topic, partition_id partition, offset first,
                                const std::vector<new_record>& records) {
  record::batch_options options;
  options.base_offset = first;
  record::batch_builder builder{options};
  std::vector<record::header_view> headers;
  auto text_of = [](const std::optional<bytes>& data) {
    return data ? std::optional{data->view()} : std::nullopt;
  };
  for (auto& record : records) {
    headers.clear();
    for (auto& header : record.headers)
      headers.push_back({header.key, text_of(header.value)});
    if (auto added = builder.add(record.timestamp, text_of(record.key), text_of(record.value), headers); !added)
      return fail(std::move(added));
  }
  if (builder.empty())
    return record_batch{};
  auto made = open_batches(topic, partition, first, {builder.build()}, false);
  if (!made)
    return fail(std::move(made));
  return made->front();
}

record_batch::record_batch() : content_(nothing()) {}

const std::string& record_batch::topic() const noexcept { return content_->topic; }
partition_id record_batch::partition() const noexcept { return content_->partition; }
offset record_batch::first_offset() const noexcept { return content_->first; }
offset record_batch::next_offset() const noexcept { return content_->next; }
std::size_t record_batch::record_count() const noexcept { return content_->record_count; }
std::size_t record_batch::size_bytes() const noexcept { return content_->size_bytes; }

record_batch::iterator record_batch::begin() const { return iterator{content_.get()}; }

record_batch::iterator::iterator(const content* in) : in_(in), left_(in->record_count) { load(); }

void record_batch::iterator::advance() {
  --left_;
  load();
}

/// The record that comes next, if one is left.
void record_batch::iterator::load() {
  if (left_ == 0)
    return;
  auto raw = cursor_.next();
  while (!raw) {
    CHECK(section_ < in_->sections.size(), "the records were counted when the batch was opened");
    auto& section = in_->sections[section_++];
    base_offset_ = section.base_offset.value();
    base_timestamp_ = section.base_timestamp.value();
    broker_time_ = section.broker_time;
    cursor_ = record::record_cursor{section.records};
    raw = cursor_.next();
  }
  now_.offset = troupe::offset{base_offset_ + raw->offset_delta};
  // Unsigned: the sum of what a producer wrote may wrap around.
  auto delta = broker_time_ ? 0 : static_cast<std::uint64_t>(raw->timestamp_delta);
  now_.timestamp = timestamp_ms{static_cast<std::int64_t>(static_cast<std::uint64_t>(base_timestamp_) + delta)};
  now_.key = raw->key;
  now_.value = raw->value;
  now_.raw = *raw;
}

} // namespace troupe::client
