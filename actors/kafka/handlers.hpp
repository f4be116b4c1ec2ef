// The handlers of all APIs that this node answers, one file for each family.
#pragma once

#include "actors/kafka/operation.hpp"
#include "actors/kafka/session.hpp"

namespace troupe::kafka {

result<operation_ptr> handle_produce(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_fetch(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_list_offsets(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_offset_for_leader_epoch(const operation_context&, const wire::request_header&,
                                                     const bytes& body);
result<operation_ptr> handle_delete_records(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_describe_producers(const operation_context&, const wire::request_header&,
                                                const bytes& body);
result<operation_ptr> handle_alter_replica_log_dirs(const operation_context&, const wire::request_header&,
                                                    const bytes& body);
result<operation_ptr> handle_describe_log_dirs(const operation_context&, const wire::request_header&,
                                               const bytes& body);
result<operation_ptr> handle_metadata(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_describe_cluster(const operation_context&, const wire::request_header&,
                                              const bytes& body);
result<operation_ptr> handle_find_coordinator(const operation_context&, const wire::request_header&,
                                              const bytes& body);
result<operation_ptr> handle_api_versions(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_create_topics(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_delete_topics(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_create_partitions(const operation_context&, const wire::request_header&,
                                               const bytes& body);
result<operation_ptr> handle_describe_topic_partitions(const operation_context&, const wire::request_header&,
                                                       const bytes& body);
result<operation_ptr> handle_describe_configs(const operation_context&, const wire::request_header&,
                                              const bytes& body);
result<operation_ptr> handle_alter_configs(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_incremental_alter_configs(const operation_context&, const wire::request_header&,
                                                       const bytes& body);
result<operation_ptr> handle_list_config_resources(const operation_context&, const wire::request_header&,
                                                   const bytes& body);
result<operation_ptr> handle_elect_leaders(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_alter_partition_reassignments(const operation_context&, const wire::request_header&,
                                                           const bytes& body);
result<operation_ptr> handle_list_partition_reassignments(const operation_context&, const wire::request_header&,
                                                          const bytes& body);
result<operation_ptr> handle_unregister_broker(const operation_context&, const wire::request_header&,
                                               const bytes& body);
result<operation_ptr> handle_describe_quorum(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_add_raft_voter(const operation_context&, const wire::request_header&, const bytes& body);
result<operation_ptr> handle_remove_raft_voter(const operation_context&, const wire::request_header&,
                                               const bytes& body);
result<operation_ptr> handle_init_producer_id(const operation_context&, const wire::request_header&,
                                              const bytes& body);

} // namespace troupe::kafka
