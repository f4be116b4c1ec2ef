#include "runtime/record/inspect.hpp"

#include "runtime/record/record_scan.hpp"

namespace troupe::record {

namespace {

/// Calls `visit(position)` for each record, until it gives false.
template <class Visit>
result<void> visit_positions(const batch_view& batch, decompression_budget& budget, Visit visit) {
  auto scan = detail::record_scan::open(batch, budget);
  if (!scan)
    return fail(std::move(scan));
  auto append_time = batch.timestamp_type() == timestamp_type::log_append_time;
  detail::record_head head;
  while (scan->next(head)) {
    record_position at{batch.base_offset() + head.offset_delta, batch.max_timestamp()};
    if (head.offset_delta < 0 || head.offset_delta > batch.last_offset_delta())
      return fail(errc::invalid_record, "a record's offset lies outside of its batch");
    std::int64_t time = 0;
    if (__builtin_add_overflow(batch.base_timestamp().value(), head.timestamp_delta, &time))
      return fail(errc::invalid_record, "a record has a time beyond all bounds");
    if (!append_time)
      at.timestamp = timestamp_ms{time};
    if (!visit(at))
      return {};
  }
  if (scan->error().code != errc::none)
    return tl::unexpected<error>(scan->error());
  return {};
}

} // namespace

result<std::optional<record_position>> find_by_time(const batch_view& batch, timestamp_ms earliest,
                                                    offset from, decompression_budget& budget) {
  std::optional<record_position> found;
  auto done = visit_positions(batch, budget, [&](const record_position& at) {
    if (at.offset >= from && at.timestamp >= earliest)
      found = at;
    return !found;
  });
  if (!done)
    return fail(std::move(done));
  return found;
}

result<std::optional<record_position>> find_max_timestamp(const batch_view& batch, decompression_budget& budget,
                                                          offset from) {
  std::optional<record_position> found;
  auto done = visit_positions(batch, budget, [&](const record_position& at) {
    if (at.offset >= from && (!found || at.timestamp > found->timestamp))
      found = at;
    return true;
  });
  if (!done)
    return fail(std::move(done));
  return found;
}

} // namespace troupe::record
