// Gathers what this node's leaders ask the controller, so that many partitions share one question, and finds out who an
// answer is for.
#pragma once

#include "actors/partition/disk_messages.hpp"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace troupe {

class proposal_desk {
public:
  /// Whether it is the first one since the last question.
  bool add(const isr_proposed& message);
  /// All that has gathered as one question, and the number that its answer must have; nothing if nothing has.
  std::optional<std::pair<std::uint64_t, metadata::alter_partition>> next(node_id self, metadata::broker_epoch epoch);
  /// What to tell whom.
  std::vector<std::pair<topic_partition, isr_answered>> answered(const controller_reply& reply);

private:
  std::vector<isr_proposed> waiting_;
  std::map<std::uint64_t, std::vector<isr_proposed>> asked_;
  std::uint64_t next_number_ = 1;
};

} // namespace troupe
