// The controller's decisions as a pure state machine.
//
//   decide(command) -> records + reply       records go to the metadata log; the reply is parked until they
//   are committed replay(records, version)                 what has been committed becomes the image
//
// decide() sees what it decided before, committed or not, so that many commands may be under way at once and
// share one write. Without records the reply may go out at once. When leadership is lost, uncommitted
// decisions are void: answer their callers with not_leader and call abandon().
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/random.hpp"
#include "runtime/metadata/image.hpp"
#include "runtime/metadata/topic_config.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::metadata {

/// The producer ids that are given away at a time.
constexpr std::int32_t producer_ids_block_size = 1000;

struct controller_config {
  std::int32_t default_partitions = 1;
  std::int16_t default_replication_factor = 1;
  topic_defaults defaults;
  node_id self{-1};       // whose own overrides hold for what new topics are told
  std::uint64_t seed = 1; // of topic ids, cluster id and placement: system_seed() outside of tests
};

// --- commands and their replies ---

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
  std::vector<endpoint> endpoints;
  std::optional<std::string> rack;
  /// True: the broker leads nothing until unfence_broker. False: it is ready to serve at once.
  bool fenced = true;
};
struct register_broker_reply {
  error what; // errc::none: registered. invalid_request: bad endpoints
  broker_epoch epoch;
};

/// Errors: invalid_request (unknown broker, or another epoch than its current one).
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

using command = std::variant<form_cluster, register_broker, fence_broker, unfence_broker, create_topics,
                             delete_topics, create_partitions, alter_configs, allocate_producer_ids>;
using reply = std::variant<form_cluster_reply, register_broker_reply, fencing_reply, create_topics_reply,
                           delete_topics_reply, create_partitions_reply, alter_configs_reply,
                           allocate_producer_ids_reply>;

struct decision {
  std::vector<record> records; // one batch of the metadata log
  reply answer;                // to be given once `records` are committed
};

class controller_core {
public:
  explicit controller_core(controller_config options);

  /// Goes on from a snapshot's image (or an empty one); forgets everything else.
  void restore(image_ptr image);

  decision decide(const command& what);

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
  decision change_fencing(node_id node, broker_epoch epoch, bool fenced);
  created_topic create_one(const new_topic& wanted, bool repeated, decision& into);
  error extend_one(const more_partitions& wanted, decision& into);
  error alter_one(const altered_resource& wanted, decision& into);
  error alter_topic(const altered_resource& wanted, decision& into);
  error alter_broker(const altered_resource& wanted, decision& into);
  void count_hint(const error& what);
  void draft(decision& into, std::vector<record> more);
  topic_id random_topic_id();

  controller_config config_;
  random_source random_;
  image_ptr committed_;
  image_ptr tentative_;        // committed_ and all that was decided since
  std::size_t hints_left_ = 0; // how many unknown options of this command are answered with a near one
  std::size_t pending_ = 0;    // decisions with records that have not come back through replay()
};

} // namespace troupe::metadata
