#include "actors/peer/door.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/clock.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace troupe::peer {

namespace {

constexpr std::int64_t accept_pause_ns = 100 * ns_per_ms;
constexpr int accepts_at_once = 64;

} // namespace

// --- its life ---

door::door(door_settings settings) : settings_(std::move(settings)) {}

result<std::shared_ptr<door>> door::open(door_settings settings) {
  std::shared_ptr<door> opened{new door{std::move(settings)}};
  auto listener = listen_at(opened->settings_.where);
  if (!listener)
    return fail(std::move(listener));
  opened->listener_ = *listener;
  opened->port_ = port_of(*listener);
  opened->wakeup_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (opened->wakeup_ < 0)
    return fail(errc::io_error, std::string{"cannot make an eventfd: "} + std::strerror(errno));
  return opened;
}

void door::run(std::function<void(door_event)> tell) {
  tell_ = std::move(tell);
  thread_ = std::thread{[this] { loop(); }};
}

door::~door() {
  close();
  if (wakeup_ >= 0)
    ::close(wakeup_);
}

void door::close() {
  {
    std::lock_guard lock{mutex_};
    closing_ = true;
  }
  wake();
  if (thread_.joinable())
    thread_.join();
  if (listener_ >= 0)
    ::close(std::exchange(listener_, -1));
}

void door::post(std::function<void()> what) {
  {
    std::lock_guard lock{mutex_};
    if (closing_)
      return;
    posted_.push_back(std::move(what));
  }
  wake();
}

void door::wake() noexcept {
  std::uint64_t one = 1;
  if (wakeup_ >= 0)
    static_cast<void>(!::write(wakeup_, &one, sizeof one)); // full: it is awake anyway
}

std::int64_t door::now_ns() const { return system_clock{}.monotonic_ns(); }

void door::loop() {
  sigset_t signals;
  sigfillset(&signals); // those of the process are for others; a broken pipe is an ordinary answer here
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::pthread_setname_np(::pthread_self(), "peer-door");
  for (;;) {
    {
      std::lock_guard lock{mutex_};
      if (closing_)
        break;
    }
    wait();
    run_posted();
    for (auto& one : attempts_)
      if (!one.over && one.deadline_ns <= now_ns())
        end(one, one.at == phase::connecting ? "it does not answer: the connection timed out"
                                             : "it does not answer: the greeting timed out");
    attempts_.remove_if([](auto& one) { return one.over; });
  }
  attempts_.clear();
}

void door::run_posted() {
  std::vector<std::function<void()>> todo;
  {
    std::lock_guard lock{mutex_};
    todo.swap(posted_);
  }
  for (auto& what : todo)
    what();
}

void door::wait() {
  std::vector<pollfd> polled{{wakeup_, POLLIN, 0}};
  auto now = now_ns();
  auto until = now + 3'600'000 * ns_per_ms;
  auto may_accept = accept_again_ns_ <= now;
  if (!may_accept)
    until = accept_again_ns_;
  polled.push_back({may_accept ? listener_ : -1, POLLIN, 0});
  std::vector<attempt*> whose;
  for (auto& one : attempts_) {
    until = std::min(until, one.deadline_ns);
    // Who waits for a decision is not read, but it shows when he goes.
    polled.push_back({one.shake.connection()->descriptor(), one.shake.wanted_events(), 0});
    whose.push_back(&one);
  }
  auto timeout_ms = std::max<std::int64_t>((until - now + ns_per_ms - 1) / ns_per_ms, 0);
  if (::poll(polled.data(), polled.size(), static_cast<int>(timeout_ms)) <= 0)
    return;
  if (std::uint64_t count = 0; (polled[0].revents & POLLIN) != 0)
    static_cast<void>(!::read(wakeup_, &count, sizeof count));
  for (std::size_t i = 0; i < whose.size(); ++i) {
    auto events = polled[i + 2].revents;
    if (events == 0 || whose[i]->over)
      continue;
    if (whose[i]->shake.wanted_events() == 0 && (events & (POLLERR | POLLHUP | POLLNVAL)) != 0)
      end(*whose[i], "it closed the connection");
    else
      advance(*whose[i]);
  }
  if ((polled[1].revents & POLLIN) != 0)
    accept_some();
}

