#include "actors/admin/health.hpp"

#include <nlohmann/json.hpp>

namespace troupe::admin {

std::string_view name(node_phase phase) noexcept {
  switch (phase) {
  case node_phase::starting:
    return "starting";
  case node_phase::ready:
    return "ready";
  case node_phase::stopping:
    return "stopping";
  }
  return {};
}

std::optional<http_response> health_page(const admin_environment& environment, const http_request& request) {
  auto asks_for_all = request.path == "/health";
  auto asks_for_ready = asks_for_all || request.path == "/health/ready";
  if (!asks_for_ready && request.path != "/health/live")
    return std::nullopt;
  // Whoever can say so lives: what could not be repaired would have ended the process.
  auto phase = environment.phase->load();
  auto ready = phase == node_phase::ready;
  auto waiting = environment.supervision->count().waiting;
  nlohmann::json body{{"live", true}};
  if (asks_for_ready)
    body["ready"] = ready;
  if (asks_for_all) {
    body["status"] = ready && waiting > 0 ? "degraded" : name(phase);
    body["node"] = environment.self.value();
    body["restarting"] = waiting;
  }
  return http_response{asks_for_ready && !ready ? 503u : 200u, "application/json", body.dump() + "\n"};
}

} // namespace troupe::admin
