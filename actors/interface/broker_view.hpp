// What a session needs to know to serve a request: the metadata, and the actor of each partition that is led here.
// Both in one immutable value, so that a topic is never seen before its partitions can be reached.
#pragma once

#include "actors/interface/controller_messages.hpp"
#include "actors/interface/session_messages.hpp"
#include "runtime/metadata/image.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace troupe {

/// The partitions of one topic, by partition id; an empty handle where the partition is not on this node.
using topic_routes = std::shared_ptr<const std::vector<partition_actor>>;

using route_map = metadata::persistent_map<topic_id, topic_routes>;
using route_editor = route_map::editor;

struct broker_view {
  metadata::image_ptr image = metadata::metadata_image::empty();
  route_map routes; ///< a copy costs nothing

  /// Those of which there is a replica here that follows, in the same way.
  route_map followers;

  void set_routes(const topic_id& topic, topic_routes to) { route_editor{routes}.set(topic, std::move(to)); }
  void set_followers(const topic_id& topic, topic_routes to) { route_editor{followers}.set(topic, std::move(to)); }
  void erase_routes(const topic_id& topic) {
    route_editor{routes}.erase(topic);
    route_editor{followers}.erase(topic);
  }

  /// Null if the partition is not led here.
  const partition_actor* find(const topic_id& topic, std::int32_t partition) const {
    return find(routes, topic, partition);
  }
  /// Null if no replica here follows.
  const partition_actor* find_follower(const topic_id& topic, std::int32_t partition) const {
    return find(followers, topic, partition);
  }

private:
  static const partition_actor* find(const route_map& in, const topic_id& topic, std::int32_t partition) {
    auto* found = in.find(topic);
    if (!found || partition < 0 || static_cast<std::size_t>(partition) >= (*found)->size())
      return nullptr;
    auto& actor = (**found)[static_cast<std::size_t>(partition)];
    return actor ? &actor : nullptr;
  }
};

/// The other interface of a partition that is on this node. Those of other nodes, which a gateway stands for, lack it.
inline partition_admin_actor admin_of(const partition_actor& partition) {
  return caf::actor_cast<partition_admin_actor>(partition);
}

using view_ptr = std::shared_ptr<const broker_view>;

/// Pushes a newer view to a listener, and by it to every session.
struct view_update {
  view_ptr view;
};

using view_subscriber = caf::typed_actor<caf::reacts_to<view_update>>;

/// Asks for the newest view now and for each later one.
struct view_subscription {
  view_subscriber subscriber;
};

/// Knows where partitions are: a node's partition manager, or the gateway to a node elsewhere.
using view_source = caf::typed_actor<caf::reacts_to<view_subscription>>;

/// A session's own alarm: see operation_context::wake_after.
struct request_deadline {
  request_tag tag;
};

/// Everything that a session is sent.
using session_client =
    partition_client::extend<caf::reacts_to<controller_reply>, caf::reacts_to<producer_id_reply>,
                             caf::reacts_to<view_update>, caf::reacts_to<request_deadline>,
                             caf::reacts_to<delete_records_reply>, caf::reacts_to<partition_size_reply>,
                             caf::reacts_to<active_producers_reply>>;

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::view_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::request_deadline)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::view_subscription)
