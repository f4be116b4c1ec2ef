// Where a simulated client's connections lead: to the node of a simulation, or to one of several.
#pragma once

#include "tests/simulation/session_host.hpp"

namespace troupe::simulation {

class connector {
public:
  virtual ~connector() = default;

  /// A new connection; null while the node is not ready.
  virtual pipe_ptr connect() = 0;
  /// The client has written, read or left.
  virtual void moved(const pipe_ptr& connection) = 0;
};

} // namespace troupe::simulation
