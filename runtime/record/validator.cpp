#include "runtime/record/validator.hpp"

#include "runtime/base/check.hpp"
#include "runtime/record/record_scan.hpp"

#include <string>

namespace troupe::record {

namespace {

tl::unexpected<error> invalid(std::string why) { return fail(errc::invalid_record, std::move(why)); }

/// The structure, and that there is nothing but one batch.
result<batch_view> only_batch(std::string_view data) {
  auto batch = batch_view::parse(data);
  if (!batch) {
    auto why = std::move(batch).error();
    // A client that sees CORRUPT_MESSAGE sends the same again; these will never become right.
    if (why.code == errc::end_of_input || why.code == errc::unsupported_version)
      why.code = errc::invalid_record;
    return tl::unexpected<error>(std::move(why));
  }
  if (batch->size() != data.size())
    return invalid(std::to_string(data.size() - batch->size())
                   + " bytes behind the only batch that is allowed");
  return batch;
}

result<void> check_header(const batch_view& batch) {
  if (batch.record_count() < 1 || batch.record_count() - 1 != batch.last_offset_delta())
    return invalid(std::to_string(batch.record_count()) + " records with the last offset delta "
                   + std::to_string(batch.last_offset_delta()));
  if (batch.is_control())
    return invalid("a control batch, which no client may send");
  if (batch.has_delete_horizon())
    return invalid("a delete horizon, which no client may set");
  if (batch.is_transactional() && !batch.has_producer_id())
    return invalid("a transaction without a producer id");
  if (batch.has_producer_id() && batch.producer_epoch().value() < 0)
    return invalid("a producer id with the epoch " + std::to_string(batch.producer_epoch().value()));
  if (batch.has_producer_id() && batch.base_sequence() < 0)
    return invalid("a producer id with the sequence " + std::to_string(batch.base_sequence()));
  if (batch.timestamp_type() == timestamp_type::log_append_time)
    return fail(errc::invalid_timestamp, "only the broker sets the append time");
  return {};
}

result<void> check_envelope(const batch_view& batch, const validation_rules& rules) {
  if (batch.base_offset().value() != 0)
    return invalid("the base offset " + std::to_string(batch.base_offset().value()) + " instead of 0");
  if (batch.size() > rules.max_message_bytes)
    return fail(errc::too_large, std::to_string(batch.size()) + " bytes where "
                                     + std::to_string(rules.max_message_bytes) + " are allowed");
  if (!batch.crc_ok())
    return fail(errc::checksum_mismatch, "the CRC of a produced batch");
  if (!is_known(batch.compression()))
    return fail(errc::unsupported_compression,
                "compression type " + std::to_string(static_cast<int>(batch.compression())));
  if (batch.compression() == compression::zstd && !rules.zstd_allowed)
    return fail(errc::unsupported_compression, "zstd needs version 7 of Produce");
  return {};
}

/// Goes over the records one by one.
class record_checks {
public:
  record_checks(const batch_view& batch, const validation_rules& rules,
                std::vector<record_error>* errors) noexcept
      : base_(batch.base_timestamp().value()), now_(rules.now.value()),
        before_(rules.timestamp_before_max_ms), after_(rules.timestamp_after_max_ms),
        need_key_(rules.compacted), check_time_(rules.timestamps == timestamp_type::create_time),
        errors_(errors) {}

  result<void> run(detail::record_scan& scan, std::int32_t count) {
    detail::record_head head;
    std::int32_t index = 0;
    for (; scan.next(head); ++index) {
      if (head.offset_delta != index || index == count)
        return invalid(index == count ? "more records than the header says"
                                      : "record " + std::to_string(index) + " has the offset delta "
                                            + std::to_string(head.offset_delta));
      std::int64_t time = 0;
      if (__builtin_add_overflow(base_, head.timestamp_delta, &time))
        return invalid("record " + std::to_string(index) + " has a time beyond all bounds");
      if (time > max_time_) {
        max_time_ = time;
        max_index_ = index;
      }
      if (need_key_ && !head.has_key)
        refuse(index, errc::invalid_record);
      else if (check_time_ && !is_time_ok(time))
        refuse(index, errc::invalid_timestamp);
    }
    if (scan.error().code != errc::none)
      return tl::unexpected<error>(scan.error());
    if (index != count)
      return invalid(std::to_string(index) + " records instead of " + std::to_string(count));
    return verdict();
  }