// --- from any thread ---

void door::dial(attempt_id id, node_id to, std::vector<socket_address> addresses, std::uint64_t session) {
  post([this, id, to, addresses = std::move(addresses), session]() mutable {
    start_dial(id, to, std::move(addresses), session);
  });
}

void door::answer(attempt_id id, verdict_code code, std::string sentence) {
  post([this, id, code, sentence = std::move(sentence)]() mutable {
    if (auto* one = find(id))
      say(*one, code, std::move(sentence));
  });
}

void door::commit(attempt_id id) {
  post([this, id] {
    if (auto* one = find(id); one && one->outgoing && one->at == phase::deciding) {
      one->at = phase::committing;
      one->shake.send(encode_commit());
      advance(*one);
    }
  });
}

void door::drop(attempt_id id) {
  post([this, id] {
    if (auto* one = find(id))
      one->over = true;
  });
}

void door::set_cluster_id(std::string cluster_id) {
  post([this, cluster_id = std::move(cluster_id)]() mutable { settings_.self.cluster_id = std::move(cluster_id); });
}

// --- connections come and go ---

void door::accept_some() {
  for (int i = 0; i < accepts_at_once; ++i) {
    socket_address from;
    from.size = sizeof from.storage;
    auto descriptor = ::accept4(listener_, reinterpret_cast<sockaddr*>(&from.storage), &from.size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        accept_again_ns_ = now_ns() + accept_pause_ns;
      return;
    }
    auto on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_shared<transport>(descriptor, settings_.tls ? settings_.tls->accepting() : nullptr, from.to_string());
    attempts_.push_back({next_attempt(), false, node_id{-1}, handshake{connection, false}, phase::connecting,
                         now_ns() + settings_.greeting_timeout_ms * ns_per_ms, {}, 0, from.host(), {}, false});
    make_room();
    advance(attempts_.back());
  }
}

/// The oldest that has not greeted goes: a node greets within a millisecond, and who floods the listener does not keep it out.
void door::make_room() {
  auto is_silent = [](auto& one) {
    return !one.outgoing && !one.over && (one.at == phase::connecting || one.at == phase::greeting);
  };
  auto silent = std::count_if(attempts_.begin(), attempts_.end(), is_silent);
  if (static_cast<std::size_t>(silent) > settings_.attempts_max)
    end(*std::find_if(attempts_.begin(), attempts_.end(), is_silent), "too many connections are open that have not greeted");
}

void door::start_dial(attempt_id id, node_id to, std::vector<socket_address> addresses, std::uint64_t session) {
  std::string why = "its host has no address";
  auto refused = false;
  while (!addresses.empty()) {
    auto where = addresses.front();
    addresses.erase(addresses.begin());
    auto descriptor = begin_connect(where);
    if (!descriptor) {
      refused = descriptor.error() == errc::not_found;
      why = descriptor.error().detail;
      continue;
    }
    auto connection = std::make_shared<transport>(*descriptor, settings_.tls ? settings_.tls->connecting() : nullptr, where.to_string());
    attempts_.push_back({id, true, to, handshake{connection, true}, phase::connecting,
                         now_ns() + settings_.connect_timeout_ms * ns_per_ms, {}, session, where.to_string(),
                         std::move(addresses), false, false, to == any_node});
    return;
  }
  tell_({door_event::kind::failed, id, to, {}, nullptr, refused, false, std::move(why), false, to == any_node});
}

void door::advance(attempt& one) {
  for (;;) {
    switch (one.shake.advance()) {
      case handshake::step::blocked:
        return;
      case handshake::step::secured:
        on_secured(one);
        break;
      case handshake::step::sent:
        on_sent(one);
        break;
      case handshake::step::received:
        on_received(one);
        break;
      case handshake::step::failed:
        end(one, one.shake.why() + hint_for(one));
        break;
    }
    if (one.over || one.shake.wanted_events() == 0)
      return;
  }
}

/// What may be behind a connection that was closed while this side had said who it is: a listener of another kind.
std::string door::hint_for(const attempt& one) const {
  if (!one.outgoing || one.at == phase::committing || one.shake.why() != closed_by_other || one.shake.connection()->received_bytes() > 0)
    return {};
  return settings_.tls ? " (this node uses TLS: perhaps it does not)" : " (this node does not use TLS: perhaps it does)";
}

void door::on_secured(attempt& one) {
  one.at = phase::greeting;
  one.deadline_ns = now_ns() + settings_.greeting_timeout_ms * ns_per_ms;
  if (!one.outgoing) {
    one.shake.receive();
    return;
  }
  auto mine = settings_.self;
  mine.wanted = one.node;
  mine.session = one.session;
  one.shake.send(encode(mine));
}

void door::on_sent(attempt& one) {
  if (one.at == phase::refusing)
    one.over = true;
  else if (one.outgoing && one.at == phase::committing)
    hand_over(one);
  else
    one.shake.receive();
}

void door::on_received(attempt& one) {
  if (one.outgoing) {
    on_verdict(one);
  } else if (one.at == phase::committing) {
    if (auto read = decode_commit(one.shake.body()); !read)
      end(one, read.error().detail);
    else
      hand_over(one);
  } else {
    on_greeting(one);
  }
}

void door::on_greeting(attempt& one) {
  auto who = decode_greeting(one.shake.body());
  if (!who) {
    say(one, verdict_code::refused, who.error().detail);
    return;
  }
  one.who = std::move(*who);
  one.node = one.who.node;
  auto objection = objection_to(one, one.who);
  if (objection.empty() && one.who.wanted.value() >= 0 && one.who.wanted != settings_.self.node)
    objection = "this is node " + std::to_string(settings_.self.node.value()) + ", not node "
                + std::to_string(one.who.wanted.value());
  if (!objection.empty()) {
    say(one, verdict_code::refused, std::move(objection));
  } else if (own_dial_goes_first(one.node)) {
    say(one, verdict_code::later, "the two nodes dialed each other; the other connection goes first");
  } else {
    one.at = phase::deciding;
    tell_({door_event::kind::greeted, one.id, one.node, one.who, nullptr, false, false, {}, false});
  }
}

void door::on_verdict(attempt& one) {
  auto said = decode_verdict(one.shake.body());
  if (!said) {
    end(one, said.error().detail);
  } else if (said->code == verdict_code::refused) {
    one.turned_away = true;
    end(one, "it refuses this node: " + said->sentence);
  } else if (said->code == verdict_code::later) {
    end(one, said->sentence, true);
  } else if (!one.by_seed && said->mine.node != one.node) {
    end(one, "node " + std::to_string(said->mine.node.value()) + " answers there");
  } else if (auto objection = objection_to(one, said->mine); !objection.empty()) {
    one.turned_away = true;
    end(one, std::move(objection));
  } else {
    one.who = std::move(said->mine);
    one.who.session = one.session;
    one.node = one.who.node;
    one.at = phase::deciding;
    tell_({door_event::kind::welcomed, one.id, one.node, one.who, nullptr, false, false, {}, false, one.by_seed});
  }
}

/// Why this node cannot be one of the same cluster; empty: it can.
std::string door::objection_to(const attempt& one, const greeting& who) const {
  auto& self = settings_.self;
  auto name = "node " + std::to_string(who.node.value());
  if (settings_.tls)
    if (auto proved = certified_node(one.shake.connection()->ssl()); proved != who.node)
      return "it calls itself " + name + ", and its certificate is for "
             + (proved ? "node " + std::to_string(proved->value()) : "no node");
  if (who.node == self.node)
    return who.incarnation == self.incarnation
               ? "it is " + name + " itself that answers at the address of another node"
               : "two processes run as " + name + ": every node of a cluster needs an id of its own";
  if (!who.cluster_id.empty() && !self.cluster_id.empty() && who.cluster_id != self.cluster_id)
    return name + " belongs to the cluster " + who.cluster_id + ", node " + std::to_string(self.node.value())
           + " to the cluster " + self.cluster_id;
  if (who.machine_id == self.machine_id)
    return "CAF takes both processes for the same one (they share a network card and a process id): give the containers"
           " network cards or process ids of their own";
  return {};
}

bool door::own_dial_goes_first(node_id node) const {
  return settings_.self.node < node && std::any_of(attempts_.begin(), attempts_.end(), [&](auto& one) {
           return one.outgoing && !one.over && one.node == node && one.at != phase::connecting;
         });
}

void door::say(attempt& one, verdict_code code, std::string sentence) {
  if (one.outgoing || one.at == phase::committing || one.at == phase::refusing)
    return;
  if (code == verdict_code::welcome && own_dial_goes_first(one.node)) {
    code = verdict_code::later;
    sentence = "the two nodes dialed each other; the other connection goes first";
  }
  if (code == verdict_code::welcome) {
    give_way(one);
    one.at = phase::committing;
  } else {
    if (code == verdict_code::refused)
      log_refusal(one, sentence);
    if (one.at == phase::deciding)
      tell_({door_event::kind::failed, one.id, one.node, {}, nullptr, false, code == verdict_code::later, sentence,
             false});
    one.at = phase::refusing;
  }
  auto mine = settings_.self;
  mine.session = one.who.session;
  one.shake.send(encode(verdict{code, std::move(sentence), std::move(mine)}));
  advance(one);
}

/// There is one connection with each node: this one goes on, others end.
void door::give_way(const attempt& to) {
  for (auto& one : attempts_)
    if (&one != &to && !one.over && one.node == to.node && one.at != phase::refusing)
      end(one, "another connection with the same node goes first", true);
}

void door::hand_over(attempt& one) {
  one.over = true;
  if (one.shake.connection()->has_pending()) { // CAF would not hear of them
    end(one, "it did not wait for the end of the greeting");
    return;
  }
  tell_({one.outgoing ? door_event::kind::ready : door_event::kind::committed, one.id, one.node, one.who,
         one.shake.connection(), false, false, {}, false, one.by_seed});
}

void door::end(attempt& one, std::string why, bool later) {
  one.over = true;
  if (one.outgoing && one.at == phase::connecting && !one.others.empty() && !later) {
    start_dial(one.id, one.node, std::move(one.others), one.session);
    return;
  }
  // That a node is down is for its link to say; of a seed nobody else knows.
  if (!later && (one.by_seed || !one.shake.refused()))
    log_refusal(one, why);
  if (one.outgoing || one.at == phase::deciding || one.at == phase::committing)
    tell_({door_event::kind::failed, one.id, one.node, {}, nullptr, one.shake.refused(), later, std::move(why),
           one.turned_away, one.by_seed});
}

void door::log_refusal(const attempt& one, const std::string& why) {
  if (!one.outgoing)
    settings_.metrics->refused.add();
  std::uint64_t repeats = 0;
  if (!said_.may_say(one.address, why, now_ns(), repeats))
    return;
  auto again = repeats == 0 ? std::string{} : " (" + std::to_string(repeats) + " times more in the last minute)";
  if (one.outgoing && one.node == any_node)
    spdlog::warn("peer_gate: no connection with the seed {}: {}{}", one.address, why, again);
  else if (one.outgoing)
    spdlog::warn("peer_gate: no connection with node {} at {}: {}{}", one.node.value(), one.address, why, again);
  else
    spdlog::warn("peer_gate: refused a connection from {}: {}{}", one.address, why, again);
}

door::attempt* door::find(attempt_id id) {
  auto found = std::find_if(attempts_.begin(), attempts_.end(), [&](auto& one) { return one.id == id && !one.over; });
  return found == attempts_.end() ? nullptr : &*found;
}

} // namespace troupe::peer
