#include "actors/simulated/simulated_peers.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>
#include <optional>
#include <type_traits>

namespace troupe::simulated {

using pair_of_nodes = std::pair<node_id, node_id>; // the smaller one first

namespace {

pair_of_nodes pair_of(node_id a, node_id b) { return a < b ? pair_of_nodes{a, b} : pair_of_nodes{b, a}; }

} // namespace

struct simulated_network::shared {
  struct node {
    simulated_gate_actor gate;
    peer_incarnation incarnation;
    std::set<node_id> wanted;
  };
  struct connection {
    struct ending {
      std::uint64_t number = 0;
      std::int64_t arrived_ns = 0; ///< what was due until then
    };
    std::uint64_t number = 0;                                     ///< 0: none
    std::map<node_id, caf::actor_clock::time_point> last_arrival; ///< by receiver: order is kept
    std::map<node_id, ending> last_ending;                        ///< by receiver: of the connection before
    std::set<node_id> deaf;                                       ///< nothing reaches these
  };

  shared(caf::actor_system& which, std::uint64_t seed, settings chosen) : system(which), random(seed), options(chosen) {}

  std::chrono::microseconds delay() {
    auto span = static_cast<std::uint64_t>((options.delay_max - options.delay_min).count()) + 1;
    return options.delay_min + std::chrono::microseconds{random.below(span)};
  }

  /// Whatever one node hears of another arrives in the order in which it was sent.
  template <class Message>
  void deliver(node_id to, node_id from, std::chrono::microseconds delay, Message message) {
    auto found = nodes.find(to);
    if (found == nodes.end())
      return;
    auto& clock = system.clock();
    auto& last = connections[pair_of(to, from)].last_arrival[to];
    last = std::max(last, clock.now() + delay);
    if constexpr (std::is_same_v<Message, simulated_arrival>)
      message.due_ns = last.time_since_epoch().count();
    clock.schedule_message(last, caf::actor_cast<caf::strong_actor_ptr>(found->second.gate),
                           caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::move(message)));
  }

  void connect(node_id a, node_id b) {
    auto& one = nodes.at(a);
    auto& other = nodes.at(b);
    if (cuts.count(pair_of(a, b)) || connections[pair_of(a, b)].number != 0
        || !(one.wanted.count(b) || other.wanted.count(a)))
      return;
    connections[pair_of(a, b)].number = ++connections_made;
    deliver(a, b, delay(), simulated_change{{b, true, other.incarnation, false, {}}});
    deliver(b, a, delay(), simulated_change{{a, true, one.incarnation, false, {}}});
  }

  void connect_all(node_id with) {
    for (auto& [id, node] : nodes)
      if (id != with)
        connect(with, id);
  }

  /// `dead` has died, if set: the other one hears of it at once.
  void disconnect(node_id a, node_id b, std::optional<node_id> dead,
                  std::optional<std::chrono::microseconds> silence = std::nullopt) {
    if (connections[pair_of(a, b)].number == 0)
      return;
    auto& link = connections[pair_of(a, b)];
    for (auto to : {a, b}) {
      auto now = system.clock().now();
      auto on_the_way = std::max(link.last_arrival[to] - now, caf::actor_clock::duration_type{0});
      auto rest = random.below(static_cast<std::uint64_t>(on_the_way.count()) + 1);
      link.last_ending[to] = {link.number, (now.time_since_epoch().count() + static_cast<std::int64_t>(rest))};
    }
    link.number = 0;
    link.deaf.clear();
    auto after = dead ? delay() : silence.value_or(options.silence);
    for (auto [to, about] : {std::pair{a, b}, std::pair{b, a}})
      if (to != dead)
        deliver(to, about, after,
                simulated_change{{about, false, {}, dead.has_value(), dead ? "connection refused" : "silence",
                                  std::chrono::duration_cast<std::chrono::milliseconds>(after).count()}});
  }

  void send(node_id from, const peer_send& message) {
    auto link = connections.find(pair_of(from, message.to));
    auto lost = link == connections.end() || link->second.number == 0 || link->second.deaf.count(message.to);
    if (look)
      look(from, message, lost);
    if (lost)
      return;
    std::string joined;
    for (auto& part : message.body)
      joined += part.view();
    deliver(message.to, from, delay(),
            simulated_arrival{{from, nodes.at(from).incarnation, message.service, message.head, bytes::copy_of(joined)},
                              link->second.number, 0});
  }

  /// Of a connection that is gone the first part of what was on the way is there.
  bool arrives(node_id at, const simulated_arrival& message) {
    auto& link = connections[pair_of(at, message.what.from)];
    auto& before = link.last_ending[at];
    return link.number == message.connection || (before.number == message.connection && message.due_ns <= before.arrived_ns);
  }

  void close(node_id node) {
    auto found = nodes.find(node);
    if (found == nodes.end())
      return;
    caf::anon_send_exit(found->second.gate, caf::exit_reason::kill);
    for (auto& [other, state] : nodes)
      if (other != node)
        disconnect(node, other, node);
    nodes.erase(found);
  }

  /// The gate has ended by itself, or because it was told to.
  void ended(node_id node, caf::actor_id gate) {
    auto found = nodes.find(node);
    if (found != nodes.end() && found->second.gate->id() == gate)
      close(node);
  }

