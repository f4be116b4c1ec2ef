// What the tests of partition logs and segments share: batches that tell where they belong.
#pragma once

#include "runtime/base/check.hpp"
#include "runtime/base/crc32c.hpp"
#include "runtime/base/cursor.hpp"
#include "runtime/base/random.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/storage/batch_facts.hpp"
#include "runtime/storage/log_types.hpp"
#include "runtime/storage/partition_log.hpp"
#include "runtime/simulated/simulated_file_system.hpp"

#include <cstring>
#include <string>

namespace troupe::test {

inline topic_partition log_partition(int n, std::uint8_t topic = 7) {
  topic_partition name;
  name.topic.bytes[2] = topic;
  name.partition = partition_id{n};
  return name;
}

/// How a batch is to look.
struct batch_plan {
  std::int64_t base = 0;
  std::int32_t count = 1;
  std::int32_t epoch = 0;
  std::int64_t timestamp = 1'000;
  std::int64_t producer = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t sequence = -1;
  std::size_t payload_bytes = 40;
  bool control = false;
};

/// A batch with a right header and checksum; the records are noise that depends on the plan.
inline storage::tail_batch make_batch(const batch_plan& plan) {
  namespace at = record::position;
  auto size = at::records + plan.payload_bytes;
  auto data = bytes::allocate(size);
  auto* to = data.mutable_data();
  store_be(to + at::base_offset, plan.base);
  store_be(to + at::length, static_cast<std::int32_t>(size - record::length_prefix_bytes));
  store_be(to + at::leader_epoch, plan.epoch);
  store_be(to + at::magic, record::magic_v2);
  store_be(to + at::attributes, static_cast<std::int16_t>(plan.control ? record::attribute::control : 0));
  store_be(to + at::last_offset_delta, plan.count - 1);
  store_be(to + at::base_timestamp, plan.timestamp);
  store_be(to + at::max_timestamp, plan.timestamp);
  store_be(to + at::producer_id, plan.producer);
  store_be(to + at::producer_epoch, plan.producer_epoch);
  store_be(to + at::base_sequence, plan.sequence);
  store_be(to + at::record_count, plan.count);
  random_source noise{static_cast<std::uint64_t>(plan.base) * 31 + plan.payload_bytes};
  for (std::size_t i = 0; i < plan.payload_bytes; ++i)
    to[at::records + i] = static_cast<char>(noise.next());
  store_be(to + at::crc, crc32c({to + at::attributes, size - at::attributes}));
  auto view = record::batch_view::parse(data.view());
  CHECK(view.has_value());
  return {data, storage::facts_of(*view)};
}

inline storage::batch_facts facts(const batch_plan& plan) { return make_batch(plan).facts; }

inline std::string joined(const std::vector<bytes>& parts) {
  std::string all;
  for (auto& part : parts)
    all += part.view();
  return all;
}

} // namespace troupe::test
