#include "actors/remote/remote_options.hpp"

#include "actors/remote/server_address.hpp"
#include "runtime/base/option_check.hpp"

namespace troupe::remote {

namespace {

/// The length of a string in Kafka's protocol.
constexpr std::size_t client_id_max_bytes = 32'767;

result<void> check_servers(const remote_options& o) {
  if (o.servers.empty())
    return fail(errc::invalid_argument, "servers: there is no address to connect to");
  for (auto& text : o.servers)
    if (auto server = server_address::parse(text); !server)
      return fail(errc::invalid_argument, "servers: " + server.error().detail);
  return {};
}

} // namespace

result<void> check(const remote_options& o) {
  option_check all;
  all.add(check_servers(o));
  all.add(in_range("client_id", o.client_id.size(), 0, client_id_max_bytes));
  all.add(in_range("connect_timeout_ms", o.connect_timeout_ms, 1, hour_ms));
  all.add(in_range("request_timeout_ms", o.request_timeout_ms, 1, day_ms));
  all.add(in_range("reconnect_backoff_ms", o.reconnect_backoff_ms, 1, hour_ms));
  all.add(in_range("reconnect_backoff_max_ms", o.reconnect_backoff_max_ms, o.reconnect_backoff_ms, hour_ms));
  all.add(in_range("metadata_max_age_ms", o.metadata_max_age_ms, 1, day_ms));
  all.add(in_range("buffer_memory_bytes", o.buffer_memory_bytes, 1, 64 * limits::gib));
  return all.outcome();
}

} // namespace troupe::remote
