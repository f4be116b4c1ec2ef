// Where native clients may live: before a node in virtual time, inside a node's process, elsewhere.
#pragma once

#include "actors/interface/cluster_access.hpp"

#include <functional>
#include <memory>
#include <vector>

#include <caf/all.hpp>

namespace troupe::test {

class place {
public:
  virtual ~place() = default;

  virtual const char* name() const = 0;
  virtual caf::actor_system& system() = 0;
  virtual const cluster_access& access() const = 0;
  /// False: it was not so within a minute.
  virtual bool wait_until(const std::function<bool()>& done) = 0;
};

/// Each with a node of its own, which runs.
std::unique_ptr<place> virtual_place();
std::unique_ptr<place> embedded_place();
std::unique_ptr<place> remote_place();

} // namespace troupe::test
