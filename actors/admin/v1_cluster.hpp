// The nodes of the cluster, who leads what, and how far the replicas are, as JSON.
#pragma once

#include "actors/admin/admin_environment.hpp"
#include "actors/interface/broker_view.hpp"

#include <cstdint>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace troupe::admin {

/// Each broker with what it leads and holds, and the sums: partitions without a leader, and those that lack a replica.
nlohmann::json cluster_json(const admin_environment& environment, const broker_view& view);

struct replicas_wanted {
  std::string_view topic{};   ///< empty: all
  bool only_lacking = false;  ///< only partitions without a leader, or with a replica that is not in sync
  std::uint64_t after = 0;    ///< so many are passed over
  std::uint64_t limit = 100;
};

/// Partitions with their replicas. Only the leader knows how far its followers are: the lag, in records, of a partition
/// that is led elsewhere is null, as is that of a follower which has not been heard of.
nlohmann::json replicas_json(const admin_environment& environment, const broker_view& view, const replicas_wanted& wanted);

} // namespace troupe::admin
