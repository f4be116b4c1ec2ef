// A node inside of your own process.
//
//     troupe::embedded_node node{{.data_directory = "./data"}};
//     if (auto started = node.start(); !started)
//       return complain(started.error().message());
//     use(node.system(), node.access());             // producers and consumers: actors/client
//     node.stop();
//
// The node is a whole one: durable, recovered after a crash, with all of its topics. Without `listen` nobody
// outside of the process can reach it, and no socket is opened.
//
// A node may be one of several: `listen`, and node.peer_listener, voters and peers as `troupe node FILE --name` has them.
// access() then reaches every partition of the cluster: those that others lead by their listeners for Kafka clients.
//
// Threading: one thread at a time may call start() and stop(); access() and system() may be used from any
// thread.
#pragma once

#include "actors/interface/cluster_access.hpp"
#include "config/node_options.hpp"
#include "runtime/base/error.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace troupe {

struct embedded_options {
  /// Where the data lies. One node at a time: the directory is locked.
  std::string data_directory = "./troupe-data";
  /// Opens node.listeners for Kafka clients and for nodes and processes elsewhere.
  bool listen = false;
  /// The node's log goes to standard error, at this level and above ("trace" to "error"), by the process's
  /// default logger of spdlog. Empty: that logger is left as it is.
  std::string log_level = "warning";
  /// Called, on a thread of the node's, when a node that was ready ends without stop(): one sentence. The
  /// node can be started again, but not from within the call.
  std::function<void(const std::string& why)> on_failure = [](const std::string&) {};
  /// All else that a node can be told. data_directory and log_level above go before those in here; with `listen`, the
  /// admin listener is opened only where it is named ("auto" is "off").
  config::node_options node = {};
};

class embedded_node {
public:
  /// On an actor system of its own. Nothing runs yet.
  explicit embedded_node(embedded_options options);
  /// On yours, which must outlive the node; with `listen` it must have loaded caf::io::middleman.
  embedded_node(caf::actor_system& system, embedded_options options);
  /// Stops, if stop() was not called: within node.shutdown_timeout_ms.
  ~embedded_node();

  embedded_node(const embedded_node&) = delete;
  embedded_node& operator=(const embedded_node&) = delete;

  /// Recovers what is in the data directory and starts; comes back when everything can be used. Starts again
  /// after stop() or a failure, too. Errors, each one sentence: what cannot be opened, read or understood;
  /// in_use if the node runs, here or in another process; timed_out: once all was read, it could not be used within
  /// `deadline`, for a node that is one of several needs most of the controllers. It does not run then.
  result<void> start(std::chrono::milliseconds deadline = std::chrono::minutes{2});
  /// Ends in order: what was acknowledged is on disk in any case; producers and consumers wait for the next
  /// start(). timed_out: it took longer than `deadline`; the node was then ended as by a crash, from which
  /// start() recovers.
  result<void> stop(std::chrono::milliseconds deadline = std::chrono::seconds{30});
  bool is_running() const;

  /// For producers and consumers. Stays good from life to life, and also before the first start().
  const cluster_access& access() const;
  /// Where the node's actors run. Yours may, too.
  caf::actor_system& system() const;

private:
  class parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe
