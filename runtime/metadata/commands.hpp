// What the controller is asked to decide, and its answers.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/metadata/broker_config.hpp"
#include "runtime/metadata/records.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::metadata {

/// The producer ids that are given away at a time.
constexpr std::int32_t producer_ids_block_size = 1000;

/// Gives a new cluster its id; a cluster that has one keeps it.
struct form_cluster {
  std::string cluster_id; // empty: a random one
};
struct form_cluster_reply {
  std::string cluster_id;
};

/// A broker starts. Whatever was known of an earlier incarnation is fenced off: its partitions get new
/// leaders, or a new leader epoch where nobody else can lead.
struct register_broker {
  node_id node;
  broker_incarnation incarnation;
  std::vector<endpoint> endpoints; // one named peer_listener tells where other nodes reach it
  std::optional<std::string> rack;
  /// True: the broker leads nothing until its heartbeats say that it has caught up. False: it is ready to
  /// serve at once.
  bool fenced = true;
  std::string cluster_id = {}; // empty: it does not know yet
  /// Everything that its earlier incarnations had on disk is still there. Otherwise it counts neither as in
  /// sync nor as eligible (KIP-966), even where it was the last. Kafka asks for a clean shutdown here; where
  /// acknowledged means durable, a recovery that found the journal whole and the directory the same will do.
  bool storage_kept = false;
};
/// invalid_request: bad endpoints. wrong_cluster. duplicate_broker: a live process has the node id.
struct register_broker_reply {
  error what; // errc::none: registered
  broker_epoch epoch;
};

/// The listener at which other nodes reach a broker.
constexpr std::string_view peer_listener = "PEER";

/// A broker is alive (KIP-631).
struct broker_heartbeat {
  node_id node;
  broker_epoch epoch;
  metadata_version version;    // of the image that it has
  bool wants_fence = false;    // it cannot serve
  bool wants_shutdown = false; // it would like to stop: leaderships go to others first
};
/// Errors: unknown_broker, stale_broker_epoch: it has to register anew.
struct broker_heartbeat_reply {
  error what;
  bool is_fenced = true;
  bool should_shutdown = false; // nobody waits for it any more
  bool is_caught_up = false;    // it has its own registration
};

/// Errors: unknown_broker, stale_broker_epoch.
struct fence_broker {
  node_id node;
  broker_epoch epoch;
};
struct unfence_broker {
  node_id node;
  broker_epoch epoch;
};
struct fencing_reply {
  error what; // errc::none: done
};

/// Forgets a broker for good. Errors: unknown_broker; invalid_request: it is alive.
struct unregister_broker {
  node_id node;
};
struct unregister_broker_reply {
  error what;
};

struct in_sync_member {
  node_id node;
  broker_epoch epoch; // under which it fetches from the leader (KIP-903); -1: not known
  friend bool operator==(const in_sync_member&, const in_sync_member&) = default;
};

/// A leader changes in-sync sets.
struct alter_partition {
  struct item {
    topic_id topic;
    partition_id partition;
    troupe::leader_epoch leader_epoch;
    metadata::partition_epoch partition_epoch;
    std::vector<in_sync_member> isr;
  };
  node_id leader;
  broker_epoch epoch;
  std::vector<item> partitions;
};
/// One for each partition asked for, in that order. Errors: unknown_topic_id, unknown_topic_or_partition,
/// fenced_leader_epoch, unknown_leader_epoch, not_leader, stale_partition_epoch (somebody was faster: wait
/// for the metadata), invalid_request, ineligible_replica.
struct alter_partition_reply {
  struct item {
    topic_id topic;
    partition_id partition;
    error what; // errc::none: the rest is the state that holds now
    std::vector<node_id> isr;
    std::vector<node_id> elr;
    node_id leader = no_leader;
    troupe::leader_epoch leader_epoch;
    metadata::partition_epoch partition_epoch;
    std::int32_t min_insync_replicas = 0; // that goes with it
  };
  error what; // unknown_broker, stale_broker_epoch: no items
  std::vector<item> partitions;
};

struct named_partition {
  std::string topic;
  partition_id partition;
  friend auto operator<=>(const named_partition&, const named_partition&) = default;
};

/// The numbers are Kafka's (KIP-460).
enum class election_kind : std::int8_t { preferred = 0, unclean = 1 };

/// Errors: unknown_topic_or_partition, election_not_needed, preferred_leader_not_available,
/// eligible_leaders_not_available.
struct elect_leaders {
  election_kind kind = election_kind::preferred;
  std::optional<std::vector<named_partition>> partitions; // nothing: all that need it
};
/// One for each partition asked for, in that order; of all partitions: those that have or should have got
/// another leader.
struct elect_leaders_reply {
  struct item {
    named_partition partition;
    error what;
  };
  error what; // invalid_request: another kind of election
  std::vector<item> partitions;
};

/// KIP-455. Errors: unknown_topic_or_partition, invalid_replica_assignment, invalid_replication_factor,
/// no_reassignment.
struct alter_reassignments {
  struct item {
    named_partition partition;
    std::optional<std::vector<node_id>> replicas; // nothing: what is under way is cancelled
  };
  std::vector<item> partitions;
  bool may_change_factor = true;
};
struct alter_reassignments_reply {
  struct item {
    named_partition partition;
    error what;
  };
  std::vector<item> partitions;
};

