// The requests of one client, from bytes to bytes: frames are taken apart, each request becomes an operation,
// operations run at the same time, and their answers leave in the order in which the requests came.
//
// A session owns no socket and no thread: a connection (CAF broker) or, in tests, a plain actor feeds it.
#pragma once

#include "actors/interface/broker_lease.hpp"
#include "actors/interface/lost_peers.hpp"
#include "actors/kafka/fetch_sessions.hpp"
#include "actors/kafka/kafka_metrics.hpp"
#include "actors/kafka/once_by_client.hpp"
#include "actors/kafka/operation.hpp"
#include "actors/kafka/outbox.hpp"
#include "actors/kafka/session_options.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/wire/frame.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <caf/actor_system.hpp>

namespace troupe::kafka {

/// Unsent answers on all connections beyond which a Fetch returns no more than fetch_tight_bytes (and one batch always).
constexpr std::size_t all_unsent_max_bytes = 256 * limits::mib;
constexpr std::size_t fetch_tight_bytes = 64 * limits::kib;
static_assert(limits::connection_unsent_max_bytes + limits::fetch_max_bytes < all_unsent_max_bytes,
              "one slow reader makes nothing tight");

/// Counts the bytes of all requests that wait for their answer, and of all answers that wait for their readers, so that
/// clients together cannot fill the memory.
struct byte_budget {
  std::atomic<std::size_t> used{0};
  std::size_t limit = limits::inflight_max_bytes;
  std::atomic<std::size_t> unsent{0};
  std::size_t unsent_limit = all_unsent_max_bytes;

  /// Fetch returns little then: enough for a reader to get on, too little for many that do not read.
  bool is_tight() const noexcept { return unsent.load(std::memory_order_relaxed) >= unsent_limit; }
};

/// What the handlers of a session need of the node. Everything that it points to outlives the session.
struct session_environment {
  caf::actor_system* system = nullptr;
  const clock_port* clock = nullptr;
  controller_actor controller;
  producer_id_actor producer_ids;
  std::shared_ptr<byte_budget> budget;
  std::shared_ptr<kafka_metrics> metrics = kafka_metrics::unwatched();
  std::shared_ptr<fetch_session_cache> fetch_sessions; ///< null: none are kept
  std::shared_ptr<once_by_client> without_coordinator = std::make_shared<once_by_client>(); ///< who was told in the log
  std::shared_ptr<const session_options> options;
  std::shared_ptr<const broker_lease> lease; ///< null: nobody else could lead what this node leads
  std::shared_ptr<const lost_peers> lost;    ///< null: there are no others
  session_client self; ///< where replies are sent to; set by whoever hosts the session
};

class session {
public:
  session(session_environment environment, view_ptr view);
  ~session();

  session(const session&) = delete;
  session& operator=(const session&) = delete;

  // --- input ---
  /// Bytes from the client.
  void receive(std::string_view data);
  /// A newer view of topics and partitions.
  void on(const view_update& update);
  /// Time has passed.
  void tick();
  /// A reply to one of its operations.
  template <class Reply>
    requires requires(Reply& reply) { reply.tag.request; }
  void on(Reply& reply) {
    auto request = reply.tag.request;
    if (auto* work = find(request)) {
      work->on(context_of(request), reply);
      check_finished(request);
    }
  }

  // --- output ---
  /// Appends up to `max_bytes` of answers that are ready, in order.
  void drain(std::vector<char>& out, std::size_t max_bytes);
  /// How many bytes of what was drained the client has not taken yet.
  void set_undelivered(std::size_t size_bytes) noexcept;
  std::size_t undelivered() const noexcept { return undelivered_bytes_; }
  /// The same, with what waits to be drained of an answer that was begun.
  std::size_t unsent() const noexcept { return undelivered_bytes_ + outbox_.size(); }
  /// Nothing is written or read for this client while that many bytes wait for it.
  std::size_t unsent_limit() const noexcept {
    return environment_.budget->is_tight() ? fetch_tight_bytes : limits::connection_unsent_max_bytes;
  }

  /// Whether more may be read now.
  bool wants_input() const noexcept;
  /// Nothing more is read until other sessions need less memory.
  bool waits_for_others() const noexcept;
  /// The client broke a rule of the protocol, and what it asked for before that has been answered: close.
  bool failed() const noexcept { return !failure_.empty() && slots_.empty(); }
  const std::string& failure() const noexcept { return failure_; }
  /// Why the connection is to be closed after `quiet_ns` without a byte in either direction; empty: it is not.
  std::string overdue(std::int64_t quiet_ns, bool has_unsent) const;
  /// No request is under way.
  bool idle() const noexcept { return slots_.empty(); }

  /// Requests so far, those that wait for their answer included.
  std::uint64_t requests() const noexcept { return first_request_ + slots_.size(); }
  std::size_t waiting_requests() const noexcept { return slots_.size(); }
  /// What the client calls itself in its newest request; empty before there is one that waits.
  std::string_view client_name() const noexcept {
    return slots_.empty() || !slots_.back().header.client_id ? std::string_view{} : *slots_.back().header.client_id;
  }

  std::int64_t now_ns() const { return environment_.clock->monotonic_ns(); }

private:
  struct slot {
    wire::request_header header;
    operation_ptr work;
    std::size_t size_bytes = 0;
    std::int64_t begun_ns = 0;
  };

  void handle_frame(const bytes& frame);
  result<operation_ptr> start(const wire::request_frame& request, std::uint64_t number);
  void check_finished(std::uint64_t request);
  void refuse(std::string why);
  void account_for_unsent() noexcept;
  operation* find(std::uint64_t request) noexcept;
  operation_context context_of(std::uint64_t request) const { return {environment_, *view_, {request, 0}}; }

  session_environment environment_;
  view_ptr view_;
  wire::frame_reader frames_;
  std::int64_t frame_started_ns_ = 0; ///< of the frame that is not complete; 0: there is none
  std::deque<slot> slots_;
  std::uint64_t first_request_ = 0; ///< the number of the request at the front of slots_
  std::size_t inflight_bytes_ = 0;
  outbox outbox_; ///< the answer that is being drained
  std::size_t undelivered_bytes_ = 0;
  std::size_t accounted_bytes_ = 0; ///< in the budget's `unsent`
  std::string failure_;
};

} // namespace troupe::kafka
