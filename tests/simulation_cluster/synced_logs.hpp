// Follows what the nodes write to their journals, so that nearly every question is answered at once; that something is missing
// is believed only when the disk itself has been looked at.
#pragma once

#include "runtime/metadata/image.hpp"
#include "tests/simulation_cluster/member.hpp"
#include "tests/simulation_cluster/replica_disks.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation::cluster {

class synced_logs final : public replica_disks {
public:
  explicit synced_logs(const std::vector<std::unique_ptr<member>>& nodes) : nodes_(nodes) {}

  /// What cannot be read any more counts as being there: it is mended.
  void expect_rot(bool is) { rots_ = is; }
  /// Called for each cut of a node's log, once it is durable.
  void on_cut(std::function<void(node_id, const place&, std::int64_t at)> told) { told_of_cut_ = std::move(told); }

  /// The node has made this durable in its journal.
  void wrote(node_id node, std::string_view group);
  void wiped(node_id node) { nodes_logs_.erase(node); }
  void learn(const metadata::metadata_image& image);
  std::optional<place> place_of(const topic_partition& which) const;

  bool holds(node_id node, const place& where, std::int64_t offset) override;
  std::size_t copies(const place& where, std::int64_t base, std::size_t wanted) override;
  void look_at(node_id node) override { refresh(node); }
  void for_each(node_id node, const place& where, std::int64_t from,
                const std::function<bool(const synced_batch&)>& f) override;

  /// Compares what is known of a node's logs with its disk, and goes on with what is there. What is gone; empty if nothing is.
  std::string look_again(node_id node);

private:
  using log = std::map<std::int64_t, synced_batch>; ///< by base offset
  struct node_logs {
    std::map<topic_partition, log> by_partition;
    std::map<topic_partition, std::int64_t> log_starts; ///< when the disk was last looked at
  };
  struct copy {
    node_id node;
    synced_batch what;
  };

  void take(node_id node, log& into, const topic_partition& partition, std::int64_t base, std::string_view batch);
  void note_copy(node_id node, const topic_partition& partition, const synced_batch& what);
  std::size_t copies_known(const topic_partition& partition, std::int64_t base) const;
  node_logs read_disk(node_id node);
  /// What was known is returned.
  node_logs refresh(node_id node);
  std::optional<topic_partition> name_of(const place& where) const;

  const std::vector<std::unique_ptr<member>>& nodes_;
  std::map<node_id, node_logs> nodes_logs_;
  std::map<topic_partition, std::map<std::int64_t, std::vector<copy>>> copies_;
  std::map<std::string, topic_id> ids_;
  std::map<topic_id, std::string> names_;
  bool rots_ = false;
  std::function<void(node_id, const place&, std::int64_t)> told_of_cut_ = [](node_id, const place&, std::int64_t) {};
};

} // namespace troupe::simulation::cluster
