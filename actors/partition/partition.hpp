// One replica of a partition. As the leader it takes appends from sessions, keeps them in order, has the journal make them
// durable, serves reads below the high watermark, and gives followers what is on disk; as a follower it fetches from the
// leader. The actor translates between messages and its cores: partition_log (what is where), producer_state (inside the
// log: duplicates), leader_core (who waits for what, who is in sync) and follower_core (what to ask and to believe).
#pragma once

#include "actors/interface/broker_lease.hpp"
#include "actors/interface/lost_peers.hpp"
#include "actors/partition/cache_budget.hpp"
#include "actors/partition/disk_messages.hpp"
#include "actors/partition/replication_quota.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/metadata/topic_config.hpp"
#include "runtime/metrics/partition_table.hpp"
#include "runtime/record/validator.hpp"
#include "runtime/replication/follower_core.hpp"
#include "runtime/replication/leader_core.hpp"
#include "runtime/replication/refused_producers.hpp"
#include "runtime/replication/repair_core.hpp"
#include "runtime/storage/partition_log.hpp"

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace troupe {

/// What a partition needs of its node.
struct partition_environment {
  disk_actor disk;
  flusher_actor flusher;
  reader_actor reader;
  const clock_port* clock = nullptr; ///< outlives every actor
  std::shared_ptr<cache_budget> cache;
  std::shared_ptr<replication_quotas> quotas = std::make_shared<replication_quotas>();
  node_id self;
  peer_gate_actor gate;               ///< null: the node has no peers
  lost_peers_ptr lost;                ///< null: nobody asks
  std::shared_ptr<const broker_lease> lease; ///< null: nobody else could lead what it leads
  std::int64_t lag_max_ms = 30'000;   ///< replica.lag.time.max.ms
  storage::log_options log; ///< what no topic says for itself: when to flush, how long producers are remembered
};

/// What it is made from.
struct partition_start {
  topic_partition name;
  caf::actor_addr manager; ///< the partition ends with it, whatever it dies of
  partition_role role;
  std::vector<node_id> connected; ///< of the nodes with other replicas
  bool revived = false;           ///< in this life of the node there was an actor for it already
  metadata::topic_options options;
  storage::recovered_partition recovered;
  metrics::partition_counters_ptr counters = std::make_shared<metrics::partition_counters>();
};

/// `options` with what the topic says in its place.
storage::log_options log_options_of(const metadata::topic_options& topic, storage::log_options options);

class partition_state {
public:
  static inline const char* name = "partition";

  explicit partition_state(partition_internal::pointer self) : self_(self) {}
  ~partition_state();

  void start(partition_environment environment, partition_start from);

  void append(append_request& request);
  void fetch(const fetch_request& request);
  void list_offset(const list_offset_request& request);
  void epoch_end(const epoch_end_request& request);
  void delete_records(const delete_records_request& request);
  void tell_size(const partition_size_request& request);
  void tell_producers(const active_producers_request& request);

  void durable(const journal_durable& message);
  void room(const journal_room& message) { has_room_ = message.available; }
  void flushed(flush_done& message);
  void search_missed_on(const search_missed& message);
  void find_max_timestamp(const max_timestamp_known& message);
  void flush_wanted();
  void keep_house(const housekeep& message);
  void play(const partition_role& role);
  void on_fetch(const replica_asked& message);
  void on_answer(const replica_answered& message);
  void on_connection(const replica_connection& message);
  void on_proposal(const isr_answered& message);
  void on_alarm(const replication_alarm& message);
  void on_cut(const cut_done& message);
  void on_rot(const rot_found& message);
  void on_repair_fetch(const repair_asked& message);
  void on_repair(const repair_answered& message);
  void on_patch(const patch_done& message);
  void on_late_repair(const repair_late& message) { ask_for_lost(repair_.late(message.round, now_ms())); }
  void change(const options_changed& message);
  void give_back(const give_back_memory& message);
  void on_down(const caf::down_msg& down);
  void stop(const caf::error& reason);

private:
  struct parked_append {
    partition_client reply_to;
    append_reply reply;
  };
  /// A client that has waited here, as long as it lives.
  struct waiting_client {
    caf::actor_addr address;
    partition_client reply_to; ///< null: it does not wait now
    request_tag tag;
    replication::waiter place;
  };

  // partition_append.cpp
  errc validate(append_request& request, append_reply& reply);
  void refuse(append_request& request, append_reply reply);
  void note_refused(const append_request& request, errc why);
  using producer_verdict = result<std::optional<storage::remembered_batch>>;
  bool may_be_deposed() const;
  bool skips_some(const storage::batch_facts& batch) const;
  errc reason_to_wait(const storage::batch_facts& batch, const producer_verdict& verdict) const;
  errc recompress(bytes& batch, record::compression to, append_reply& reply);
  void append_valid(append_request& request, append_reply reply);
  void acknowledge_duplicate(append_request& request, append_reply reply, const storage::remembered_batch& original);
  replication::token park(append_request& request, append_reply reply);

  // partition_role.cpp
  void lead();
  void follow();
  void leave_role();
  bool is_same_part(const partition_role& role) const;
  void tell_leader();
  void arm(std::optional<std::int64_t> at_ms);
  std::int32_t min_insync_replicas() const;
  offset high_watermark() const;
  bool is_replicated() const { return role_.state.replicas.size() > 1; }
  bool is_connected(node_id node) const;
  static std::int64_t ms_up(std::int64_t ns) { return (ns + ns_per_ms - 1) / ns_per_ms; }
  std::int64_t now_ms() const { return environment_.clock->monotonic_ns() / ns_per_ms; }

  // partition_leader.cpp
  void answer_replica(const replication::follower_answer& answer);
  void propose();
  void call_followers();
  void throttle_anew();
  bool throttles(const std::string& replicas) const;

  // partition_follower.cpp
  void carry_out(replication::follower_effects effects, std::vector<storage::tail_batch> batches = {});
  bool is_up_to_date(offset end, offset high_watermark) const;
  void append_replicated(std::vector<storage::tail_batch> batches);
  void begin_cut(offset at, bool anew);
  void go_on_cutting();
  void end_cut();
  /// Batches as another replica sent them, which must fill the body; nothing if they cannot be read.
  static std::optional<std::vector<storage::tail_batch>> split(const bytes& body, std::uint32_t count);

  // partition_repair.cpp
  std::vector<node_id> who_may_have_it() const;
  void ask_for_lost(const replication::repair_core::question& question);

  // partition.cpp
  void carry_out(replication::effects effects);
  void write_out();
  void flush_if_due(bool force);
  void send_order(std::optional<storage::flush_request> order);
  void account_for_memory();
  void show() const;
  void show_followers() const;
  void touch();
  errc check_epoch(leader_epoch asked) const;

  // partition_fetch.cpp
  errc check_reader(const fetch_request& request) const;
  void wait_for_more(const fetch_request& request);
  void wake_readers();
  void find_time(request_tag tag, timestamp_ms timestamp, offset from, const partition_client& reply_to);
  void find_max_timestamp(const list_offset_request& request);
  void answer(const partition_client& to, list_offset_reply reply);

  // partition_admin.cpp
  void log_start_moved();
  void answer_deletions();
  void give_up_deletions(errc why);

  struct deletion {
    offset before;
    request_tag tag;
    partition_admin_client reply_to;
  };

  /// What is to go from the end of the log, step by step.
  struct cutting {
    offset at;
    bool anew = false; ///< all goes: the log begins and ends at `at`
    enum class step { waits, in_journal, in_segments } where = step::waits;
    std::optional<storage::segment_cut> order = {}; ///< for the flusher, once the journal has it
  };

  partition_internal::pointer self_;
  partition_environment environment_;
  metadata::topic_options options_;
  metrics::partition_counters_ptr counters_;
  std::optional<storage::partition_log> log_;
  partition_role role_;
  std::optional<partition_role> next_role_; ///< once the log has been cut
  /// One of both, or none if nobody leads.
  std::optional<replication::leader_core> leader_;
  replication::refused_producers refused_; ///< of this leadership
  std::int64_t young_until_ms_ = 0;        ///< what was sent to the leader of before may still come
  std::optional<replication::follower_core> follower_;
  offset known_high_watermark_; ///< as a follower
  std::vector<node_id> connected_;
  std::optional<cutting> cutting_;
  replication::repair_core repair_;
  storage::segment_rot rot_; ///< which is being repaired
  std::uint64_t rounds_ = 0; ///< of fetches, in all roles
  bool resumes_ = false;     ///< who led before in this life may have left proposals
  std::optional<std::int64_t> alarm_at_ms_;
  std::vector<parked_append> parked_; ///< by token; free places are in free_parked_
  std::vector<replication::token> free_parked_;
  std::unordered_map<replication::token, waiting_client> waiting_; ///< by the client's actor id
  std::vector<deletion> deletions_; ///< not durable yet on all replicas that may lead
  bool has_room_ = true;
  caf::actor_addr manager_;
  cache_budget::share_ptr memory_;   ///< in environment_.cache
  offset flush_until_;               ///< flushing goes on, whatever is due, until here
};

partition_internal::behavior_type partition(partition_internal::stateful_pointer<partition_state> self,
                                            partition_environment environment,
                                            std::shared_ptr<partition_start> from);

} // namespace troupe
