// Every limit of the runtime, in one place, with the relations that must hold between them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace troupe::limits {

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;
constexpr std::size_t gib = 1024 * mib;

// --- the disk ---
/// Every direct write and read is a multiple of this, at a multiple of it.
constexpr std::size_t block_size_bytes = 4 * kib;
/// One journal file. Files are preallocated and recycled.
constexpr std::size_t journal_file_size_bytes = 128 * mib;
/// All journal files together: bounds the time of a recovery. Beyond it appends wait for the flusher.
constexpr std::size_t journal_files_max = 8;
/// The largest group that is written to the journal at once.
constexpr std::size_t journal_group_max_bytes = 8 * mib;

// --- records ---
/// The largest record batch that any topic may allow (Kafka's max.message.bytes is 1 MiB + 12 by default).
constexpr std::size_t batch_max_bytes = 8 * mib - 64 * kib;
/// What one request may decompress to, all its batches together.
constexpr std::size_t decompressed_request_max_bytes = 256 * mib;
/// What one batch may decompress to.
constexpr std::size_t decompressed_batch_max_bytes = 64 * mib;
/// The header of a record batch v2.
constexpr std::size_t batch_header_size_bytes = 61;
/// The batches that are remembered for each idempotent producer and partition (Kafka's five).
constexpr std::size_t producer_batches_remembered = 5;

// --- the Kafka listener ---
constexpr std::size_t frame_max_bytes = 100 * mib;
/// A frame up to this size gets its memory as soon as its size is known; a larger one as its bytes arrive.
constexpr std::size_t frame_eager_bytes = 1 * mib;
/// The same for a connection that has sent a frame of that size before.
constexpr std::size_t frame_eager_proven_max_bytes = 8 * mib;
/// What the arrays of one decoded message may take in memory.
constexpr std::size_t decoded_message_max_bytes = 128 * mib;
constexpr std::size_t connections_max = 10'000;
/// The requests of one connection that may wait for their answer.
constexpr std::size_t pipelined_requests_max = 1'000;
/// The bytes of one connection's requests that may wait for their answer.
constexpr std::size_t connection_inflight_max_bytes = 128 * mib;
/// The bytes of all connections' requests that may wait for their answer.
constexpr std::size_t inflight_max_bytes = 1 * gib;
/// Unsent answers on one connection beyond which no further request is read and no further answer written.
constexpr std::size_t connection_unsent_max_bytes = 1 * mib;
/// What a Fetch returns at the most, whatever the client asks for.
constexpr std::size_t fetch_max_bytes = 56 * mib;

// --- topics ---
constexpr std::size_t topic_name_max_bytes = 249;
constexpr std::int32_t partitions_per_topic_max = 20'000;
constexpr std::int32_t partitions_max = 100'000;

static_assert(journal_group_max_bytes % block_size_bytes == 0);
static_assert(journal_file_size_bytes % block_size_bytes == 0);
static_assert(journal_group_max_bytes * 4 <= journal_file_size_bytes, "a file holds several groups");
static_assert(batch_max_bytes + block_size_bytes <= journal_group_max_bytes, "a batch fits into one group");
static_assert(decompressed_batch_max_bytes <= decompressed_request_max_bytes);
static_assert(batch_max_bytes < frame_max_bytes, "a batch fits into a frame");
static_assert(frame_max_bytes <= connection_inflight_max_bytes, "a connection can hold one whole frame");
static_assert(connection_inflight_max_bytes <= inflight_max_bytes);
static_assert(fetch_max_bytes < frame_max_bytes);
static_assert(frame_eager_bytes <= frame_eager_proven_max_bytes && frame_eager_proven_max_bytes <= frame_max_bytes);

} // namespace troupe::limits
