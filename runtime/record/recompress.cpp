#include "runtime/record/recompress.hpp"

#include "runtime/base/crc32c.hpp"

#include <string>
#include <vector>

namespace troupe::record {

namespace {

result<growing_buffer> plain_records(const batch_view& batch, decompression_budget& budget) {
  if (batch.compression() != compression::none)
    return decompress(batch.compression(), batch.records_section(), budget);
  return growing_buffer{};
}

} // namespace

result<bytes> recompress(const batch_view& batch, compression to, std::optional<int> level,
                         decompression_budget& budget) {
  auto unpacked = plain_records(batch, budget);
  if (!unpacked)
    return fail(std::move(unpacked));
  auto records = batch.compression() == compression::none ? batch.records_section() : unpacked->view();
  auto header = batch.data().substr(0, position::records);
  std::vector<char> out(header.begin(), header.end());
  compress(to, records, out, level);
  if (out.size() > limits::batch_max_bytes)
    return fail(errc::too_large, "with " + std::string{name(to)} + " the batch has " + std::to_string(out.size())
                                     + " bytes where " + std::to_string(limits::batch_max_bytes) + " are possible");
  auto attributes = static_cast<std::int16_t>((batch.attributes() & ~attribute::compression_mask)
                                              | static_cast<std::int16_t>(to));
  store_be(out.data() + position::length, static_cast<std::int32_t>(out.size() - length_prefix_bytes));
  store_be(out.data() + position::attributes, attributes);
  store_be(out.data() + position::crc,
           crc32c({out.data() + position::attributes, out.size() - position::attributes}));
  return bytes::copy_of({out.data(), out.size()});
}

} // namespace troupe::record
