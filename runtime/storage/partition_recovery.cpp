#include "runtime/storage/partition_recovery.hpp"

#include "runtime/storage/checkpoint.hpp"

namespace troupe::storage {

result<recovered_partition> recover_partition(file_system& fs, const std::string& directory,
                                              const journal_options& options, const topic_partition& name) {
  auto known = read_checkpoint_file(fs, checkpoint_path(directory));
  if (!known && known.error() == errc::not_found) // the machine stopped once while they were exchanged
    known = read_checkpoint_file(fs, old_checkpoint_path(directory));
  if (!known)
    return fail(std::move(known));
  recovered_partition found;
  if (auto state = known->partitions.find(name); state != known->partitions.end())
    found.checkpoint = std::move(state->second);
  auto scanned = journal::inspect(fs, options, [&](const journal_entry& entry) {
    if (entry.partition != name)
      return;
    while (!found.tail.empty() && found.tail.back().facts.base >= entry.base_offset)
      found.tail.pop_back();
    if (entry.is_truncation())
      return;
    auto batch = record::batch_view::parse(entry.batch.view());
    if (batch && entry.base_offset >= found.checkpoint.flushed_end)
      // A copy: the entry shares the memory of the whole file, which would stay as long as one batch of it.
      found.tail.push_back({bytes::copy_of(entry.batch.view()), facts_of(*batch)});
  });
  if (!scanned)
    return fail(std::move(scanned));
  return found;
}

} // namespace troupe::storage
