// The layout of a record batch v2, as it lies on the wire and on disk (KIP-98, KIP-534). All numbers are
// big-endian; the checksum covers everything from the attributes to the end.
#pragma once

#include "runtime/base/limits.hpp"

#include <cstddef>
#include <cstdint>

namespace troupe::record {

/// How the records of a batch are compressed: the lowest three bits of its attributes.
enum class compression : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

/// Who set the records' timestamps: the producer, or the broker when it appended (bit 3 of the attributes).
enum class timestamp_type : std::uint8_t { create_time = 0, log_append_time = 1 };

/// Where each field of the header begins, in bytes from the start of the batch.
namespace position {
constexpr std::size_t base_offset = 0;        // int64
constexpr std::size_t length = 8;             // int32, the bytes behind this field
constexpr std::size_t leader_epoch = 12;      // int32
constexpr std::size_t magic = 16;             // int8
constexpr std::size_t crc = 17;               // uint32
constexpr std::size_t attributes = 21;        // int16
constexpr std::size_t last_offset_delta = 23; // int32
constexpr std::size_t base_timestamp = 27;    // int64
constexpr std::size_t max_timestamp = 35;     // int64
constexpr std::size_t producer_id = 43;       // int64
constexpr std::size_t producer_epoch = 51;    // int16
constexpr std::size_t base_sequence = 53;     // int32
constexpr std::size_t record_count = 57;      // int32
constexpr std::size_t records = 61;
} // namespace position

/// The bits of the attributes above the compression.
namespace attribute {
constexpr std::int16_t compression_mask = 0x07;
constexpr std::int16_t log_append_time = 0x08;
constexpr std::int16_t transactional = 0x10;
constexpr std::int16_t control = 0x20;
constexpr std::int16_t delete_horizon = 0x40; // the base timestamp is a delete horizon (KIP-534)
} // namespace attribute

/// The only format there is here. 0 and 1 are the message sets of Kafka before 0.11.
constexpr std::int8_t magic_v2 = 2;
/// What precedes the part of a batch that its length field counts.
constexpr std::size_t length_prefix_bytes = position::leader_epoch;

static_assert(position::records == limits::batch_header_size_bytes);

} // namespace troupe::record
