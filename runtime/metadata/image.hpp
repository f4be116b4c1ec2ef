// The cluster's metadata at one point of the metadata log, immutable and shared: applying records gives a new
// image that shares with the old one all that did not change, and a delta that names what did.
#pragma once

#include "runtime/metadata/persistent_map.hpp"
#include "runtime/metadata/records.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace troupe::metadata {

struct broker {
  node_id node;
  broker_incarnation incarnation;
  broker_epoch epoch;
  std::vector<endpoint> endpoints;
  std::optional<std::string> rack;
  bool fenced = true;
  bool shutting_down = false; // in good order: is given no more leaderships

  /// Nothing if the broker has no listener of that name.
  const endpoint* find_endpoint(std::string_view listener) const;
  friend bool operator==(const broker&, const broker&) = default;
};

struct partition {
  std::vector<node_id> replicas;
  std::vector<node_id> isr;
  node_id leader = no_leader;
  troupe::leader_epoch leader_epoch;
  metadata::partition_epoch partition_epoch;
  std::vector<node_id> elr = {};
  std::vector<node_id> last_known_elr = {};
  std::vector<node_id> adding = {};
  std::vector<node_id> removing = {};

  bool is_reassigned() const { return !adding.empty() || !removing.empty(); }
  /// How many replicas the partition is to have: those that a reassignment adds count once it is done.
  std::int32_t replication_factor() const {
    return static_cast<std::int32_t>(replicas.size()) - static_cast<std::int32_t>(adding.size());
  }
  friend bool operator==(const partition&, const partition&) = default;
};

/// What a topic sets itself; everything else comes from the defaults (topic_config.hpp).
using config_overrides = std::map<std::string, std::string, std::less<>>;

struct topic {
  std::string name;
  topic_id id;
  std::vector<partition> partitions; // by partition id
  config_overrides configs;

  /// Nothing if there is no such partition.
  const partition* find_partition(partition_id id) const;
  friend bool operator==(const topic&, const topic&) = default;
};

using topic_ptr = std::shared_ptr<const topic>;
using broker_ptr = std::shared_ptr<const broker>;

/// What is set for brokers while they run, by the broker options' names (broker_config.hpp).
struct broker_overrides {
  const config_overrides& one; // for the broker itself: goes before the others
  const config_overrides& all; // for every broker
};

class metadata_image;
using image_ptr = std::shared_ptr<const metadata_image>;

class metadata_image {
public:
  /// The image before the first record.
  static image_ptr empty();

  metadata_version version() const { return version_; }
  /// Empty until the cluster has been formed.
  const std::string& cluster_id() const { return cluster_id_; }
  /// The first producer id that has not been given away.
  producer_id next_producer_id() const { return next_producer_id_; }
  const std::map<std::string, std::int16_t>& features() const { return features_; }
  /// The largest epoch that any broker ever had.
  broker_epoch last_broker_epoch() const { return last_broker_epoch_; }

  /// Pointers are valid as long as the image (to keep a topic longer, keep its topic_ptr). Null if there is
  /// none.
  const topic* find_topic(std::string_view name) const;
  const topic* find_topic(const topic_id& id) const;
  topic_ptr share_topic(const topic_id& id) const;
  const partition* find_partition(const topic_partition& tp) const;
  /// The topic whose name is the same but for '.' and '_', which metrics can't tell apart; null if there is
  /// none.
  const topic* find_lookalike(std::string_view name) const;
  const broker* find_broker(node_id id) const;
  /// What is set for that broker, or for every_broker; nothing as a rule.
  const config_overrides& broker_configs(node_id id) const;
  broker_overrides overrides_of(node_id id) const {
    return {broker_configs(id), broker_configs(every_broker)};
  }

  std::size_t topic_count() const { return topics_.size(); }
  std::size_t partition_count() const { return partition_count_; }
  std::size_t broker_count() const { return brokers_.size(); }

  /// f(const topic&) in the order of names.
  template <class F>
  void for_each_topic(F&& f) const {
    by_name_.for_each([&f](const std::string&, const topic_ptr& t) { f(*t); });
  }
  /// f(const broker&) in the order of node ids.
  template <class F>
  void for_each_broker(F&& f) const {
    brokers_.for_each([&f](node_id, const broker_ptr& b) { f(*b); });
  }
  /// f(node_id, const config_overrides&) for whoever has some, every_broker first.
  template <class F>
  void for_each_broker_config(F&& f) const {
    for (auto& [node, configs] : broker_configs_)
      f(node, configs);
  }

  friend bool operator==(const metadata_image& a, const metadata_image& b);

private:
  friend class image_builder;

  metadata_version version_;
  std::string cluster_id_;
  producer_id next_producer_id_{0};
  broker_epoch last_broker_epoch_{0};
  std::map<std::string, std::int16_t> features_;
  std::map<node_id, config_overrides> broker_configs_; // none of them empty
  persistent_map<node_id, broker_ptr> brokers_;
  persistent_map<topic_id, topic_ptr> topics_;
  persistent_map<std::string, topic_ptr> by_name_;
  persistent_map<std::string, topic_id> lookalikes_;
  std::size_t partition_count_ = 0;
};

/// A topic that was created or whose partitions or configuration changed.
struct topic_change {
  topic_id id;
  bool created = false;
  bool configs = false;
  std::vector<partition_id> partitions; // new or changed, ascending
};

/// What tells an image from the one before. Sorted by id throughout.
struct metadata_delta {
  metadata_version from;
  metadata_version to;
  /// There is no "before" (an image that was read from a snapshot): look at all of the image.
  bool everything = false;
  bool cluster = false; // cluster id or a feature level
  bool broker_configs = false;
  std::vector<topic_change> topics;
  std::vector<topic_ptr> removed_topics; // as they were
  std::vector<node_id> brokers;          // registered, fenced, unfenced, stopping or forgotten

  bool empty() const {
    return !everything && !cluster && !broker_configs && topics.empty() && removed_topics.empty()
           && brokers.empty();
  }
};

struct applied {
  image_ptr image;
  metadata_delta delta;
};

/// The image after `records`, which came through the metadata log at `version`. Error corrupt: a record that
/// contradicts the image (a partition of no topic, say), which no controller writes; the image is then to be
/// given up.
result<applied> apply(const image_ptr& image, std::span<const record> records, metadata_version version);

/// The whole image as bytes, for the metadata log's snapshots. The same framing as a batch of records, of
/// another kind.
bytes encode_snapshot(const metadata_image& image);
/// Errors as those of decode(), and corrupt.
result<image_ptr> decode_snapshot(std::string_view data);

} // namespace troupe::metadata