  caf::actor_system& system;
  random_source random;
  settings options;
  std::map<node_id, node> nodes;
  std::map<pair_of_nodes, connection> connections;
  std::set<pair_of_nodes> cuts;
  std::uint64_t connections_made = 0;
  std::uint64_t delivered = 0;
  std::function<void(node_id, const peer_send&, bool)> look;
};

class simulated_gate_state {
public:
  static inline const char* name = "simulated_gate";

  simulated_gate_state(simulated_gate_actor::pointer self) : self_(self), id_(self->id()) {}
  ~simulated_gate_state() {
    if (auto network = network_.lock())
      network->ended(node_, id_);
  }

  void start(node_id node, std::weak_ptr<simulated_network::shared> network) {
    node_ = node;
    network_ = std::move(network);
  }

  void send(const peer_send& message) {
    if (auto network = network_.lock())
      network->send(node_, message);
  }

  void subscribe(const peer_subscription& message) {
    subscribers_[message.service] = message.subscriber;
    for (auto& [node, status] : connected_)
      self_->send(message.subscriber, status);
  }

  void want(const peers_wanted& message) {
    auto network = network_.lock();
    if (!network || !network->nodes.contains(node_)) // it is told to end
      return;
    auto& wanted = network->nodes.at(node_).wanted;
    wanted.clear();
    for (auto& peer : message.peers)
      if (peer.node != node_)
        wanted.insert(peer.node);
    network->connect_all(node_);
  }

  void arrive(simulated_arrival& message) {
    auto network = network_.lock();
    if (!network || !network->arrives(node_, message))
      return;
    ++network->delivered;
    if (auto to = subscribers_.find(message.what.service); to != subscribers_.end())
      self_->send(to->second, std::move(message.what));
  }

  void change(const simulated_change& message) {
    auto& status = message.status;
    if (status.connected)
      connected_[status.node] = status;
    else
      connected_.erase(status.node);
    for (auto& [service, subscriber] : subscribers_)
      self_->send(subscriber, status);
  }

private:
  simulated_gate_actor::pointer self_;
  caf::actor_id id_;
  node_id node_;
  std::weak_ptr<simulated_network::shared> network_;
  std::map<peer_service, peer_client> subscribers_;
  std::map<node_id, peer_status> connected_;
};

namespace {

simulated_gate_actor::behavior_type simulated_gate(simulated_gate_actor::stateful_pointer<simulated_gate_state> self) {
  auto* state = &self->state;
  return {
      [state](const peer_send& m) { state->send(m); },
      [state](const peer_subscription& m) { state->subscribe(m); },
      [state](const peers_wanted& m) { state->want(m); },
      [state](simulated_arrival& m) { state->arrive(m); },
      [state](const simulated_change& m) { state->change(m); },
  };
}

} // namespace

simulated_network::simulated_network(caf::actor_system& system, std::uint64_t seed, settings options)
    : shared_(std::make_shared<shared>(system, seed, options)) {}

simulated_network::~simulated_network() {
  while (!shared_->nodes.empty())
    close(shared_->nodes.begin()->first);
}

peer_gate_actor simulated_network::open(node_id node) { return open(node, peer_incarnation{shared_->random.next()}); }

peer_gate_actor simulated_network::open(node_id node, peer_incarnation incarnation) {
  CHECK(!shared_->nodes.count(node));
  auto gate = shared_->system.spawn(
      [node, network = std::weak_ptr{shared_}](simulated_gate_actor::stateful_pointer<simulated_gate_state> self) {
        self->state.start(node, network);
        return simulated_gate(self);
      });
  shared_->nodes[node] = {gate, incarnation, {}};
  shared_->connect_all(node);
  return gate;
}

void simulated_network::close(node_id node) { shared_->close(node); }

void simulated_network::cut(node_id a, node_id b) {
  shared_->cuts.insert(pair_of(a, b));
  shared_->disconnect(a, b, std::nullopt);
}

void simulated_network::cut_one_way(node_id from, node_id to) {
  shared_->cuts.insert(pair_of(from, to));
  shared_->connections[pair_of(from, to)].deaf.insert(to);
}

void simulated_network::end_of_silence(node_id a, node_id b) {
  shared_->cuts.insert(pair_of(a, b));
  shared_->disconnect(a, b, std::nullopt, std::chrono::microseconds{0});
}

void simulated_network::hold_up(node_id from, node_id to, std::chrono::microseconds time) {
  auto& last = shared_->connections[pair_of(from, to)].last_arrival[to];
  last = std::max(last, shared_->system.clock().now() + time);
}

void simulated_network::heal(node_id a, node_id b) {
  shared_->cuts.erase(pair_of(a, b));
  // Where something was lost the connection is, too.
  if (!shared_->connections[pair_of(a, b)].deaf.empty())
    shared_->disconnect(a, b, std::nullopt, std::chrono::microseconds{0});
  shared_->connections[pair_of(a, b)].deaf.clear();
  if (shared_->nodes.count(a) && shared_->nodes.count(b))
    shared_->connect(a, b);
}

void simulated_network::heal_all() {
  for (auto& [a, b] : std::exchange(shared_->cuts, {}))
    heal(a, b);
}

void simulated_network::on_send(std::function<void(node_id from, const peer_send& what, bool is_lost)> look) {
  shared_->look = std::move(look);
}

std::uint64_t simulated_network::delivered() const { return shared_->delivered; }

} // namespace troupe::simulated
