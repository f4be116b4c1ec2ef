#include "actors/client/new_record.hpp"

#include "actors/client/record_sizes.hpp"

namespace troupe::client {

namespace {

std::size_t size_of(const std::optional<bytes>& data) noexcept { return data ? data->size() : 0; }

} // namespace

new_record make_record(std::string_view value) {
  new_record made;
  made.value = bytes::copy_of(value);
  return made;
}

new_record make_record(std::string_view key, std::string_view value) {
  auto made = make_record(value);
  made.key = bytes::copy_of(key);
  return made;
}

std::size_t credit_cost_bytes(const new_record& record) noexcept {
  auto size = record_frame_bytes + size_of(record.key) + size_of(record.value);
  for (auto& header : record.headers)
    size += header_frame_bytes + header.key.size() + size_of(header.value);
  return size;
}

} // namespace troupe::client
