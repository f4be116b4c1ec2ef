// The producer's actor: puts messages into producer_core and carries out what comes of it.
#pragma once

#include "actors/client/producer.hpp"
#include "actors/client/producer_core.hpp"
#include "actors/client/send_gate.hpp"

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace troupe::client {

/// INTERNAL: time has come to look at what is due.
struct producer_alarm {
  std::int64_t at_ms = 0;
};

/// INTERNAL: the closing has taken its time.
struct closing_overdue {};

/// INTERNAL: the gate has refused something.
struct refusals_wait {};

using producer_internal =
    producer_actor::extend<caf::reacts_to<view_update>, caf::reacts_to<append_reply>, caf::reacts_to<fetch_reply>,
                           caf::reacts_to<fetch_wakeup>, caf::reacts_to<list_offset_reply>,
                           caf::reacts_to<epoch_end_reply>, caf::reacts_to<controller_reply>,
                           caf::reacts_to<producer_id_reply>, caf::reacts_to<producer_alarm>,
                           caf::reacts_to<closing_overdue>, caf::reacts_to<admitted_records>,
                           caf::reacts_to<refusals_wait>>;

class producer_state {
public:
  static inline const char* name = "producer";

  explicit producer_state(producer_internal::pointer self) : self_(self) {}
  producer_state(const producer_state&) = delete;
  producer_state& operator=(const producer_state&) = delete;
  ~producer_state();

  void start(const cluster_access& cluster, producer_options options, std::shared_ptr<send_gate> gate);

  void send(admitted_records& message);
  void on_refusals() { step(); }
  void join(const join_sender& message);
  caf::typed_response_promise<producer_flushed> flush();
  caf::typed_response_promise<producer_closed> close(const close_producer& message);

  void on_view(const view_update& message);
  void on_appended(append_reply& reply);
  void on_producer_id(const producer_id_reply& reply);
  void on_controller(const controller_reply& reply);
  void on_alarm(producer_alarm alarm);
  void on_overdue();
  void on_down(const caf::down_msg& down);
  void stop(const caf::error& reason);

private:
  struct sender {
    delivery_listener handle;
    std::uint64_t outstanding = 0; ///< records
    bool joined = false;
    bool is_dirty = false; ///< is in dirty_senders_
    delivery_report report;
  };

  std::int64_t now_ms() const;
  timestamp_ms wall() const;
  void step();
  void send_orders();
  void add_failures(delivery_listener& of, const std::vector<send_gate::refused_run>& runs, const error& why);
  void add_refusals(std::vector<send_gate::refusals> refused);
  void send_reports();
  void send_report(sender_key to, sender& of);
  sender* dirty(sender_key key);
  void set_alarm();
  bool may_create_topic() const;
  void look_for_topic();
  void ask_for_topic();
  void ask_for_producer_id();
  void resolve_promises();
  void end();
  void leave(const caf::error& reason);

  producer_internal::pointer self_;
  cluster_access cluster_;
  producer_options options_;
  std::shared_ptr<send_gate> gate_;
  std::optional<producer_core> core_;
  view_ptr view_;
  topic_id topic_;
  std::vector<caf::actor_id> leaders_; ///< by partition; 0: none for now
  std::unordered_map<sender_key, sender> senders_;
  std::vector<sender_key> dirty_senders_; ///< there is something to report to
  std::optional<std::int64_t> alarm_at_ms_; ///< nothing: none is set
  std::optional<std::int64_t> topic_asked_at_ms_;
  std::optional<std::int64_t> id_due_ms_; ///< when the producer id is to be asked for (again); nothing: not at all
  std::uint64_t flushes_ = 0;
  std::unordered_map<std::uint64_t, caf::typed_response_promise<producer_flushed>> flushing_;
  std::vector<caf::typed_response_promise<producer_closed>> closing_;
  std::uint64_t given_up_ = 0;
};

/// The actor, with a gate before its mailbox.
class gated_producer : public producer_internal::stateful_base<producer_state> {
public:
  using super = producer_internal::stateful_base<producer_state>;

  gated_producer(caf::actor_config& config, cluster_access cluster, producer_options options);

  using super::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* context) override;

protected:
  behavior_type make_behavior() override;

private:
  cluster_access cluster_;
  producer_options options_;
  std::shared_ptr<send_gate> gate_;
};

} // namespace troupe::client

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::producer_alarm)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::closing_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::refusals_wait)
