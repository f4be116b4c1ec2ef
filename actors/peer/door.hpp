// Where connections between nodes begin: listens, dials and greets, on one thread of its own that never waits for a single
// connection. Who is greeted and wanted is handed over as a transport; until then nobody costs more than a socket and a
// kilobyte, and for a bounded time.
//
// The thread decides nothing about links but this: when two nodes dial each other at the same time, the connection of the
// one with the lower id goes first, as soon as its greeting is on the way.
#pragma once

#include "actors/peer/handshake.hpp"
#include "actors/peer/peer_metrics.hpp"
#include "actors/peer/refusal_log.hpp"
#include "actors/peer/socket_address.hpp"
#include "actors/peer/tls.hpp"

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace troupe::peer {

/// Whoever it is that answers.
constexpr node_id any_node{-1};

/// Names an attempt to connect, incoming or outgoing, in this process.
using attempt_id = std::uint64_t;

struct door_event {
  enum class kind : std::uint8_t {
    greeted,   ///< incoming: `answer` is due
    committed, ///< incoming: `connection` is ready, this side serves
    welcomed,  ///< outgoing: `commit` or `drop` is due
    ready,     ///< outgoing: `connection` is ready
    failed,    ///< it is over
  };
  kind what;
  attempt_id attempt = 0;
  node_id node;
  greeting who;             ///< but for failed
  transport_ptr connection; ///< committed, ready
  bool refused = false;     ///< failed: nobody listens there
  bool later = false;       ///< failed: another connection with the same node goes first
  std::string why;          ///< failed
  bool turned_away = false; ///< failed: the node that was dialed, or this one, found that they do not belong together
  bool by_seed = false;     ///< outgoing: it was not known whom to expect
};

struct door_settings {
  greeting self; ///< session and wanted are filled in for each connection
  socket_address where;
  std::int64_t connect_timeout_ms = 1'000;
  std::int64_t greeting_timeout_ms = 1'000;
  std::size_t attempts_max = 128; ///< incoming ones that have not greeted; above it the oldest goes
  tls_context_ptr tls; ///< null: plain
  peer_metrics_ptr metrics;
};

class door {
public:
  /// Binds the address; nobody is let in before run().
  static result<std::shared_ptr<door>> open(door_settings settings);
  ~door();
  door(const door&) = delete;
  door& operator=(const door&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  /// Once. `tell` is called on the door's thread.
  void run(std::function<void(door_event)> tell);
  /// Waits for the thread, which waits for nobody. Nothing is told from then on.
  void close();

  // Safe from any thread; nothing happens to an attempt that is over.
  attempt_id next_attempt() noexcept { return ++last_attempt_; }
  /// Tries these addresses in turn; ends in welcomed or failed. `to` is any_node for a seed: then the event says who it was.
  void dial(attempt_id attempt, node_id to, std::vector<socket_address> addresses, std::uint64_t session);
  void answer(attempt_id attempt, verdict_code code, std::string sentence);
  void commit(attempt_id attempt);
  void drop(attempt_id attempt);
  void set_cluster_id(std::string cluster_id);

private:
  enum class phase : std::uint8_t { connecting, greeting, deciding, committing, refusing };
  struct attempt {
    attempt_id id;
    bool outgoing;
    node_id node{-1};
    handshake shake;
    phase at = phase::connecting;
    std::int64_t deadline_ns;
    greeting who;
    std::uint64_t session = 0;
    std::string address; ///< for people
    std::vector<socket_address> others;
    bool over = false;
    bool turned_away = false;
    bool by_seed = false;
  };
  using attempt_list = std::list<attempt>;

  explicit door(door_settings settings);
  void post(std::function<void()> what);
  void wake() noexcept;
  void loop();
  void run_posted();
  void wait();
  void accept_some();
  void make_room();
  void advance(attempt& one);
  void on_secured(attempt& one);
  void on_sent(attempt& one);
  void on_received(attempt& one);
  void on_greeting(attempt& one);
  void on_verdict(attempt& one);
  void start_dial(attempt_id id, node_id to, std::vector<socket_address> addresses, std::uint64_t session);
  void say(attempt& one, verdict_code code, std::string sentence);
  std::string hint_for(const attempt& one) const;
  void hand_over(attempt& one);
  void end(attempt& one, std::string why, bool later = false);
  void give_way(const attempt& to);
  bool own_dial_goes_first(node_id node) const;
  std::string objection_to(const attempt& one, const greeting& who) const;
  void log_refusal(const attempt& one, const std::string& why);
  attempt* find(attempt_id id);
  std::int64_t now_ns() const;

  door_settings settings_;
  int listener_ = -1;
  int wakeup_ = -1;
  std::uint16_t port_ = 0;
  std::function<void(door_event)> tell_;
  std::thread thread_;
  std::atomic<attempt_id> last_attempt_{0};
  std::mutex mutex_; ///< of what is posted
  std::vector<std::function<void()>> posted_;
  bool closing_ = false; ///< behind the mutex

  // The thread's own.
  attempt_list attempts_;
  refusal_log said_;
  std::int64_t accept_again_ns_ = 0; ///< no descriptors were left
};

} // namespace troupe::peer
