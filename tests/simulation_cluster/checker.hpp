// What must hold in a cluster besides what must hold at all (tests/simulation/checker.hpp): one property, one file.
#pragma once

#include "actors/controller/raft_messages.hpp"
#include "runtime/metadata/image.hpp"
#include "tests/simulation/events.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation_cluster/replica_disks.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe::simulation::cluster {

/// A node answered as the leader of this epoch.
struct partition_served {
  place where;
  std::int32_t epoch = -1;
  std::int32_t node = -1;
};

/// Metadata of a node named the leader; -1: there is none.
struct leader_told {
  place where;
  std::int32_t epoch = -1;
  std::int32_t leader = -1;
  int node = 0;      ///< who was asked
  int life = 0;      ///< of its actors
  std::string asker; ///< asks one question after the other
};

/// A node has applied the metadata up to here.
struct metadata_seen {
  int node = 0; ///< its place in the plan
  int observer = 0;
  metadata::image_ptr image;
};

struct quorum_leader_seen {
  int node = 0;
  int observer = 0;
  quorum_leader what;
};

/// A batch that was sent only once was acknowledged by all in-sync replicas.
struct batch_written {
  place where;
  std::int64_t base = 0;
  std::int64_t acknowledged_before = 0; ///< behind everything that was acknowledged when it was sent
};

/// What a replica says to another: the partition is committed up to here.
struct high_watermark_known {
  node_id node;
  place where;
  std::int64_t high_watermark = 0;
  bool leads = false; ///< it speaks as the leader
};

/// A follower has answered a consumer (KIP-392).
struct follower_read {
  node_id node;
  records_read what;
};

/// A partition's leader says where its log begins, and only retention removes records: the youngest that may be gone.
struct log_start_told {
  place where;
  std::int64_t log_start = 0;
  timestamp_ms youngest;
};

/// An answer to OffsetForLeaderEpoch, by the leader of an epoch: the newest epoch that it has up to `asked`, and its end.
struct epoch_end_told {
  place where;
  std::int32_t by_epoch = -1;
  std::int32_t asked = -1;
  std::int32_t epoch = -1;
  std::int64_t end = -1;
};

/// A node has cut the end of its log off, durably.
struct log_cut {
  node_id node;
  place where;
  std::int64_t at = 0;
};

struct node_wiped {
  node_id node;
};

/// From now on nothing goes wrong any more.
struct cluster_healed {};
/// ... and all brokers serve, and all replicas are in sync.
struct cluster_whole {};

/// Somebody wants to write to a partition, and tries until it is acknowledged.
struct write_wanted {
  place where;
  std::int64_t at_ms = 0;
};
struct write_done {
  place where;
  std::int64_t at_ms = 0;
};

/// Nobody writes any more, and all replicas are in sync.
struct cluster_at_rest {};

class checker {
public:
  checker(history& report, replica_disks& disks) : report_(report), disks_(disks) {}
  virtual ~checker() = default;

  virtual void on(const partition_served&) {}
  virtual void on(const leader_told&) {}
  virtual void on(const metadata_seen&) {}
  virtual void on(const quorum_leader_seen&) {}
  virtual void on(const batch_written&) {}
  virtual void on(const high_watermark_known&) {}
  virtual void on(const follower_read&) {}
  virtual void on(const log_start_told&) {}
  virtual void on(const epoch_end_told&) {}
  virtual void on(const log_cut&) {}
  virtual void on(const node_wiped&) {}
  virtual void on(const cluster_at_rest&) {}
  virtual void on(const cluster_healed&) {}
  virtual void on(const cluster_whole&) {}
  virtual void on(const write_wanted&) {}
  virtual void on(const write_done&) {}
  virtual void on(const batch_acknowledged&) {} ///< by all in-sync replicas
  virtual void on(const records_read&) {}

protected:
  void wrong(const std::string& why) { report_.fail(outcome::correctness, why); }
  void too_late(const std::string& why) { report_.fail(outcome::liveness, why); }
  replica_disks& disks() { return disks_; }

private:
  history& report_;
  replica_disks& disks_;
};

using checker_ptr = std::unique_ptr<checker>;

checker_ptr make_leader_checker(history& report, replica_disks& disks);
checker_ptr make_term_checker(history& report, replica_disks& disks);
checker_ptr make_agreement_checker(history& report, replica_disks& disks);
checker_ptr make_partition_checker(history& report, replica_disks& disks);
checker_ptr make_realtime_checker(history& report, replica_disks& disks);
checker_ptr make_durable_checker(history& report, replica_disks& disks);
checker_ptr make_divergence_checker(history& report, replica_disks& disks);
checker_ptr make_follower_checker(history& report, replica_disks& disks);
checker_ptr make_liveness_checker(history& report, replica_disks& disks);
checker_ptr make_view_checker(history& report, replica_disks& disks);
checker_ptr make_retention_checker(history& report, replica_disks& disks);
checker_ptr make_epoch_end_checker(history& report, replica_disks& disks);

class judge {
public:
  judge(history& report, replica_disks& disks) {
    for (auto make : {make_leader_checker, make_term_checker, make_agreement_checker, make_partition_checker,
                      make_realtime_checker, make_durable_checker, make_divergence_checker,
                      make_follower_checker, make_retention_checker, make_epoch_end_checker,
                      make_liveness_checker, make_view_checker})
      checkers_.push_back(make(report, disks));
  }

  template <class Event>
  void on(const Event& event) {
    for (auto& one : checkers_)
      one->on(event);
  }

private:
  std::vector<checker_ptr> checkers_;
};

} // namespace troupe::simulation::cluster
