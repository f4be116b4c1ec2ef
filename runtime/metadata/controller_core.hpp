// The controller's decisions as a pure state machine.
//
//   decide(command, now) -> records + reply    records go to the metadata log; the reply is parked until they
//                                              are committed
//   replay(records, version)                   what has been committed becomes the image
//
// decide() sees what it decided before, committed or not, so that many commands may be under way at once and
// share one write. Without records the reply may go out at once. When leadership is lost, uncommitted
// decisions are void: answer their callers with not_leader and call abandon(). When it is won, call lead(),
// and then decide what due() says, at next_due_ms() at the latest.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/random.hpp"
#include "runtime/metadata/broker_watch.hpp"
#include "runtime/metadata/commands.hpp"
#include "runtime/metadata/image.hpp"
#include "runtime/metadata/partition_change.hpp"
#include "runtime/metadata/topic_config.hpp"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace troupe::metadata {

struct controller_config {
  std::int32_t default_partitions = 1;
  std::int16_t default_replication_factor = 1;
  topic_defaults defaults;
  node_id self{-1};       // whose own overrides hold for what new topics are told
  std::uint64_t seed = 1; // of topic ids, cluster id and placement: system_seed() outside of tests
  std::int64_t session_timeout_ms = 1500; // a broker that is silent for so long is fenced
  /// Who has come back leads where it is preferred only after that time: until then clients that it had refused may not try
  /// again (librdkafka's reconnect.backoff.max.ms is 10 s).
  std::int64_t settled_after_ms = 10'000;
};

struct decision {
  std::vector<record> records; // one batch of the metadata log
  reply answer;                // to be given once `records` are committed
};

/// New states of partitions, one after the other, that are drafted together: drafting copies a topic.
struct change_round {
  decision& into;
  broker_standing standing;
  std::vector<record> changes = {};
  std::set<topic_partition> changed = {};
};

class controller_core {
public:
  explicit controller_core(controller_config options);

  /// Goes on from a snapshot's image (or an empty one); forgets everything else.
  void restore(image_ptr image);

  /// `now_ms`: a monotonic clock's; only brokers' lives depend on it.
  decision decide(const command& what, std::int64_t now_ms = 0);

  /// This node leads the quorum from now on, and has replayed all that was committed before.
  void lead(std::int64_t now_ms);
  /// A process has ended, as its connections show: it is fenced at once if it is the broker that it was. Nothing: no
  /// process of the node is there.
  void report_dead(node_id node, std::optional<broker_incarnation> incarnation);
  /// Nothing has come from the node since then, also before this node led.
  void report_silent(node_id node, std::int64_t since_ms);
  /// What is to be decided now: fencing of the brokers that are silent.
  std::vector<command> due(std::int64_t now_ms) const;
  /// When due() may have something new to say; nothing: not before a command or replay() changes something.
  std::optional<std::int64_t> next_due_ms() const { return watch_.next_deadline_ms(*tentative_); }
  /// Partitions that are to go back to their preferred leaders.
  std::vector<named_partition> elections_due(std::int64_t now_ms) const;

  /// A committed batch. The delta leads from the image before to the image after. Error corrupt: see apply().
  result<metadata_delta> replay(std::span<const record> records, metadata_version version);

  /// Forgets what was decided and not committed: leadership was lost.
  void abandon();

  /// What has been committed.
  const image_ptr& image() const { return committed_; }

private:
  decision on(const form_cluster& what);
  decision on(const register_broker& what);
  decision on(const fence_broker& what);
  decision on(const unfence_broker& what);
  decision on(const create_topics& what);
  decision on(const delete_topics& what);
  decision on(const create_partitions& what);
  decision on(const alter_configs& what);
  decision on(const allocate_producer_ids& what);
  decision on(const broker_heartbeat& what);
  decision on(const unregister_broker& what);
  decision on(const alter_partition& what);
  decision on(const elect_leaders& what);
  decision on(const alter_reassignments& what);
  decision on(const describe_quorum& what);
  decision on(const change_quorum& what);
  error check_registration(const register_broker& what) const;
  error check_broker(node_id node, broker_epoch epoch) const;
  decision change_fencing(node_id node, broker_epoch epoch, bool fenced);
  void fence(const broker& known, decision& into);
  void unfence(const broker& known, decision& into);
  void begin_shutdown(const broker& known, decision& into);
  bool everybody_knows_shutdown(const broker& known) const;
  bool is_caught_up(const broker& known, metadata_version version) const;
  alter_partition_reply::item alter_one(const alter_partition::item& wanted, node_id leader,
                                        change_round& round);
  error check_in_sync_set(const alter_partition::item& wanted, const partition& known) const;
  error check_alteration(const alter_partition::item& wanted, const partition& known, node_id leader) const;
  error elect_one(const topic& t, std::size_t number, election_kind kind, change_round& round);
  elect_leaders_reply elect_all(election_kind kind, change_round& round);
  void finish(change_round& round);
  void make_room(change_round& round, const topic_partition& tp);
  error check_target(const std::vector<node_id>& target, const partition& known,
                     bool may_change_factor) const;
  error reassign_one(const alter_reassignments::item& wanted, bool may_change_factor, change_round& round);
  replica_rules rules_of(const topic& t) const;
  void settle_after_options(decision& into);
  created_topic create_one(const new_topic& wanted, bool repeated, decision& into);
  error extend_one(const more_partitions& wanted, decision& into);
  error alter_one(const altered_resource& wanted, decision& into);
  error alter_topic(const altered_resource& wanted, decision& into);
  error alter_broker(const altered_resource& wanted, decision& into);
  void note(const record& committed, metadata_version version);
  void count_hint(const error& what);
  void draft(decision& into, std::vector<record> more);
  topic_id random_topic_id();

  controller_config config_;
  random_source random_;
  image_ptr committed_;
  image_ptr tentative_;        // committed_ and all that was decided since
  std::size_t hints_left_ = 0; // how many unknown options of this command are answered with a near one
  std::size_t pending_ = 0;    // decisions with records that have not come back through replay()
  std::int64_t now_ms_ = 0;    // of the command that is being decided
  broker_watch watch_;
  /// Of brokers in the image: the version at which they registered, and at which they began to shut down.
  std::map<node_id, metadata_version> registered_at_, shutting_down_since_;
};

} // namespace troupe::metadata
