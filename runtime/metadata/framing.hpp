// The frame around batches and snapshots: one place that writes and checks it. See records.hpp for the bytes.
#pragma once

#include "runtime/metadata/records.hpp"

namespace troupe::metadata {

enum class frame_kind : std::uint16_t { batch = 1, snapshot = 2 };

/// `version` is part of a snapshot only.
bytes encode_frame(frame_kind kind, metadata_version version, std::span<const record> records);

struct decoded_frame {
  metadata_version version;
  std::vector<record> records;
};
/// Errors as those of decode().
result<decoded_frame> decode_frame(frame_kind kind, std::string_view data);

} // namespace troupe::metadata
