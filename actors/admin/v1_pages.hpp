// The JSON below /v1/: what the dashboard draws, and what scripts ask for. Lists are bounded: `limit` and `after`.
//
//   /v1/overview?events_after=N         all that the dashboard needs each second
//   /v1/cluster                         brokers, what each leads and holds, and what is without a leader or lacks a replica
//   /v1/topics?limit=100&after=NAME     topics with their sums
//   /v1/topics/NAME                     one topic with its partitions (limit, after: a partition)
//   /v1/topics/NAME/records?limit=20    its newest records (partition: of one only); made by pages.cpp
//   /v1/partitions?limit=100&after=K    the K-th and following partitions of all topics
//   /v1/replicas?limit=100&after=K      partitions with leader, replicas and their lag (topic: of one; lacking=1: only those
//                                       without a leader or with a replica that is not in sync)
//   /v1/connections?limit=100&after=N   clients
//   /v1/disk                            the file system, the journal and the logs
//   /v1/supervision?limit=500           every actor under a supervisor: its state, its restarts, why it failed last
//   /v1/events?limit=100&after=N        who ended and why, who was restarted
#pragma once

#include "actors/admin/admin_environment.hpp"
#include "actors/admin/http.hpp"
#include "actors/interface/broker_view.hpp"

#include <optional>

namespace troupe::admin {

/// Nothing if there is no such page.
std::optional<http_response> v1_page(const admin_environment& environment, const broker_view& view,
                                     const http_request& request);

} // namespace troupe::admin
