#include "actors/partition/replica_read.hpp"

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

/// How many batches these slices hold.
std::uint32_t count_batches(const std::vector<bytes>& slices) {
  std::uint32_t count = 0;
  for (auto& slice : slices)
    for (record::batch_cursor batches{slice.view()}; batches.next();)
      ++count;
  return count;
}

} // namespace

partition_client::behavior_type replica_read(partition_client::pointer self, const partition_environment& environment,
                                             storage::segment_read read, node_id to,
                                             batches_answer answer, bool pays, partition_internal owner) {
  self->monitor(environment.reader);
  self->set_down_handler([self](const caf::down_msg& down) { self->quit(down.reason); });
  self->send(environment.reader, read_order{std::move(read), fetch_reply{}, self, nullptr, std::move(owner)});
  return {
      [](const append_reply&) {},
      [self, to, answer, pays, gate = environment.gate, reader = environment.reader,
       quotas = environment.quotas, clock = environment.clock](fetch_reply& read) mutable {
        auto head = std::visit(
            [&](auto& all) {
              if (read.code != errc::none || read.batches.empty()) {
                spdlog::error("replica_read: {} cannot be read for another replica: {}", all.partition.to_string(),
                              read.message);
                all.code = replication::replica_code::failed;
                read.batches.clear();
                read.size_bytes = 0;
              }
              all.batches = count_batches(read.batches);
              all.size_bytes = static_cast<std::uint32_t>(read.size_bytes);
              return replication::encode(all);
            },
            answer);
        if (pays)
          quotas->leader.pay(read.size_bytes, clock->monotonic_ns());
        self->send(gate, peer_send{to, peer_service::replication, std::move(head), std::move(read.batches)});
        self->demonitor(reader.address());
        self->quit();
      },
      [](const fetch_wakeup&) {},
      [](const list_offset_reply&) {},
      [](const epoch_end_reply&) {},
  };
}

} // namespace troupe
