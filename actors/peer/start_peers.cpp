#include "actors/peer/peer_gate.hpp"

#include <algorithm>

#include <csignal>

#include <caf/io/middleman.hpp>

namespace troupe::peer {

namespace {

// They travel with each message, so they are short.
constexpr auto piece_name = "tP";

result<void> check_system(caf::actor_system& system) {
  if (!system.has_middleman())
    return fail(errc::invalid_argument, "the actor system has no middleman, by which nodes talk: load caf::io::middleman");
  if (!system.types().make_value(piece_name))
    return fail(errc::invalid_argument, "the actor system does not know what nodes send each other: call "
                                        "troupe::peer::add_peer_messages for its configuration");
  return {};
}

result<socket_address> listening_address(const peer_settings& settings) {
  auto addresses = resolve(settings.host, settings.port, true);
  if (!addresses)
    return fail(std::move(addresses));
  if (!settings.tls.any()
      && !std::all_of(addresses->begin(), addresses->end(), [](auto& one) { return one.is_loopback(); }))
    return fail(errc::invalid_argument,
                "refusing to listen for other nodes at " + to_string(settings.host, settings.port)
                    + " without TLS, which anybody who reaches it could misuse: give the peer listener a certificate, a key "
                      "and a CA (`troupe cert` makes them), or a loopback address such as 127.0.0.1");
  return addresses->front();
}

/// Null without TLS.
result<tls_context_ptr> load_tls(const peer_settings& settings) {
  auto& files = settings.tls;
  if (!files.any())
    return tls_context_ptr{};
  if (!files.all())
    return fail(errc::invalid_argument,
                std::string{"TLS between nodes needs a certificate, a key and a CA, and the "}
                    + (files.certificate.empty() ? "certificate" : files.key.empty() ? "key" : "CA") + " is missing");
  return tls_context::load(files, settings.self);
}

/// OpenSSL writes to a socket that the other side may have closed, on the thread of CAF's event loop.
void ignore_broken_pipes(caf::actor_system& system) {
  system.middleman().backend().post([] {
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  });
}

} // namespace

void add_peer_messages(caf::actor_system_config& to) {
  to.add_message_type<piece>(piece_name);
  to.add_message_type<hello>("tH");
  to.add_message_type<credit>("tC");
  to.add_message_type<heartbeat>("tB");
}

result<started_peers> start_peers(caf::actor_system& system, peer_settings settings) {
  if (auto fit = check_system(system); !fit)
    return fail(std::move(fit));
  auto where = listening_address(settings);
  if (!where)
    return fail(std::move(where));
  auto tls = load_tls(settings);
  if (!tls)
    return fail(std::move(tls));
  auto environment = std::make_shared<link_environment>();
  environment->self = {settings.self, node_id{-1}, settings.incarnation, 0, settings.cluster_id,
                       machine_id_of(system, system.node())};
  environment->timeouts = settings.timeouts;
  environment->metrics = settings.metrics;
  environment->welcome = settings.welcome;
  environment->loopback_only = !*tls;
  door_settings entrance;
  entrance.self = environment->self;
  entrance.where = *where;
  entrance.connect_timeout_ms = settings.timeouts.connect_ms;
  entrance.greeting_timeout_ms = settings.timeouts.greeting_ms;
  entrance.metrics = settings.metrics;
  entrance.tls = *tls;
  auto opened = door::open(std::move(entrance));
  if (!opened)
    return fail(std::move(opened));
  if (*tls)
    ignore_broken_pipes(system);
  environment->entrance = std::move(*opened);
  auto port = environment->entrance->port();
  return started_peers{system.spawn(peer_gate, std::shared_ptr<const link_environment>{std::move(environment)}), port};
}

} // namespace troupe::peer
