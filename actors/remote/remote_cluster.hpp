// A cluster elsewhere, by the address of one of its nodes.
//
//     troupe::remote::remote_cluster cluster{system, {.servers = {"127.0.0.1:9092"}}};
//     if (auto reached = cluster.wait(std::chrono::seconds{5}); !reached)
//       return complain(reached.error().message());
//     use(system, cluster.access());                 // producers and consumers: actors/client
//
// Connections that are lost come back by themselves, with a back-off; producers and consumers go on then. A
// request whose answer was lost with its connection is answered with timed_out: it may have been carried out.
// An idempotent producer sends it again, and nothing is written twice.
#pragma once

#include "actors/interface/cluster_access.hpp"
#include "actors/remote/remote_options.hpp"
#include "runtime/base/error.hpp"

#include <chrono>
#include <memory>

#include <caf/fwd.hpp>

namespace troupe::remote {

class remote_cluster {
public:
  /// Begins to connect; comes back at once. The system must outlive this and have loaded caf::io::middleman.
  remote_cluster(caf::actor_system& system, remote_options options);
  /// Closes all connections. What was on its way is answered with an error.
  ~remote_cluster();

  remote_cluster(const remote_cluster&) = delete;
  remote_cluster& operator=(const remote_cluster&) = delete;

  /// Until every partition that has a leader can be reached. Not needed: producers and consumers wait by
  /// themselves. Blocks. Errors, each one sentence: timed_out with what stood in the way last;
  /// invalid_argument: an option that check() finds wrong.
  result<void> wait(std::chrono::milliseconds timeout);

  /// For producers and consumers; any thread. Good as long as this object lives.
  const cluster_access& access() const;

private:
  class parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe::remote
