// Stands for a cluster elsewhere: learns its metadata, keeps connections to its brokers, and gives everybody
// in this process views with a proxy for every partition that can be reached. The root of all actors of this
// room.
//
//   control link -> metadata -> image -> broker_routes -> view
#pragma once

#include "actors/interface/cluster_access.hpp"
#include "actors/remote/broker_routes.hpp"
#include "actors/remote/cluster_calls.hpp"
#include "actors/remote/cluster_picture.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe::remote {

/// What the gateway says to threads that are no actors.
class gateway_report {
public:
  void set_ready();
  void set_trouble(std::string why);
  /// True once every partition that has a leader can be reached.
  bool wait_until_ready(std::chrono::milliseconds timeout);
  /// The latest; empty: none as yet.
  std::string trouble() const;

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool ready_ = false;
  std::string trouble_;
};

struct gateway_settings {
  remote_options options;
  std::vector<server_address> servers;
  link_factory open = open_link;
  std::shared_ptr<gateway_report> report = std::make_shared<gateway_report>();
};

/// INTERNAL: the answer to a question for metadata.
struct metadata_arrived {
  std::uint64_t round = 0;
  result<wire::metadata_response> answer;
};
/// INTERNAL: the answer to a controller_request.
struct command_answered {
  request_tag tag;
  controller_client reply_to;
  command_outcome outcome;
};
/// INTERNAL: alarms: metadata are old, once if `only_once`; the control link is to be tried again.
struct refresh_due {
  bool only_once = false;
};
struct control_due {};
/// INTERNAL: an alarm: the control link that was the `attempt`-th has had time to answer question `round`; 0:
/// to connect.
struct answer_due {
  std::uint64_t attempt = 0;
  std::uint64_t round = 0;
};

using gateway_actor =
    caf::typed_actor<caf::reacts_to<view_subscription>, caf::reacts_to<controller_request>,
                     caf::reacts_to<producer_id_request>, caf::reacts_to<controller_reply>,
                     caf::reacts_to<peer_up>, caf::reacts_to<peer_trouble>, caf::reacts_to<metadata_stale>,
                     caf::reacts_to<link_up>, caf::reacts_to<link_trouble>, caf::reacts_to<metadata_arrived>,
                     caf::reacts_to<command_answered>, caf::reacts_to<refresh_due>,
                     caf::reacts_to<control_due>, caf::reacts_to<answer_due>, caf::reacts_to<link_slow>,
                     caf::reacts_to<peer_due>, caf::reacts_to<proxies_retired>>;

class gateway_state {
public:
  static inline const char* name = "remote_gateway";

  explicit gateway_state(gateway_actor::pointer self) : self_(self) {}

  void start(gateway_settings settings);
  void subscribe(const view_subscription& subscription);
  void ask(const controller_request& request);
  void ask(const producer_id_request& request);
  void on_peer_up(const peer_up& message);
  void on_trouble(const std::string& why);
  void on_link_trouble(const link_trouble& message);
  void on_link_up(const link_up& message);
  void on_metadata(metadata_arrived& message);
  void on_answer_due(answer_due message);
  void on_answered(command_answered& message);
  void on_refresh(refresh_due message);
  void connect_control();
  void connect_peer(peer_due message) { routes_->connect(message); }
  void retire(const proxies_retired& message) { routes_->retire(message); }
  void on_down(const caf::down_msg& down);
  void end(const caf::error& why);
  /// Asks for metadata, or sees to it that they are asked for again. A moment later if `later`.
  void refresh(bool later);
  void lose_broker();

private:
  /// Something was changed, and is told once the view shows it.
  struct parked_reply {
    std::uint64_t round = 0; ///< metadata of this round, or a later one, show it
    controller_client reply_to;
    controller_reply reply;
  };

  // gateway.cpp
  void take(const cluster_picture& picture);
  void publish();
  void announce_if_ready();
  std::chrono::milliseconds backoff(std::size_t attempt) const;

  // gateway_requests.cpp
  std::vector<server_address> candidates() const;
  void expect_answer(std::uint64_t round);
  void leave_control();
  void lose_control();
  void release(std::uint64_t round, errc code);

  gateway_actor::pointer self_;
  gateway_settings settings_;
  link_handle control_; ///< null between attempts
  bool control_up_ = false;
  std::uint64_t control_count_ = 0; ///< control links so far: each goes to the next candidate
  std::size_t control_attempt_ = 0; ///< since one answered
  std::size_t control_misses_ = 0;  ///< that were left because they said nothing
  std::uint64_t round_ = 0;         ///< of questions for metadata
  bool asking_ = false;             ///< its answer is due
  bool ask_again_ = false;          ///< it may say what was true before
  bool refresh_sent_ = false;       ///< an alarm for another question is set
  std::vector<parked_reply> parked_;
  std::optional<wire::metadata_response> latest_;
  cluster_picture picture_{metadata::metadata_image::empty(), {}};
  std::uint64_t version_ = 0;
  std::optional<broker_routes> routes_;
  view_ptr view_ = std::make_shared<broker_view>();
  std::vector<view_subscriber> subscribers_;
};

gateway_actor::behavior_type gateway(gateway_actor::stateful_pointer<gateway_state> self,
                                     gateway_settings settings);

} // namespace troupe::remote

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::metadata_arrived)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::command_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::refresh_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::control_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::answer_due)
