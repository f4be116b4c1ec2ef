// How each command and reply goes through Boost.Serialization. To change one: raise its version at the end of
// this file, and read the older versions as well. Only commands_archive.cpp includes this.
#pragma once

#include "runtime/metadata/commands.hpp"
#include "runtime/metadata/records_archive.hpp"
#include "runtime/metadata/topic_config.hpp"

namespace troupe::metadata {

/// Names of options are those of the tables: whoever does not have one was built before it.
template <class Archive>
void option_name_field(Archive& archive, std::string_view& name) {
  std::string text{name};
  field(archive, text);
  if (auto* topic = find_topic_option(text))
    name = topic->name;
  else if (auto* broker = find_broker_option(text))
    name = broker->is.name;
  else
    throw refused_archive{errc::wrong_format};
}

template <class Archive>
void source_field(Archive& archive, config_source& source) {
  field(archive, source);
  if (source > config_source::built_in)
    throw refused_archive{errc::wrong_format};
}

template <class Archive>
void serialize(Archive& archive, config_synonym& r, unsigned version) {
  check_class_version<config_synonym>(version);
  option_name_field(archive, r.name);
  field(archive, r.value);
  source_field(archive, r.source);
}

template <class Archive>
void serialize(Archive& archive, effective_config& r, unsigned version) {
  check_class_version<effective_config>(version);
  auto name = r.option ? r.option->name : std::string_view{};
  option_name_field(archive, name);
  auto* topic = find_topic_option(name);
  r.option = topic ? topic : &find_broker_option(name)->is;
  field(archive, r.value);
  source_field(archive, r.source);
  fields<effective_config>(archive, version, r.read_only, r.synonyms);
}

template <class Archive>
void serialize(Archive& archive, form_cluster& r, unsigned version) {
  fields<form_cluster>(archive, version, r.cluster_id);
}

template <class Archive>
void serialize(Archive& archive, form_cluster_reply& r, unsigned version) {
  fields<form_cluster_reply>(archive, version, r.cluster_id);
}

template <class Archive>
void serialize(Archive& archive, register_broker& r, unsigned version) {
  fields<register_broker>(archive, version, r.node, r.incarnation, r.endpoints, r.rack, r.fenced,
                          r.cluster_id, r.storage_kept);
}

template <class Archive>
void serialize(Archive& archive, register_broker_reply& r, unsigned version) {
  fields<register_broker_reply>(archive, version, r.what, r.epoch);
}

template <class Archive>
void serialize(Archive& archive, broker_heartbeat& r, unsigned version) {
  fields<broker_heartbeat>(archive, version, r.node, r.epoch, r.version, r.wants_fence, r.wants_shutdown);
}

template <class Archive>
void serialize(Archive& archive, broker_heartbeat_reply& r, unsigned version) {
  fields<broker_heartbeat_reply>(archive, version, r.what, r.is_fenced, r.should_shutdown, r.is_caught_up);
}

template <class Archive>
void serialize(Archive& archive, fence_broker& r, unsigned version) {
  fields<fence_broker>(archive, version, r.node, r.epoch);
}

template <class Archive>
void serialize(Archive& archive, unfence_broker& r, unsigned version) {
  fields<unfence_broker>(archive, version, r.node, r.epoch);
}

template <class Archive>
void serialize(Archive& archive, fencing_reply& r, unsigned version) {
  fields<fencing_reply>(archive, version, r.what);
}

template <class Archive>
void serialize(Archive& archive, unregister_broker& r, unsigned version) {
  fields<unregister_broker>(archive, version, r.node);
}

template <class Archive>
void serialize(Archive& archive, unregister_broker_reply& r, unsigned version) {
  fields<unregister_broker_reply>(archive, version, r.what);
}

template <class Archive>
void serialize(Archive& archive, in_sync_member& r, unsigned version) {
  fields<in_sync_member>(archive, version, r.node, r.epoch);
}

template <class Archive>
void serialize(Archive& archive, alter_partition::item& r, unsigned version) {
  fields<alter_partition::item>(archive, version, r.topic, r.partition, r.leader_epoch, r.partition_epoch,
                                r.isr);
}

template <class Archive>
void serialize(Archive& archive, alter_partition& r, unsigned version) {
  fields<alter_partition>(archive, version, r.leader, r.epoch, r.partitions);
}

template <class Archive>
void serialize(Archive& archive, alter_partition_reply::item& r, unsigned version) {
  fields<alter_partition_reply::item>(archive, version, r.topic, r.partition, r.what, r.isr, r.elr,
                                      r.leader, r.leader_epoch, r.partition_epoch, r.min_insync_replicas);
}

template <class Archive>
void serialize(Archive& archive, alter_partition_reply& r, unsigned version) {
  fields<alter_partition_reply>(archive, version, r.what, r.partitions);
}

template <class Archive>
void serialize(Archive& archive, named_partition& r, unsigned version) {
  fields<named_partition>(archive, version, r.topic, r.partition);
}

template <class Archive>
void serialize(Archive& archive, elect_leaders& r, unsigned version) {
  fields<elect_leaders>(archive, version, r.kind, r.partitions);
}

template <class Archive>
void serialize(Archive& archive, elect_leaders_reply::item& r, unsigned version) {
  fields<elect_leaders_reply::item>(archive, version, r.partition, r.what);
}

template <class Archive>
void serialize(Archive& archive, elect_leaders_reply& r, unsigned version) {
  fields<elect_leaders_reply>(archive, version, r.what, r.partitions);
}

template <class Archive>
void serialize(Archive& archive, alter_reassignments::item& r, unsigned version) {
  fields<alter_reassignments::item>(archive, version, r.partition, r.replicas);
}

template <class Archive>
void serialize(Archive& archive, alter_reassignments& r, unsigned version) {
  fields<alter_reassignments>(archive, version, r.partitions, r.may_change_factor);
}

template <class Archive>
void serialize(Archive& archive, alter_reassignments_reply::item& r, unsigned version) {
  fields<alter_reassignments_reply::item>(archive, version, r.partition, r.what);
}

template <class Archive>
void serialize(Archive& archive, alter_reassignments_reply& r, unsigned version) {
  fields<alter_reassignments_reply>(archive, version, r.partitions);
}

template <class Archive>
void serialize(Archive& archive, config_entry& r, unsigned version) {
  fields<config_entry>(archive, version, r.key, r.value);
}

template <class Archive>
void serialize(Archive& archive, new_topic& r, unsigned version) {
  fields<new_topic>(archive, version, r.name, r.partitions, r.replication_factor, r.assignments, r.configs);
}

template <class Archive>
void serialize(Archive& archive, create_topics& r, unsigned version) {
  fields<create_topics>(archive, version, r.topics, r.validate_only);
}

template <class Archive>
void serialize(Archive& archive, created_topic& r, unsigned version) {
  fields<created_topic>(archive, version, r.name, r.what, r.id, r.partitions, r.replication_factor,
                        r.configs);
}

template <class Archive>
void serialize(Archive& archive, create_topics_reply& r, unsigned version) {
  fields<create_topics_reply>(archive, version, r.topics);
}

template <class Archive>
void serialize(Archive& archive, topic_reference& r, unsigned version) {
  fields<topic_reference>(archive, version, r.name, r.id);
}

template <class Archive>
void serialize(Archive& archive, delete_topics& r, unsigned version) {
  fields<delete_topics>(archive, version, r.topics);
}

template <class Archive>
void serialize(Archive& archive, deleted_topic& r, unsigned version) {
  fields<deleted_topic>(archive, version, r.name, r.id, r.what);
}

template <class Archive>
void serialize(Archive& archive, delete_topics_reply& r, unsigned version) {
  fields<delete_topics_reply>(archive, version, r.topics);
}

template <class Archive>
void serialize(Archive& archive, more_partitions& r, unsigned version) {
  fields<more_partitions>(archive, version, r.topic, r.total, r.assignments);
}

template <class Archive>
void serialize(Archive& archive, create_partitions& r, unsigned version) {
  fields<create_partitions>(archive, version, r.topics, r.validate_only);
}

template <class Archive>
void serialize(Archive& archive, create_partitions_reply::item& r, unsigned version) {
  fields<create_partitions_reply::item>(archive, version, r.topic, r.what);
}

template <class Archive>
void serialize(Archive& archive, create_partitions_reply& r, unsigned version) {
  fields<create_partitions_reply>(archive, version, r.topics);
}

template <class Archive>
void serialize(Archive& archive, config_change& r, unsigned version) {
  fields<config_change>(archive, version, r.key, r.operation, r.value);
}

template <class Archive>
void serialize(Archive& archive, altered_resource& r, unsigned version) {
  fields<altered_resource>(archive, version, r.kind, r.name, r.changes, r.replace);
}

template <class Archive>
void serialize(Archive& archive, alter_configs& r, unsigned version) {
  fields<alter_configs>(archive, version, r.resources, r.validate_only);
}

template <class Archive>
void serialize(Archive& archive, alter_configs_reply::item& r, unsigned version) {
  fields<alter_configs_reply::item>(archive, version, r.kind, r.name, r.what);
}

template <class Archive>
void serialize(Archive& archive, alter_configs_reply& r, unsigned version) {
  fields<alter_configs_reply>(archive, version, r.resources);
}

template <class Archive>
void serialize(Archive& archive, allocate_producer_ids&, unsigned version) {
  fields<allocate_producer_ids>(archive, version);
}

template <class Archive>
void serialize(Archive& archive, allocate_producer_ids_reply& r, unsigned version) {
  fields<allocate_producer_ids_reply>(archive, version, r.what, r.first, r.count);
}

template <class Archive>
void serialize(Archive& archive, describe_quorum&, unsigned version) {
  fields<describe_quorum>(archive, version);
}

template <class Archive>
void serialize(Archive& archive, describe_quorum_reply::member& r, unsigned version) {
  fields<describe_quorum_reply::member>(archive, version, r.node, r.votes, r.log_end, r.last_heard_ms,
                                        r.caught_up_ms);
  if (version > 1)
    archive& r.disk;
}

template <class Archive>
void serialize(Archive& archive, describe_quorum_reply& r, unsigned version) {
  fields<describe_quorum_reply>(archive, version, r.what, r.leader, r.epoch, r.high_watermark, r.members);
}

template <class Archive>
void serialize(Archive& archive, change_quorum& r, unsigned version) {
  fields<change_quorum>(archive, version, r.node, r.disk, r.adds, r.when_committed, r.timeout_ms);
}

template <class Archive>
void serialize(Archive& archive, change_quorum_reply& r, unsigned version) {
  fields<change_quorum_reply>(archive, version, r.what);
}

} // namespace troupe::metadata

