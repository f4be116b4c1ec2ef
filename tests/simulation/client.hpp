// What all simulated clients have in common: a connection that comes and goes, and a deadline for answers.
#pragma once

#include "tests/simulation/checker.hpp"
#include "tests/simulation/node_host.hpp"
#include "tests/simulation/wire_client.hpp"

#include <string>

namespace troupe::simulation {

/// What a client works with; outlives it.
struct world_parts {
  node_host& node;
  const virtual_clock& clock;
  ledger& known;
  judge& checks;
  history& report;
  const plan& drawn;
};

class client {
public:
  client(const world_parts& world, std::string name, std::uint64_t seed);
  virtual ~client() = default;

  /// Does one thing, or nothing.
  void step();
  /// The connection breaks.
  void disconnect();
  /// Nothing new is to be begun from now on.
  void finish() { finishing_ = true; }
  /// Nothing is under way any more.
  virtual bool is_done() const = 0;
  const std::string& name() const { return name_; }
  /// For the report of a run that does not end.
  virtual std::string status() const { return connected_ ? "waits for answers" : "is not connected"; }

protected:
  virtual void on_connected() {}
  virtual void on_disconnected() {}
  virtual void on_answer(const answer& from) = 0;
  /// Called when there is no answer to take.
  virtual void act() = 0;

  void note(const std::string& line) { world_.report.note(name_ + ": " + line); }
  void wrong(const std::string& why) { world_.report.fail(outcome::correctness, name_ + ": " + why); }
  snapshot look(const place& where);

  world_parts world_;
  random_source random_;
  wire_client wire_;
  bool finishing_ = false;

private:
  /// A client gives a connection up when it has waited for an answer for so long.
  static constexpr std::int64_t patience_ms = 30'000;

  std::string name_;
  bool connected_ = false;
  std::int64_t connect_at_ms_ = 0;
  std::int64_t waiting_since_ms_ = 0;
};

/// "3-5: KAFKA_STORAGE_ERROR"
std::string error_name(std::int16_t code);

} // namespace troupe::simulation
