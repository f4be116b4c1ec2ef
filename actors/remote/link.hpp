// One connection to a node: the CAF broker (I/O actor) around a pipeline. When the connection is lost,
// whatever has not been answered fails. The actor stays for a while to refuse what still comes: CAF keeps the
// messages of a broker that has ended, and nobody would hear of them.
#pragma once

#include "actors/remote/pipeline.hpp"
#include "actors/remote/server_address.hpp"

#include <functional>
#include <memory>
#include <string>

#include <caf/all.hpp>
#include <caf/io/broker.hpp>

namespace troupe::remote {

/// To a link: sends a request. A link that is not connected yet keeps it.
struct link_call {
  call_ptr call;
};

/// To a link: it is not needed any more. An exit message ends it at once: only when nobody uses it.
struct link_close {};

/// To a link: nothing more comes; it is to end when everything is answered.
struct link_leave {};

using link_handle =
    caf::typed_actor<caf::reacts_to<link_call>, caf::reacts_to<link_close>, caf::reacts_to<link_leave>>;

/// To the owner: the node has answered for the first time.
struct link_up {
  link_handle link;
};

/// To the owner: the connection is lost, why in a sentence.
struct link_trouble {
  link_handle link;
  std::string why;
};

/// To the owner, again and again: the node has owed an answer for longer than one should wait without a look
/// at who leads.
struct link_slow {
  link_handle link;
};

/// INTERNAL: the addresses of the node, from whoever asked the name service.
struct link_resolved {
  result<std::vector<socket_address>> addresses;
};
/// INTERNAL: the link to itself: look for answers that take too long; end, now that nobody knows it any more.
struct link_tick {};
struct link_over {};

struct link_settings {
  server_address server;
  pipeline_options options;
  /// Counts the attempts: each takes the next one of a host's addresses.
  std::size_t attempt = 0;
  caf::actor owner;
};

struct link_state {
  static inline const char* name = "remote_link";

  link_state() = default; // no aggregate: CAF would pass itself as the first member

  link_settings settings;
  std::unique_ptr<pipeline> core; ///< null once the connection is lost
  caf::io::connection_handle handle;
  bool connected = false; ///< `handle` means something
  bool announced = false;
  bool leaving = false; ///< ends once nothing waits for an answer
  std::size_t read_size_bytes = 0;
  std::size_t unsent_bytes = 0;
};

using link_actor = caf::stateful_actor<link_state, caf::io::broker>;

/// Handles link_call, link_close, link_leave.
caf::behavior link(link_actor* self, link_settings settings);

/// How links are made: link() on a socket outside of tests.
using link_factory = std::function<link_handle(caf::actor_system&, link_settings)>;
link_handle open_link(caf::actor_system& system, link_settings settings);

} // namespace troupe::remote

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::link_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::link_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::link_trouble)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::link_resolved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::link_close)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::link_leave)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::link_slow)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::link_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::link_over)
