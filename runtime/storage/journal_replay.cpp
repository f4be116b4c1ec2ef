#include "runtime/storage/journal_replay.hpp"

#include "runtime/record/batch_view.hpp"

#include <algorithm>

namespace troupe::storage {

bool journal_tail::add(const journal_entry& entry, offset flushed_end) {
  while (!batches_.empty() && batches_.back().facts.base >= entry.base_offset)
    batches_.pop_back();
  if (entry.flushed) {
    flushed_ = flushed_segments{entry.next_offset, entry.flushed->base};
    return true;
  }
  if (entry.is_truncation()) {
    if (flushed_)
      flushed_->end = std::min(flushed_->end, entry.next_offset);
    return true;
  }
  if (entry.base_offset < flushed_end)
    return true;
  auto view = record::batch_view::parse(entry.batch.view());
  if (!view || view->base_offset() != entry.base_offset || view->next_offset() != entry.next_offset)
    return false;
  batches_.push_back({entry.batch, facts_of(*view)});
  return true;
}

void journal_tail::drop_below(offset end) {
  std::erase_if(batches_, [&](const tail_batch& batch) { return batch.facts.base < end; });
}

std::string damaged_batch_sentence(const journal_entry& entry) {
  return "the journal's batch of " + entry.partition.to_string() + " at offset "
         + std::to_string(entry.base_offset.value()) + " is not what its frame says";
}

} // namespace troupe::storage
