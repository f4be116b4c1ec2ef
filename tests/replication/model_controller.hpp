// The controller as a model: the state of one partition, and who may be in sync and lead (KIP-903, KIP-966). Everything
// that it decides is committed at once, and remembered: nodes learn of it late.
#pragma once

#include "runtime/replication/epochs.hpp"

#include <map>
#include <optional>
#include <vector>

namespace troupe::replication {

struct model_broker {
  broker_epoch epoch = no_broker_epoch;
  bool fenced = true;
};

struct model_state {
  node_id leader{-1};
  leader_epoch epoch{0};
  partition_state in_sync;
  std::map<node_id, model_broker> brokers;
};

struct alter_question {
  node_id leader;
  leader_epoch epoch;
  isr_proposal wanted;
};

class model_controller {
public:
  model_controller(std::vector<node_id> replicas, std::int32_t minimum);

  const model_state& now() const { return history_.back(); }
  /// By version, from 0.
  const std::vector<model_state>& history() const { return history_; }
  std::size_t version() const { return history_.size() - 1; }
  std::int32_t minimum() const { return minimum_; }

  broker_epoch register_broker(node_id node, bool storage_kept);
  void fence(node_id node);
  void unfence(node_id node);
  /// The state that holds now, if it was taken.
  std::optional<partition_state> alter(const alter_question& question);

private:
  void commit(model_state next, std::optional<node_id> lost, bool new_epoch);
  void choose_leader(model_state& next, std::optional<node_id> lost) const;
  bool holds_everything(node_id node, std::optional<node_id> lost) const;

  std::vector<node_id> replicas_;
  std::int32_t minimum_;
  std::vector<model_state> history_;
  broker_epoch last_epoch_{0};
};

inline bool has(const std::vector<node_id>& nodes, node_id node) {
  for (auto n : nodes)
    if (n == node)
      return true;
  return false;
}

} // namespace troupe::replication
