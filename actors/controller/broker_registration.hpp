// Makes this node's broker known to the controller, and keeps it so: forms the cluster if there is none, registers, and
// from then on says by heartbeats that the broker lives, which metadata it has, and whether it can serve. Registers anew
// when the controller has forgotten the broker. Ends the broker's life in order: its leaderships go to others first.
#pragma once

#include "actors/interface/broker_lease.hpp"
#include "actors/interface/controller_messages.hpp"
#include "runtime/base/clock.hpp"

#include <chrono>
#include <map>
#include <string>

namespace troupe {

/// To the owner, each time: images from this version on show the broker.
struct broker_registered {
  metadata::broker_epoch epoch;
  metadata::metadata_version version;
  std::string cluster_id;
};

/// To the owner: the broker cannot be part of the cluster; why, in one sentence.
struct broker_refused {
  std::string why;
};

/// To the owner, who asked by leave_cluster: nobody waits for this broker any more.
struct broker_released {};

using registration_owner =
    caf::typed_actor<caf::reacts_to<broker_registered>, caf::reacts_to<broker_refused>, caf::reacts_to<broker_released>>;

/// The broker can serve: until then it is to be led past.
struct broker_can_serve {};

/// The broker is about to stop. Where nobody else could take over, it is released at once.
struct leave_cluster {};

/// INTERNAL: time to speak to the controller.
struct registration_due {
  std::uint64_t round = 0; ///< an older one's alarm means nothing
};

using broker_registration_actor =
    caf::typed_actor<caf::reacts_to<controller_reply>, caf::reacts_to<metadata_update>, caf::reacts_to<broker_can_serve>,
                     caf::reacts_to<leave_cluster>, caf::reacts_to<registration_due>>;

struct broker_registration_settings {
  controller_actor controller;
  metadata_cache_actor cache;
  registration_owner owner;
  /// `cluster_id` is what the data directory says, or empty.
  metadata::register_broker broker;
  /// For a cluster that has yet to be formed; empty: the controller draws one.
  std::string fresh_cluster_id;
  /// 0: the node is alone, and nobody watches over it.
  std::chrono::milliseconds heartbeat_interval{0};
  /// An earlier process of this node may still count as alive for a while.
  std::chrono::milliseconds duplicate_patience{10'000};
  const clock_port* clock = nullptr; ///< outlives the actor
  broker_lease_ptr lease;            ///< null: nobody asks for it
  /// From a sign of life that was heard: less than after what silence the controller gives leaderships to others.
  std::chrono::milliseconds lease_time{0};
};

class broker_registration_state {
public:
  static inline const char* name = "broker_registration";

  explicit broker_registration_state(broker_registration_actor::pointer self) : self_(self) {}

  void start(broker_registration_settings settings);
  void on_reply(const controller_reply& reply);
  void on_metadata(const metadata_update& update);
  void on_due(registration_due message);
  void can_serve();
  void leave();

private:
  enum class phase { forming, registering, serving, leaving, ended };

  void go(phase next);
  void speak();
  void speak_later(std::chrono::milliseconds wait);
  void on_formed(const metadata::form_cluster_reply& reply);
  void on_registered(const metadata::register_broker_reply& reply, metadata::metadata_version version);
  void on_heartbeat(const metadata::broker_heartbeat_reply& reply, std::uint64_t round);
  void note_beat();
  void renew_lease(std::uint64_t round, bool is_fenced);
  void ask(metadata::command what);
  void refuse(std::string why);
  void release();
  bool is_watched() const { return settings_.heartbeat_interval.count() > 0; }

  broker_registration_actor::pointer self_;
  broker_registration_settings settings_;
  phase phase_ = phase::forming;
  metadata::broker_epoch epoch_;
  metadata::metadata_version version_;
  std::int64_t began_ns_ = 0;
  std::int64_t heard_ns_ = 0; ///< the last answer to a heartbeat
  std::uint64_t round_ = 0;    ///< of questions: answers to older ones mean nothing
  std::uint64_t alarm_ = 0;
  std::map<std::uint64_t, std::int64_t> beats_ns_; ///< by round: when the newest heartbeats were sent
  std::int64_t beat_ns_ = 0;                       ///< the newest one; 0: none
  std::int64_t awake_ns_ = 0;                      ///< heartbeats from then on count again
  bool can_serve_ = false;
  bool is_fenced_ = true;
};

broker_registration_actor::behavior_type
broker_registration(broker_registration_actor::stateful_pointer<broker_registration_state> self,
                    broker_registration_settings settings);

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::broker_registered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::broker_refused)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::broker_released)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::broker_can_serve)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::leave_cluster)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::registration_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::broker_registration_settings)