TROUPE_ARCHIVED_CLASS(config_synonym, 1)
TROUPE_ARCHIVED_CLASS(effective_config, 1)
TROUPE_ARCHIVED_CLASS(form_cluster, 1)
TROUPE_ARCHIVED_CLASS(form_cluster_reply, 1)
TROUPE_ARCHIVED_CLASS(register_broker, 1)
TROUPE_ARCHIVED_CLASS(register_broker_reply, 1)
TROUPE_ARCHIVED_CLASS(broker_heartbeat, 1)
TROUPE_ARCHIVED_CLASS(broker_heartbeat_reply, 1)
TROUPE_ARCHIVED_CLASS(fence_broker, 1)
TROUPE_ARCHIVED_CLASS(unfence_broker, 1)
TROUPE_ARCHIVED_CLASS(fencing_reply, 1)
TROUPE_ARCHIVED_CLASS(unregister_broker, 1)
TROUPE_ARCHIVED_CLASS(unregister_broker_reply, 1)
TROUPE_ARCHIVED_CLASS(in_sync_member, 1)
TROUPE_ARCHIVED_CLASS(alter_partition::item, 1)
TROUPE_ARCHIVED_CLASS(alter_partition, 1)
TROUPE_ARCHIVED_CLASS(alter_partition_reply::item, 1)
TROUPE_ARCHIVED_CLASS(alter_partition_reply, 1)
TROUPE_ARCHIVED_CLASS(named_partition, 1)
TROUPE_ARCHIVED_CLASS(elect_leaders, 1)
TROUPE_ARCHIVED_CLASS(elect_leaders_reply::item, 1)
TROUPE_ARCHIVED_CLASS(elect_leaders_reply, 1)
TROUPE_ARCHIVED_CLASS(alter_reassignments::item, 1)
TROUPE_ARCHIVED_CLASS(alter_reassignments, 1)
TROUPE_ARCHIVED_CLASS(alter_reassignments_reply::item, 1)
TROUPE_ARCHIVED_CLASS(alter_reassignments_reply, 1)
TROUPE_ARCHIVED_CLASS(config_entry, 1)
TROUPE_ARCHIVED_CLASS(new_topic, 1)
TROUPE_ARCHIVED_CLASS(create_topics, 1)
TROUPE_ARCHIVED_CLASS(created_topic, 1)
TROUPE_ARCHIVED_CLASS(create_topics_reply, 1)
TROUPE_ARCHIVED_CLASS(topic_reference, 1)
TROUPE_ARCHIVED_CLASS(delete_topics, 1)
TROUPE_ARCHIVED_CLASS(deleted_topic, 1)
TROUPE_ARCHIVED_CLASS(delete_topics_reply, 1)
TROUPE_ARCHIVED_CLASS(more_partitions, 1)
TROUPE_ARCHIVED_CLASS(create_partitions, 1)
TROUPE_ARCHIVED_CLASS(create_partitions_reply::item, 1)
TROUPE_ARCHIVED_CLASS(create_partitions_reply, 1)
TROUPE_ARCHIVED_CLASS(config_change, 1)
TROUPE_ARCHIVED_CLASS(altered_resource, 1)
TROUPE_ARCHIVED_CLASS(alter_configs, 1)
TROUPE_ARCHIVED_CLASS(alter_configs_reply::item, 1)
TROUPE_ARCHIVED_CLASS(alter_configs_reply, 1)
TROUPE_ARCHIVED_CLASS(allocate_producer_ids, 1)
TROUPE_ARCHIVED_CLASS(allocate_producer_ids_reply, 1)
TROUPE_ARCHIVED_CLASS(describe_quorum, 1)
TROUPE_ARCHIVED_CLASS(describe_quorum_reply::member, 2)
TROUPE_ARCHIVED_CLASS(describe_quorum_reply, 1)
TROUPE_ARCHIVED_CLASS(change_quorum, 1)
TROUPE_ARCHIVED_CLASS(change_quorum_reply, 1)