  timestamp_ms max_time() const noexcept { return timestamp_ms{max_time_}; }
  std::int32_t max_index() const noexcept { return max_index_; }

private:
  bool is_time_ok(std::int64_t time) const noexcept {
    if (time < 0)
      return time == no_timestamp.value();
    return time <= now_ ? now_ - time <= before_ : time - now_ <= after_;
  }

  void refuse(std::int32_t index, errc code) {
    ++refused_;
    any_time_ = any_time_ || code == errc::invalid_timestamp;
    if (errors_ != nullptr && errors_->size() < record_errors_max)
      errors_->push_back({index, code});
  }

  result<void> verdict() const {
    if (refused_ == 0)
      return {};
    return fail(any_time_ ? errc::invalid_timestamp : errc::invalid_record,
                std::to_string(refused_)
                    + (any_time_ ? " records have no key or a time out of bounds"
                                 : " records have no key, which a compacted topic needs"));
  }

  std::int64_t base_;
  std::int64_t now_;
  std::int64_t before_;
  std::int64_t after_;
  bool need_key_;
  bool check_time_;
  bool any_time_ = false;
  std::int64_t refused_ = 0;
  std::int64_t max_time_ = std::numeric_limits<std::int64_t>::min();
  std::int32_t max_index_ = 0;
  std::vector<record_error>* errors_;
};

batch_info info_of(const batch_view& batch) noexcept {
  batch_info info;
  info.size_bytes = batch.size();
  info.record_count = batch.record_count();
  info.last_offset_delta = batch.last_offset_delta();
  info.base_timestamp = batch.base_timestamp();
  info.producer_id = batch.producer_id();
  info.producer_epoch = batch.producer_epoch();
  info.base_sequence = batch.base_sequence();
  info.last_sequence = batch.last_sequence();
  info.compression = batch.compression();
  info.is_transactional = batch.is_transactional();
  return info;
}

} // namespace

result<batch_info> validate_batch(std::string_view data, const validation_rules& rules,
                                  decompression_budget& budget, std::vector<record_error>* errors) {
  auto batch = only_batch(data);
  if (!batch)
    return fail(std::move(batch));
  if (auto ok = check_envelope(*batch, rules); !ok)
    return fail(std::move(ok));
  if (auto ok = check_header(*batch); !ok)
    return fail(std::move(ok));
  auto scan = detail::record_scan::open(*batch, budget);
  if (!scan)
    return fail(std::move(scan));
  record_checks checks{*batch, rules, errors};
  if (auto ok = checks.run(*scan, batch->record_count()); !ok)
    return fail(std::move(ok));
  auto info = info_of(*batch);
  if (rules.timestamps == timestamp_type::log_append_time) {
    info.max_timestamp = rules.now;
    info.needs_timestamp = true;
  } else {
    info.max_timestamp = checks.max_time();
    info.max_timestamp_offset_delta = checks.max_index();
    info.needs_timestamp = info.max_timestamp != batch->max_timestamp();
  }
  return info;
}

void settle_timestamps(bytes& batch, const batch_info& info, timestamp_type timestamps) noexcept {
  if (!info.needs_timestamp)
    return;
  CHECK(batch.size() == info.size_bytes);
  if (timestamps == timestamp_type::log_append_time)
    assign_log_append_time(batch, info.max_timestamp);
  else
    assign_max_timestamp(batch.mutable_data(), info.max_timestamp);
}

} // namespace troupe::record
