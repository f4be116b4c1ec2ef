// From a request's topic and partition to the actor that serves it.
#pragma once

#include "actors/interface/broker_view.hpp"

#include <string_view>

namespace troupe::kafka {

/// Produce and Fetch name topics by id only from this version on (KIP-516).
constexpr std::int16_t topic_ids_since = 13;

/// A topic that a request names, or why there is none.
struct topic_match {
  const metadata::topic* topic = nullptr; ///< valid as long as the view
  errc code = errc::none;
};

inline topic_match find_topic(const broker_view& view, std::string_view name) {
  auto* found = view.image->find_topic(name);
  return {found, found ? errc::none : errc::unknown_topic_or_partition};
}

inline topic_match find_topic(const broker_view& view, const topic_id& id) {
  auto* found = view.image->find_topic(id);
  return {found, found ? errc::none : errc::unknown_topic_id};
}

struct partition_match {
  const partition_actor* actor = nullptr; ///< valid as long as the view
  errc code = errc::none;
};

inline partition_match find_partition(const broker_view& view, const topic_match& match, std::int32_t partition) {
  if (!match.topic)
    return {nullptr, match.code};
  if (!match.topic->find_partition(partition_id{partition}))
    return {nullptr, errc::unknown_topic_or_partition};
  auto* actor = view.find(match.topic->id, partition);
  return {actor, actor ? errc::none : errc::not_leader};
}

/// The replica on this node, whether it leads or follows.
inline partition_match find_replica_here(const broker_view& view, const topic_match& match, std::int32_t partition) {
  auto found = find_partition(view, match, partition);
  if (found.code != errc::not_leader)
    return found;
  auto* actor = view.find_follower(match.topic->id, partition);
  return {actor, actor ? errc::none : errc::not_leader};
}

} // namespace troupe::kafka
