#define CAF_SUITE remote_options
#include "caf/test/unit_test.hpp"

#include "actors/remote/remote_cluster.hpp"

#include <functional>
#include <string_view>

#include <caf/all.hpp>

using namespace troupe;
using remote::remote_options;

namespace {

struct wrong_value {
  std::string_view name;
  std::function<void(remote_options&)> set;
};

using r = remote_options;
const wrong_value wrong[] = {
    {"servers", [](r& o) { o.servers.clear(); }},
    {"servers", [](r& o) { o.servers = {"127.0.0.1:9092", "nowhere"}; }},
    {"client_id", [](r& o) { o.client_id = std::string(32'768, 'x'); }},
    {"connect_timeout_ms", [](r& o) { o.connect_timeout_ms = 0; }},
    {"connect_timeout_ms", [](r& o) { o.connect_timeout_ms = 3'600'001; }},
    {"request_timeout_ms", [](r& o) { o.request_timeout_ms = 0; }},
    {"request_timeout_ms", [](r& o) { o.request_timeout_ms = 86'400'001; }},
    {"reconnect_backoff_ms", [](r& o) { o.reconnect_backoff_ms = 0; }},
    {"reconnect_backoff_ms", [](r& o) { o.reconnect_backoff_ms = o.reconnect_backoff_max_ms = 3'600'001; }},
    {"reconnect_backoff_max_ms", [](r& o) { o.reconnect_backoff_max_ms = o.reconnect_backoff_ms - 1; }},
    {"reconnect_backoff_max_ms", [](r& o) { o.reconnect_backoff_max_ms = 3'600'001; }},
    {"metadata_max_age_ms", [](r& o) { o.metadata_max_age_ms = 0; }},
    {"metadata_max_age_ms", [](r& o) { o.metadata_max_age_ms = 86'400'001; }},
    {"buffer_memory_bytes", [](r& o) { o.buffer_memory_bytes = 0; }},
    {"buffer_memory_bytes", [](r& o) { o.buffer_memory_bytes = std::size_t{64} * limits::gib + 1; }},
};

} // namespace

CAF_TEST(every option is refused by its name when it is out of range) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  remote_options good;
  CAF_CHECK(check(good).has_value());
  // Another field does not compile here, and wants its rows above.
  [[maybe_unused]] auto& [servers, id, connect, request, backoff, backoff_max, age, buffer] = good;
  for (auto& one : wrong) {
    remote_options options;
    one.set(options);
    auto said = remote::remote_cluster{system, options}.wait(std::chrono::milliseconds{1});
    CAF_REQUIRE(!said.has_value());
    CAF_CHECK(said.error() == errc::invalid_argument);
    CAF_CHECK_EQUAL(said.error().detail.substr(0, one.name.size() + 1), std::string{one.name} + ":");
  }
}
