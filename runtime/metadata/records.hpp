// The records of the metadata log: every change of the cluster's metadata is one or more of these, and
// nothing else. They travel in batches; a batch is applied as a whole or not at all.
//
// Bytes of a batch (numbers little-endian):
//
//   frame   = magic u32 "TMD1" | format u16 | kind u16 | version u64 | count u32 | size u32 | crc u32 |
//   archive kind    = 1: a batch (version 0); 2: a snapshot, the records that make an image of that version
//   archive = Boost.Serialization's binary archive with its header | count x (tag u8, record); `size` bytes
//   crc     = CRC-32C of everything else
//
// The archive's own header refuses machines with other number sizes or byte order; Troupe runs on
// little-endian 64-bit ones. Every record class has a version of its own (records_archive.hpp): an older one
// is read, a newer one refused.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace troupe::metadata {

/// Grows with every registration of a broker: what an older one says is fenced off.
using broker_epoch = named<struct broker_epoch_tag, std::int64_t>;
/// Drawn at random by each process that registers as a broker: tells a restart from a repeated registration.
using broker_incarnation = named<struct broker_incarnation_tag, std::uint64_t>;
/// Counts the changes of one partition's state.
using partition_epoch = named<struct partition_epoch_tag, std::int32_t>;
/// The index of the last metadata log entry that is part of an image; 0 is "nothing yet".
using metadata_version = named<struct metadata_version_tag, std::uint64_t>;

constexpr node_id no_leader{-1};

/// Where clients reach a broker, one for each listener.
struct endpoint {
  std::string listener; // the listener's name
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const endpoint&, const endpoint&) = default;
};

struct cluster_record {
  std::string cluster_id;
  friend bool operator==(const cluster_record&, const cluster_record&) = default;
};

struct feature_level_record {
  std::string feature;
  std::int16_t level = 0;
  friend bool operator==(const feature_level_record&, const feature_level_record&) = default;
};

struct register_broker_record {
  node_id node;
  broker_incarnation incarnation;
  broker_epoch epoch;
  std::vector<endpoint> endpoints;
  std::optional<std::string> rack;
  bool fenced = true;
  friend bool operator==(const register_broker_record&, const register_broker_record&) = default;
};

struct fence_broker_record {
  node_id node;
  broker_epoch epoch;
  friend bool operator==(const fence_broker_record&, const fence_broker_record&) = default;
};

struct unfence_broker_record {
  node_id node;
  broker_epoch epoch;
  friend bool operator==(const unfence_broker_record&, const unfence_broker_record&) = default;
};

struct topic_record {
  std::string name;
  topic_id id;
  friend bool operator==(const topic_record&, const topic_record&) = default;
};

/// A new partition: the first of a topic is 0, and the next one follows the last.
struct partition_record {
  topic_id topic;
  partition_id partition;
  std::vector<node_id> replicas; // the first one is the preferred leader
  std::vector<node_id> isr;      // in-sync replicas
  node_id leader = no_leader;
  troupe::leader_epoch leader_epoch;
  metadata::partition_epoch partition_epoch;
  std::vector<node_id> elr = {};            // eligible leader replicas (KIP-966): see partition_change.hpp
  std::vector<node_id> last_known_elr = {}; // were eligible until they lost what they had on disk
  std::vector<node_id> adding = {};         // of `replicas`: joined by a reassignment that goes on (KIP-455)
  std::vector<node_id> removing = {};       // of `replicas`: leave when it is done
  friend bool operator==(const partition_record&, const partition_record&) = default;
};

/// The new state of a partition that exists.
struct partition_change_record {
  topic_id topic;
  partition_id partition;
  std::vector<node_id> replicas;
  std::vector<node_id> isr;
  node_id leader = no_leader;
  troupe::leader_epoch leader_epoch;
  metadata::partition_epoch partition_epoch;
  std::vector<node_id> elr = {};            // eligible leader replicas (KIP-966): see partition_change.hpp
  std::vector<node_id> last_known_elr = {}; // were eligible until they lost what they had on disk
  std::vector<node_id> adding = {};         // of `replicas`: joined by a reassignment that goes on (KIP-455)
  std::vector<node_id> removing = {};       // of `replicas`: leave when it is done
  friend bool operator==(const partition_change_record&, const partition_change_record&) = default;
};

struct remove_topic_record {
  topic_id topic;
  friend bool operator==(const remove_topic_record&, const remove_topic_record&) = default;
};

/// Without a value: back to the default.
struct topic_config_record {
  topic_id topic;
  std::string key;
  std::optional<std::string> value;
  friend bool operator==(const topic_config_record&, const topic_config_record&) = default;
};

/// Every producer id below `next` has been given away.
struct producer_ids_record {
  producer_id next;
  friend bool operator==(const producer_ids_record&, const producer_ids_record&) = default;
};

/// Stands for all brokers in a broker_config_record.
constexpr node_id every_broker{-1};

/// An option that is set while brokers run. Without a value: back to what the broker's own configuration
/// says.
struct broker_config_record {
  node_id node;
  std::string key;
  std::optional<std::string> value;
  friend bool operator==(const broker_config_record&, const broker_config_record&) = default;
};

/// The broker is about to stop in good order: it is given no more leaderships.
struct shut_down_broker_record {
  node_id node;
  broker_epoch epoch;
  friend bool operator==(const shut_down_broker_record&, const shut_down_broker_record&) = default;
};

/// The broker is forgotten.
struct unregister_broker_record {
  node_id node;
  broker_epoch epoch;
  friend bool operator==(const unregister_broker_record&, const unregister_broker_record&) = default;
};

/// Of snapshots only: an epoch that was given to a broker which has been forgotten since.
struct broker_epoch_record {
  broker_epoch last;
  friend bool operator==(const broker_epoch_record&, const broker_epoch_record&) = default;
};

/// The position in this list is the tag on disk: new ones go to the end, none is ever taken out.
using record =
    std::variant<cluster_record, feature_level_record, register_broker_record, fence_broker_record,
                 unfence_broker_record, topic_record, partition_record, partition_change_record,
                 remove_topic_record, topic_config_record, producer_ids_record, broker_config_record,
                 shut_down_broker_record, unregister_broker_record, broker_epoch_record>;

/// Never fails for records that controller_core made.
bytes encode(std::span<const record> records);

/// Errors: checksum_mismatch, malformed (no batch, or one that contradicts itself), wrong_format (a newer
/// version wrote it).
result<std::vector<record>> decode(std::string_view batch);

} // namespace troupe::metadata
