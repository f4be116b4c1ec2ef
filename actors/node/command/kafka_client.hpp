// The nodes of a cluster as one client sees them: which there are, who leads what, and a connection to each
// that is needed. Blocking, for one thread; connections are opened when they are asked for and opened again
// when they are lost.
#pragma once

#include "actors/node/command/kafka_connection.hpp"
#include "actors/node/command/moment.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/metadata.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::command {

struct client_options {
  std::vector<config::address> servers{{"127.0.0.1", 9092}};
  std::string client_id = "troupe";
  /// For one call, with everything that it needs.
  std::int64_t timeout_ms = 10'000;
  /// How long to wait for the first node to be there; 0 gives up at once if nobody listens.
  std::int64_t wait_ms = 0;
};

struct partition_info {
  partition_id partition;
  std::int32_t leader = -1; // -1: none at the moment
  std::int32_t leader_epoch = -1;
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> in_sync;
};

struct topic_info {
  std::string name;
  troupe::topic_id id;
  bool is_internal = false;
  std::vector<partition_info> partitions; // by number
};

class kafka_client {
public:
  explicit kafka_client(client_options options)
      : options_(std::move(options)), patience_ms_(options_.timeout_ms) {}

  /// How long one call looks for a node that was there before; at first the whole timeout.
  void set_patience_ms(std::int64_t patience_ms) noexcept { patience_ms_ = patience_ms; }

  /// A connection to any node, apart from those to the leaders, so that it has nothing under way. Tries all
  /// there are, and again while there is time.
  result<kafka_connection*> any();
  /// A connection to this node; an error at once if it could not be reached just now.
  result<kafka_connection*> node(std::int32_t id);
  /// An open connection to this node, or nullptr.
  kafka_connection* open_connection(std::int32_t id) noexcept;
  /// Forgets a connection that failed.
  void drop(const kafka_connection* connection) noexcept;

  /// All topics.
  result<std::vector<topic_info>> topics();
  /// not_found: there is no such topic (and it was not to be made). Waits until every partition has a leader.
  result<topic_info> topic(const std::string& name, bool make_if_missing);
  /// The same without waiting: as it is now.
  result<topic_info> topic_now(const std::string& name, bool make_if_missing);

  /// Asks any node; again, while there is time, if the connection is lost. So only for what may be asked
  /// twice.
  template <class Response, class Request>
  result<Response> call_any(const Request& request) {
    auto start = monotonic_ms();
    while (true) {
      auto connection = any();
      if (!connection)
        return fail(std::move(connection));
      auto answer = (*connection)->template call<Response>(request, start + options_.timeout_ms);
      if (answer || answer.error() == errc::unsupported_version)
        return answer;
      drop(*connection);
      if (monotonic_ms() >= start + patience_ms_)
        return answer;
    }
  }

  /// Asks this node, once.
  template <class Response, class Request>
  result<Response> call_node(std::int32_t id, const Request& request) {
    auto connection = node(id);
    if (!connection)
      return fail(std::move(connection));
    auto answer = (*connection)->template call<Response>(request, monotonic_ms() + options_.timeout_ms);
    if (!answer)
      drop(*connection);
    return answer;
  }

  /// The node that takes orders about topics.
  result<std::int32_t> controller();

  const client_options& options() const noexcept { return options_; }

private:
  struct known_node {
    config::address where;
    std::unique_ptr<kafka_connection> connection;
    std::int64_t retry_at_ms = 0;
  };

  /// Of one topic, or of all.
  result<wire::metadata_response> metadata(const std::optional<std::string>& topic, bool make_if_missing);
  void learn_nodes(const wire::metadata_response& answer);
  result<kafka_connection*> connect_control(std::int64_t deadline_ms);

  client_options options_;
  std::int64_t patience_ms_;
  std::map<std::int32_t, known_node> nodes_;
  std::unique_ptr<kafka_connection> control_;
  bool was_connected_ = false;
};

/// "UNKNOWN_TOPIC_OR_PARTITION", with what the node said about it.
std::string describe(std::int16_t code, const std::optional<std::string>& said = {});

} // namespace troupe::command
