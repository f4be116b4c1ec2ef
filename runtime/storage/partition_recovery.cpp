#include "runtime/storage/partition_recovery.hpp"

#include "runtime/storage/checkpoint.hpp"
#include "runtime/storage/journal_replay.hpp"

namespace troupe::storage {

result<recovered_partition> recover_partition(file_system& fs, const std::string& directory,
                                              const journal_options& options, const topic_partition& name,
                                              const std::function<void(const std::string&)>& report) {
  auto known = read_checkpoint_file(fs, checkpoint_path(directory));
  if (!known && known.error() == errc::not_found) // the machine stopped once while they were exchanged
    known = read_checkpoint_file(fs, old_checkpoint_path(directory));
  if (!known)
    return fail(std::move(known));
  recovered_partition found;
  if (auto state = known->partitions.find(name); state != known->partitions.end())
    found.checkpoint = std::move(state->second);
  // What was flushed is in the checkpoint: nothing in the journal says more of it.
  journal_tail tail;
  auto scanned = journal::inspect(fs, options, [&](const journal_entry& entry) {
    if (entry.partition != name)
      return;
    // A copy: the entry shares the memory of the whole file, which would stay as long as one batch of it.
    auto own = entry;
    if (!entry.batch.empty() && entry.base_offset >= found.checkpoint.flushed_end)
      own.batch = bytes::copy_of(entry.batch.view());
    if (!tail.add(own, found.checkpoint.flushed_end))
      report(damaged_batch_sentence(entry));
  });
  if (!scanned)
    return fail(std::move(scanned));
  for (auto& damage : scanned->damage)
    report(damage.sentence);
  found.tail = tail.take();
  return found;
}

} // namespace troupe::storage
