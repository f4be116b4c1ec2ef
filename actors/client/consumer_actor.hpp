// The consumer's actor: puts messages into consumer_core, carries out what comes of it, and watches over the handler.
#pragma once

#include "actors/client/consumer.hpp"
#include "actors/client/consumer_core.hpp"

#include <optional>
#include <vector>

namespace troupe::client {

/// INTERNAL: time has come to look at what is due.
struct consumer_alarm {
  std::int64_t at_ms = 0;
};

/// INTERNAL: the handler's back-off is over.
struct handler_restart {};

/// INTERNAL: the closing has taken its time.
struct consumer_overdue {};

using consumer_internal =
    consumer_actor::extend<caf::reacts_to<view_update>, caf::reacts_to<append_reply>, caf::reacts_to<fetch_reply>,
                           caf::reacts_to<fetch_wakeup>, caf::reacts_to<list_offset_reply>,
                           caf::reacts_to<epoch_end_reply>, caf::reacts_to<consumer_alarm>,
                           caf::reacts_to<handler_restart>, caf::reacts_to<consumer_overdue>>;

class consumer_state {
public:
  static inline const char* name = "consumer";

  explicit consumer_state(consumer_internal::pointer self) : self_(self) {}
  consumer_state(const consumer_state&) = delete;
  consumer_state& operator=(const consumer_state&) = delete;
  ~consumer_state();

  void start(const cluster_access& cluster, consumer_options options, handler_factory make_handler);

  void batch_done(const client::batch_done& message);
  void pause(const std::string& topic, partition_id partition, bool paused);
  void seek(const seek_partition& message);
  partition_position position(const get_position& message) const;
  caf::typed_response_promise<consumer_closed> close(const close_consumer& message);

  void on_view(const view_update& message);
  void on_fetched(fetch_reply& reply);
  void on_woken(const fetch_wakeup& wakeup);
  void on_offset(const list_offset_reply& reply);
  void on_alarm(consumer_alarm alarm);
  void on_down(const caf::down_msg& down);
  void start_handler();
  void end();
  void stop(const caf::error& reason);

private:
  using lane_id = consumer_core::lane_id;

  struct route {
    topic_id topic;
    caf::actor_id leader = 0; ///< 0: none for now
  };

  std::int64_t now_ms() const;
  void step();
  void add_lanes(std::size_t assignment);
  void follow_leader(lane_id which);
  const partition_actor* leader_of(lane_id which) const;
  void send_questions();
  void hand_out();
  void handler_ended(const std::string& why);
  void set_alarm();
  template <class F>
  void for_lanes(const std::string& topic, partition_id partition, F&& f);

  consumer_internal::pointer self_;
  cluster_access cluster_;
  consumer_options options_;
  handler_factory make_handler_;
  std::optional<consumer_core> core_;
  view_ptr view_;
  std::vector<route> routes_;       ///< by lane
  std::vector<std::int32_t> added_; ///< by assignment: all partitions below have a lane
  batch_handler handler_;     ///< null: none is running
  bool complained_ = false;   ///< of an answer that nobody waits for, since the handler started
  std::optional<std::int64_t> alarm_at_ms_; ///< nothing: none is set
  std::vector<caf::typed_response_promise<consumer_closed>> closing_;
};

consumer_internal::behavior_type consumer(consumer_internal::stateful_pointer<consumer_state> self,
                                          const cluster_access& cluster, const consumer_options& options,
                                          const handler_factory& make_handler);

} // namespace troupe::client

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::consumer_alarm)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::handler_restart)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::consumer_overdue)
