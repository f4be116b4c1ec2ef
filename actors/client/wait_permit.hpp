// Who may wait at a producer's gate. One of a system's scheduler threads has to stay free: if all of them waited, no
// producer would get on, and all would wait in vain.
#pragma once

#include <caf/fwd.hpp>

namespace troupe::client {

/// Held while a thread waits.
class wait_permit {
public:
  /// `of`: the execution unit of the actor that sends. Null, or one of the actor's own: the thread is none of a
  /// scheduler's, and gets a permit.
  explicit wait_permit(caf::execution_unit* of);
  ~wait_permit();
  wait_permit(const wait_permit&) = delete;
  wait_permit& operator=(const wait_permit&) = delete;

  explicit operator bool() const noexcept { return is_given_; }

private:
  bool is_given_ = true;
  const caf::actor_system* counted_ = nullptr; ///< where it is one of those that wait
};

} // namespace troupe::client
