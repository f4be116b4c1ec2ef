// Where the batches of an answer to a fetch end.
#pragma once

#include "actors/interface/session_messages.hpp"
#include "runtime/record/batch_view.hpp"

namespace troupe::test {

/// The offset behind the last record; -1: there is none.
inline std::int64_t end_of(const fetch_reply& reply) {
  std::int64_t end = -1;
  for (auto& slice : reply.batches) {
    record::batch_cursor batches{slice.view()};
    while (auto batch = batches.next())
      end = batch->next_offset().value();
  }
  return end;
}

} // namespace troupe::test
