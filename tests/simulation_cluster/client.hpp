// What all clients of a cluster have in common: a connection to each node as needed, metadata from any of them, and a
// deadline for answers.
#pragma once

#include "runtime/wire/metadata.hpp"
#include "tests/simulation/checker.hpp"
#include "tests/simulation/wire_client.hpp"
#include "tests/simulation_cluster/checker.hpp"
#include "tests/simulation_cluster/member.hpp"
#include "tests/simulation_cluster/told.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::simulation::cluster {

/// Versions in which clients say which epoch they mean, and name topics.
constexpr wire::api_version fetch_epochs_since = 9;
constexpr wire::api_version fetch_by_name_max = 12;
constexpr wire::api_version list_epochs_since = 4;
constexpr wire::api_version list_max_timestamp_since = 7;

using members = std::vector<std::unique_ptr<member>>;

/// What a client works with; outlives it.
struct world_parts {
  members& nodes;
  const virtual_clock& clock;
  ledger& known;
  told_by_epoch& told;
  simulation::judge& checks;
  judge& cluster_checks;
  history& report;
  const plan& drawn;
};

class client {
public:
  client(const world_parts& world, std::string name, std::uint64_t seed);
  virtual ~client() = default;

  /// Whether there is something to do now: an answer has come, or it is time.
  bool wants_turn() const;
  std::int64_t next_ms() const { return next_ms_; }
  void step();
  /// One of its connections breaks.
  void lose_a_connection();
  /// Nothing new is to be begun from now on.
  virtual void finish() { finishing_ = true; }
  /// Nothing is under way any more.
  virtual bool is_done() const = 0;
  const std::string& name() const { return name_; }
  virtual std::string status() const { return {}; }

protected:
  /// Where a partition's leader is, as far as is known.
  struct route {
    int node = -1; ///< its place in the plan; -1: nobody
    std::int32_t epoch = -1;
  };
  using request_name = std::pair<int, std::int32_t>; ///< node, correlation id

  virtual void on_answer(int node, const answer& from) = 0;
  /// The connection to the node broke: what was asked on it will not be answered.
  virtual void on_lost(int node) = 0;
  virtual void act() = 0;

  route route_to(const place& where) const;
  /// Null while there is no connection.
  wire_client* link_to(int node);
  /// A connection to any broker.
  int any_node();
  /// The routes that are known are not good.
  void routes_are_stale() { stale_ = true; }
  std::size_t unanswered(int node) const { return links_[static_cast<std::size_t>(node)].wire.unanswered(); }
  bool waits_for_answers() const;
  /// The least that a leader may show in answers to Fetch. One whose actor has begun anew may lag behind what it has shown
  /// until its followers have spoken, as a new leader may; only of ListOffsets more is asked (KIP-207).
  snapshot shown_by_leader(const place& where, std::int32_t epoch);

  void note(const std::string& line) { world_.report.note(name_ + ": " + line); }
  void wrong(const std::string& why) { world_.report.fail(outcome::correctness, name_ + ": " + why); }

  world_parts world_;
  random_source random_;
  bool finishing_ = false;

private:
  struct link {
    link(connector& to, history& report, std::uint64_t seed) : wire(to, report, seed) {}
    wire_client wire;
    bool connected = false;
    std::int64_t connect_at_ms = 0;
    std::int64_t waiting_since_ms = 0;
  };

  void look_at(int node);
  void drop(int node);
  void refresh_routes();
  void take_routes(int node, const wire::metadata_response& said);

  std::string name_;
  std::vector<link> links_;
  std::map<place, route> routes_;
  std::int64_t next_ms_ = 0;
  std::int64_t refresh_at_ms_ = 0;
  bool stale_ = true;
  bool asking_ = false; ///< for routes
  int asked_ = -1;
};

std::string error_name(std::int16_t code);

} // namespace troupe::simulation::cluster
