// Brings one partition back while its node runs: what its actor had in memory is in the segments or in the journal.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/storage/file_system.hpp"
#include "runtime/storage/journal.hpp"
#include "runtime/storage/log_types.hpp"

#include <functional>
#include <string>

namespace troupe::storage {

/// Reads the checkpoint file and the journal of an open data directory. To be called by the journal's owner, with nothing
/// pending, once the flusher has written its checkpoint and while nothing is flushed for the partition. What was appended
/// and never committed is not there. `report` gets a sentence for everything that is damaged. Errors: as those of reading
/// the checkpoint and the journal.
result<recovered_partition> recover_partition(file_system& fs, const std::string& directory,
                                              const journal_options& options, const topic_partition& name,
                                              const std::function<void(const std::string&)>& report);

} // namespace troupe::storage