struct config_entry {
  std::string key;
  std::optional<std::string> value;
};

struct new_topic {
  std::string name;
  std::int32_t partitions = -1;         // -1: the default
  std::int16_t replication_factor = -1; // -1: the default
  /// If not empty: the replicas of each partition, the preferred leader first. Then the two above must be -1.
  std::vector<std::pair<partition_id, std::vector<node_id>>> assignments;
  std::vector<config_entry> configs;
};

struct create_topics {
  std::vector<new_topic> topics;
  bool validate_only = false;
};
/// One for each topic asked for, in that order.
struct created_topic {
  std::string name;
  error what;  // errc::none: created; the rest is set only then
  topic_id id; // zero if validate_only
  std::int32_t partitions = -1;
  std::int16_t replication_factor = -1;
  std::vector<effective_config> configs;
};
struct create_topics_reply {
  std::vector<created_topic> topics;
};

struct topic_reference {
  std::string name; // used if the id is zero
  topic_id id;
};
struct delete_topics {
  std::vector<topic_reference> topics;
};
/// One for each topic asked for, in that order; name and id are filled in where they are known.
struct deleted_topic {
  std::string name;
  topic_id id;
  error what;
};
struct delete_topics_reply {
  std::vector<deleted_topic> topics;
};

struct more_partitions {
  std::string topic;
  std::int32_t total = 0; // how many there are to be
  /// The replicas of each new partition, in order; nothing: as the controller chooses.
  std::optional<std::vector<std::vector<node_id>>> assignments;
};
struct create_partitions {
  std::vector<more_partitions> topics;
  bool validate_only = false;
};
struct create_partitions_reply {
  struct item {
    std::string topic;
    error what;
  };
  std::vector<item> topics;
};

/// What has options; the numbers are Kafka's.
enum class resource_kind : std::int8_t { topic = 2, broker = 4 };
enum class config_operation : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

struct config_change {
  std::string key;
  config_operation operation = config_operation::set;
  std::optional<std::string> value; // needed by all but remove
};

struct altered_resource {
  resource_kind kind = resource_kind::topic; // any number: others are refused
  std::string name;                          // of a broker: its node id, or empty for all brokers
  std::vector<config_change> changes;
  bool replace = false; // what is not named goes back to its default
};

/// Errors: invalid_config (an unknown option, with the name that was probably meant, or a value that is not
/// allowed), invalid_request (not dynamic, named twice, no value), unknown_topic_or_partition, invalid_topic,
/// unknown_broker.
struct alter_configs {
  std::vector<altered_resource> resources;
  bool validate_only = false;
};
/// One for each resource asked for, in that order.
struct alter_configs_reply {
  struct item {
    resource_kind kind;
    std::string name;
    error what;
  };
  std::vector<item> resources;
};

struct allocate_producer_ids {};
/// The caller alone may give away [first, first + count).
struct allocate_producer_ids_reply {
  error what;
  producer_id first;
  std::int32_t count = 0;
};

/// Who votes on the metadata log, who only reads it, and how far they are.
struct describe_quorum {};
struct describe_quorum_reply {
  struct member {
    node_id node;
    bool votes = true;
    std::int64_t log_end = -1;       // the index behind its last entry; -1: not known
    std::int64_t last_heard_ms = -1; // wall clock; -1: the leader itself, or not known
    std::int64_t caught_up_ms = -1;  // when it last had everything, as far as it is known
    std::uint64_t disk = 0;          // the name of its metadata directory; 0: not known
  };
  error what;
  node_id leader{-1};
  std::int32_t epoch = 0; // the term
  std::int64_t high_watermark = 0;
  std::vector<member> members;
};

/// Gives a node that follows the metadata log a vote, or takes it away (KIP-853). Errors: already_exists,
/// not_found, invalid_argument, timed_out (the node lags behind, another change is under way, or too few
/// controllers live).
struct change_quorum {
  node_id node;
  std::uint64_t disk = 0; // of the node; 0: whichever it has
  bool adds = true;
  bool when_committed = true;
  std::int32_t timeout_ms = 5'000;
};
struct change_quorum_reply {
  error what;
};

/// The position in these lists is the tag on the wire (commands_archive.hpp): new ones go to the end.
using command =
    std::variant<form_cluster, register_broker, fence_broker, unfence_broker, create_topics, delete_topics,
                 create_partitions, alter_configs, allocate_producer_ids, broker_heartbeat, unregister_broker,
                 alter_partition, elect_leaders, alter_reassignments, describe_quorum, change_quorum>;
using reply = std::variant<form_cluster_reply, register_broker_reply, fencing_reply, create_topics_reply,
                           delete_topics_reply, create_partitions_reply, alter_configs_reply,
                           allocate_producer_ids_reply, broker_heartbeat_reply, unregister_broker_reply,
                           alter_partition_reply, elect_leaders_reply, alter_reassignments_reply,
                           describe_quorum_reply, change_quorum_reply>;

} // namespace troupe::metadata
