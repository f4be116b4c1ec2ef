// How each record goes through Boost.Serialization. To change a record: raise its version at the end of this
// file, and read the older versions as well. Only the archives of this room include this.
#pragma once

#include "runtime/metadata/archive_fields.hpp"
#include "runtime/metadata/records.hpp"

#include <boost/serialization/split_free.hpp>

namespace troupe::metadata {

template <class Archive>
void serialize(Archive& archive, endpoint& r, unsigned version) {
  fields<endpoint>(archive, version, r.listener, r.host, r.port);
}

template <class Archive>
void serialize(Archive& archive, cluster_record& r, unsigned version) {
  fields<cluster_record>(archive, version, r.cluster_id);
}

template <class Archive>
void serialize(Archive& archive, feature_level_record& r, unsigned version) {
  fields<feature_level_record>(archive, version, r.feature, r.level);
}

template <class Archive>
void serialize(Archive& archive, register_broker_record& r, unsigned version) {
  fields<register_broker_record>(archive, version, r.node, r.incarnation, r.epoch, r.endpoints, r.rack,
                                 r.fenced);
}

template <class Archive>
void serialize(Archive& archive, fence_broker_record& r, unsigned version) {
  fields<fence_broker_record>(archive, version, r.node, r.epoch);
}

template <class Archive>
void serialize(Archive& archive, unfence_broker_record& r, unsigned version) {
  fields<unfence_broker_record>(archive, version, r.node, r.epoch);
}

template <class Archive>
void serialize(Archive& archive, topic_record& r, unsigned version) {
  fields<topic_record>(archive, version, r.name, r.id);
}

/// Version 1 knew neither eligible leader replicas nor reassignments.
template <class Archive, class Record>
void partition_fields(Archive& archive, unsigned version, Record& r) {
  fields<Record>(archive, version, r.topic, r.partition, r.replicas, r.isr, r.leader, r.leader_epoch,
                 r.partition_epoch);
  if (version >= 2)
    fields<Record>(archive, version, r.elr, r.last_known_elr, r.adding, r.removing);
}

template <class Archive>
void serialize(Archive& archive, partition_record& r, unsigned version) {
  partition_fields(archive, version, r);
}

template <class Archive>
void serialize(Archive& archive, partition_change_record& r, unsigned version) {
  partition_fields(archive, version, r);
}

template <class Archive>
void serialize(Archive& archive, remove_topic_record& r, unsigned version) {
  fields<remove_topic_record>(archive, version, r.topic);
}

template <class Archive>
void serialize(Archive& archive, topic_config_record& r, unsigned version) {
  fields<topic_config_record>(archive, version, r.topic, r.key, r.value);
}

template <class Archive>
void serialize(Archive& archive, producer_ids_record& r, unsigned version) {
  fields<producer_ids_record>(archive, version, r.next);
}

template <class Archive>
void serialize(Archive& archive, broker_config_record& r, unsigned version) {
  fields<broker_config_record>(archive, version, r.node, r.key, r.value);
}

template <class Archive>
void serialize(Archive& archive, shut_down_broker_record& r, unsigned version) {
  fields<shut_down_broker_record>(archive, version, r.node, r.epoch);
}

template <class Archive>
void serialize(Archive& archive, unregister_broker_record& r, unsigned version) {
  fields<unregister_broker_record>(archive, version, r.node, r.epoch);
}

template <class Archive>
void serialize(Archive& archive, broker_epoch_record& r, unsigned version) {
  fields<broker_epoch_record>(archive, version, r.last);
}

} // namespace troupe::metadata

TROUPE_ARCHIVED_CLASS(endpoint, 1)
TROUPE_ARCHIVED_CLASS(cluster_record, 1)
TROUPE_ARCHIVED_CLASS(feature_level_record, 1)
TROUPE_ARCHIVED_CLASS(register_broker_record, 1)
TROUPE_ARCHIVED_CLASS(fence_broker_record, 1)
TROUPE_ARCHIVED_CLASS(unfence_broker_record, 1)
TROUPE_ARCHIVED_CLASS(topic_record, 1)
TROUPE_ARCHIVED_CLASS(partition_record, 2)
TROUPE_ARCHIVED_CLASS(partition_change_record, 2)
TROUPE_ARCHIVED_CLASS(remove_topic_record, 1)
TROUPE_ARCHIVED_CLASS(topic_config_record, 1)
TROUPE_ARCHIVED_CLASS(producer_ids_record, 1)
TROUPE_ARCHIVED_CLASS(broker_config_record, 1)
TROUPE_ARCHIVED_CLASS(shut_down_broker_record, 1)
TROUPE_ARCHIVED_CLASS(unregister_broker_record, 1)
TROUPE_ARCHIVED_CLASS(broker_epoch_record, 1)
