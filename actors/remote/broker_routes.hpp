// The ways to partitions that brokers elsewhere lead: connections to these brokers, which come back by themselves, and a
// proxy for each partition. A part of an actor's state: of the gateway to a cluster elsewhere, and of a node that is one
// of several.
//
//   a broker_peer for each broker -> peer_up -> a partition_proxy for each partition
//
// A peer that is lost takes its proxies along; the routes that follow are empty until the peer is back.
#pragma once

#include "actors/interface/broker_view.hpp"
#include "actors/remote/broker_peer.hpp"
#include "actors/remote/partition_proxy.hpp"
#include "actors/remote/remote_options.hpp"

#include <chrono>
#include <map>
#include <vector>

namespace troupe::remote {

/// INTERNAL: a peer is to be tried again.
struct peer_due {
  std::int32_t node = 0;
};
/// INTERNAL: nobody knows these any more who has seen the newest view.
struct proxies_retired {
  std::vector<partition_actor> proxies;
};

/// What the owner handles: it passes these on, and makes a new view where that changed the routes.
using routes_owner = peer_owner::extend<caf::reacts_to<peer_due>, caf::reacts_to<proxies_retired>>;

/// The doubled one for each attempt that failed.
std::chrono::milliseconds reconnect_backoff(const remote_options& options, std::size_t attempt);

class broker_routes {
public:
  /// Of the owner's own thread; `self` outlives this.
  broker_routes(caf::local_actor* self, const remote_options& options, link_factory open);

  /// The brokers that there are, and where. Connects to new ones.
  void take_brokers(const std::map<std::int32_t, server_address>& brokers);

  // --- a new view: begin, route each topic, finish ---

  void begin() { ++round_; }
  /// The proxies of the topic's partitions; `local`, which may be null, has the partitions whose leader is `here`. The
  /// same value as before if nothing has changed.
  topic_routes route(const metadata::topic_ptr& topic, node_id here, const topic_routes& local);
  /// Topics that were not routed are gone.
  void finish();

  // --- the owner passes on ---

  /// These two say whether routes have changed.
  bool on_peer_up(const caf::strong_actor_ptr& sender, const peer_up& message);
  bool on_down(const caf::down_msg& down);
  void connect(peer_due message);
  void retire(const proxies_retired& message);
  /// Everything is given up.
  void end();

  /// Every broker that there is can be used.
  bool all_up() const;

private:
  struct known_peer {
    server_address where;
    peer_actor actor; ///< null between attempts
    bool up = false;
    link_handle appends;
    link_handle reads;
    std::size_t attempt = 0;
  };
  struct known_proxy {
    partition_actor actor; ///< null: none
    caf::actor_id peer = 0;
  };
  struct known_topic {
    metadata::topic_ptr topic;
    topic_routes local;
    std::uint64_t peers_version = 0;
    std::uint64_t round = 0;
    std::vector<known_proxy> proxies;
    topic_routes made;
  };

  routes_owner owner() const;
  void make(known_topic& of, node_id here);
  void use_proxy(known_topic& of, std::size_t partition, const known_peer& peer);
  void retire_later(known_proxy& proxy);

  caf::local_actor* self_;
  remote_options options_;
  link_factory open_;
  std::map<std::int32_t, known_peer> peers_;
  std::map<std::int32_t, server_address> brokers_;
  std::map<topic_id, known_topic> topics_;
  std::uint64_t peers_version_ = 0; ///< counts changes of who is up
  std::uint64_t round_ = 0;
  std::vector<partition_actor> gone_; ///< to be retired once the view is out
};

} // namespace troupe::remote

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::peer_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::proxies_retired)
