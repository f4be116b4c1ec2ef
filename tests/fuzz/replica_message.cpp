// What one node sends another about a partition: any bytes, and a body of any length. What is read is consistent, and
// is written as the same bytes.
#include "runtime/replication/replica_messages.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace troupe;
using namespace troupe::replication;

namespace {

void check(const replica_fetch& m, std::size_t body_size) {
  CHECK(body_size == 0 && m.round != 0);
  CHECK(m.durable_end <= m.from && m.log_start <= m.from && m.log_start >= offset{0});
}

void check(const replica_records& m, std::size_t body_size) {
  CHECK(m.size_bytes == body_size);
  CHECK(m.batches * limits::batch_header_size_bytes <= body_size);
  CHECK(!name(m.code).empty());
}

void check(const repair_fetch& m, std::size_t body_size) {
  CHECK(body_size == 0 && m.round != 0);
  CHECK(m.from >= offset{0} && m.from < m.end);
}

void check(const repair_records& m, std::size_t body_size) {
  CHECK(m.size_bytes == body_size);
  CHECK(m.batches * limits::batch_header_size_bytes <= body_size);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  std::size_t body_size = in.number<std::uint16_t>();
  auto head = in.rest();
  auto read = decode(head, body_size);
  if (!read)
    return 0;
  std::visit(
      [&](auto& message) {
        check(message, body_size);
        CHECK(encode(message).view() == head, "there is one way to write it");
      },
      *read);
  return 0;
}
