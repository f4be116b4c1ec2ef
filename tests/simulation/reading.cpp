#include "tests/simulation/reading.hpp"

#include "runtime/record/record_view.hpp"

namespace troupe::simulation {

namespace {

void read_batch(const record::batch_view& batch, const ledger& known, records_read& into) {
  record::decompression_budget budget;
  auto records = record::batch_records::open(batch, budget);
  if (!records || !batch.crc_ok()) {
    into.checksums_good = false;
    return;
  }
  for (auto one = records->next(); one; one = records->next()) {
    auto offset = records->offset_of(*one).value();
    if (offset >= into.from)
      into.records.push_back({offset, known.recognise(one->value.value_or("")),
                              std::string{one->key.value_or("")}, records->timestamp_of(*one),
                              batch.partition_leader_epoch().value()});
  }
  into.checksums_good &= records->ok();
}

} // namespace

void read_records(const wire::fetch_response::partition_data& part, const ledger& known, records_read& into) {
  into.high_watermark = part.high_watermark;
  into.log_start = part.log_start_offset;
  if (!part.records)
    return;
  std::string all;
  for (auto& slice : part.records->slices)
    all += slice.view();
  record::batch_cursor batches{all};
  for (auto batch = batches.next(); batch; batch = batches.next())
    read_batch(*batch, known, into);
  // The last batch may be cut off by the limit of bytes.
  if (!batches.ok() && batches.error() != errc::end_of_input)
    into.checksums_good = false;
}

} // namespace troupe::simulation
