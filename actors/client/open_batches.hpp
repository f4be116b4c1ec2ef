// From what was fetched to what is handed out.
#pragma once

#include "actors/client/record_batch.hpp"

namespace troupe::client {

/// Takes whole stored batches, in order; checks each one, and decompresses what is compressed. Records before `from` and
/// control records are left out. Where offsets are missing between two stored batches a new record_batch begins.
/// Errors: those of batch_view::parse and decompress, checksum_mismatch (if `check_crcs`), invalid_record.
result<std::vector<record_batch>> open_batches(const std::string& topic, partition_id partition, offset from,
                                               std::vector<bytes> stored, bool check_crcs);

} // namespace troupe::client
