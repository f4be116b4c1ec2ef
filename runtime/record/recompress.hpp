// Another compression for a batch, as a topic may want it (compression.type).
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/record/compression.hpp"

#include <optional>

namespace troupe::record {

/// The same batch with its records compressed by `to`, in memory of its own. The records, decompressed, stay byte for
/// byte what they are; of the header only size, attributes and checksum change. Without a level the codec's default
/// counts. Errors: those of `decompress`; too_large if the batch would be larger than limits::batch_max_bytes.
result<bytes> recompress(const batch_view& batch, compression to, std::optional<int> level,
                         decompression_budget& budget);

} // namespace troupe::record
