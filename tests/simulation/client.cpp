#include "tests/simulation/client.hpp"

#include "runtime/wire/error_code.hpp"

namespace troupe::simulation {

client::client(const world_parts& world, std::string name, std::uint64_t seed)
    : world_(world), random_(seed), wire_(world.node, world.report, seed ^ 0x717e), name_(std::move(name)) {}

void client::step() {
  auto now = world_.clock.ms();
  if (!connected_) {
    if (now < connect_at_ms_ || !wire_.connect())
      return;
    connected_ = true;
    waiting_since_ms_ = now;
    on_connected();
    return;
  }
  if (auto came = wire_.receive()) {
    waiting_since_ms_ = now;
    on_answer(*came);
    return;
  }
  if (wire_.unanswered() == 0)
    waiting_since_ms_ = now;
  if (wire_.was_cut() || now - waiting_since_ms_ > patience_ms)
    disconnect();
  else
    act();
}

void client::disconnect() {
  if (!connected_)
    return;
  note("disconnected");
  wire_.drop();
  connected_ = false;
  connect_at_ms_ = world_.clock.ms() + static_cast<std::int64_t>(random_.below(50));
  on_disconnected();
}

snapshot client::look(const place& where) {
  auto& facts = world_.known.facts(where);
  return {facts.acknowledged_end, facts.high_watermark, facts.log_start};
}

std::string error_name(std::int16_t code) { return wire::name(static_cast<wire::error_code>(code)); }

} // namespace troupe::simulation
