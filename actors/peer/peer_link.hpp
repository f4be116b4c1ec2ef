// One other node: connects with it, holds the one handle of its link, watches over the connection, and passes messages both
// ways within bounds. Lives as long as the gate, through any number of connections.
//
//   idle --dial--> greeting --> establishing (CAF's handshake) --hello--> up
//   up --down, silence, a newer connection--> closing (until CAF has forgotten it) --> idle, and at once dials again
//
// The other side may dial, too: at most one dial and one incoming attempt are under way, and door.hpp's rule says which of
// the two goes first.
#pragma once

#include "actors/peer/door.hpp"
#include "actors/peer/inbound_lanes.hpp"
#include "actors/peer/link_messages.hpp"
#include "actors/peer/peer_settings.hpp"
#include "actors/peer/welcome.hpp"
#include "runtime/base/random.hpp"

#include <array>
#include <memory>
#include <optional>

#include <caf/all.hpp>

namespace troupe::peer {

/// What all links of a gate share.
struct link_environment {
  std::shared_ptr<door> entrance;
  greeting self;
  bool loopback_only = true;
  peer_timeouts timeouts;
  peer_metrics_ptr metrics;
  welcome_ptr welcome;
};

/// Where to dial, one address after the other; none: not at all.
struct link_target {
  std::vector<peer_address> where;
};

/// Ends the link in order: what is on its way may arrive.
struct link_stop {};

/// INTERNAL: time has passed.
struct link_tick {};
/// INTERNAL: dial now, unless something else has happened since.
struct link_retry {
  std::uint64_t number = 0;
};
/// INTERNAL: a name was looked up.
struct link_resolved {
  std::uint64_t number = 0;
  result<std::vector<socket_address>> addresses;
};
/// INTERNAL: see whether CAF has forgotten the last connection.
struct link_look_again {};

using peer_link_actor =
    remote_link_actor::extend<caf::reacts_to<peer_send>, caf::reacts_to<peer_subscription>, caf::reacts_to<door_event>,
                              caf::reacts_to<link_target>, caf::reacts_to<cluster_known>, caf::reacts_to<link_stop>,
                              caf::reacts_to<link_tick>, caf::reacts_to<link_retry>, caf::reacts_to<link_resolved>,
                              caf::reacts_to<link_look_again>>;

using peer_clients = std::array<peer_client, peer_service_count>;

class peer_link_state {
public:
  static inline const char* name = "peer_link";

  explicit peer_link_state(peer_link_actor::pointer self) : self_(self) {}
  ~peer_link_state();
  peer_link_state(const peer_link_state&) = delete;
  peer_link_state& operator=(const peer_link_state&) = delete;

  void start(node_id peer, std::shared_ptr<const link_environment> environment, peer_clients subscribers);
  void aim(const link_target& target);
  void subscribe(const peer_subscription& subscription);
  void send(peer_send& message);
  void on_door(door_event& event);
  void on_cluster(const cluster_known& known);
  void on_retry(link_retry message);
  void on_resolved(link_resolved& message);
  void on_tick();
  void look_again();
  void stop();
  bool is_stopping() const { return stopping_; }

  void on_hello(const hello& message);
  void on_piece(piece& message);
  void on_credit(const credit& message);
  void on_heartbeat(const heartbeat& message);
  void on_down(const caf::down_msg& down);

private:
  /// From the end of the greeting to the end of the connection.
  struct connection {
    transport_ptr over;
    greeting who;
    bool dialed;
    std::int64_t since_ns;
    caf::node_id machine;
    remote_link_actor remote{}; ///< empty until CAF's handshake is over
    std::uint64_t heard_bytes = 0;
    std::int64_t heard_ns = 0;
    outbound_lanes out{};
    inbound_lanes in{};
    std::array<std::uint64_t, lane_count> owed_bytes{}; ///< credit that was not sent yet
  };

  bool is_up() const { return connection_ && connection_->remote; }
  bool is_current(std::uint64_t session) const { return is_up() && connection_->who.session == session; }
  void on_greeted(const door_event& event);
  void on_welcomed(const door_event& event);
  void on_attempt_failed(const door_event& event);
  void on_connection(door_event& event);
  void dial();
  void dial_later();
  void begin_round();
  void dial_failed(bool refused, const std::string& why);
  void dial_to(result<std::vector<socket_address>> addresses);
  void drop_attempts();
  void establish(door_event& event);
  void serve();
  void ask();
  void up(caf::strong_actor_ptr remote);
  void lose(const std::string& why);
  void look_for_silence(std::int64_t now_ns);
  void pump();
  void deliver(inbound_message message, lane which);
  void give_back(std::uint64_t session, lane which, std::uint64_t size_bytes, bool now);
  void announce(bool connected, bool refused, std::string why, std::int64_t silent_ms = -1);
  void end_if_drained();
  caf::actor basp() const;

  peer_link_actor::pointer self_;
  node_id peer_;
  std::shared_ptr<const link_environment> environment_;
  std::shared_ptr<peer_counters> counters_;
  peer_clients subscribers_;
  random_source random_{0};
  std::vector<peer_address> targets_;
  std::size_t target_ = 0;     ///< the one whose turn it is
  bool all_refused_ = true;    ///< those whose turn was before it
  attempt_id dialing_ = 0;   ///< 0: none
  attempt_id welcoming_ = 0; ///< 0: none
  peer_incarnation welcomed_;
  bool dial_at_once_ = false; ///< the last connection was a good one
  std::uint64_t retry_ = 0; ///< the newest link_retry or link_resolved that counts
  std::int64_t retry_ms_ = 0;
  std::unique_ptr<connection> connection_;
  std::optional<door_event> next_; ///< greeted, and waits for the end of the one before
  bool closing_ = false;           ///< CAF still knows the connection before
  caf::node_id closing_machine_;
  std::int64_t ticked_ns_ = 0;
  std::optional<peer_status> announced_;
  bool stopping_ = false;
  std::int64_t drain_mark_ns_ = 0; ///< the heartbeat whose answer says that all has arrived
};

peer_link_actor::behavior_type peer_link(peer_link_actor::stateful_pointer<peer_link_state> self, node_id peer,
                                         std::shared_ptr<const link_environment> environment, peer_clients subscribers,
                                         const caf::actor_addr& gate);

/// The name that CAF has for a process, as bytes, and back; nothing if they are none.
std::string machine_id_of(caf::actor_system& system, const caf::node_id& machine);
std::optional<caf::node_id> parse_machine_id(caf::actor_system& system, const std::string& text);

} // namespace troupe::peer

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::door_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::link_target)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::link_stop)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::link_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::link_retry)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::link_resolved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::link_look_again)
