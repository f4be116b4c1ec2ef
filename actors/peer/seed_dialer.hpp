// Finds a first node of the cluster for one that knows nobody in it: dials seeds, one after the other, without knowing who
// is there. Who answers is given to the link with that node, which goes on as if it had dialed. Lives as long as the gate.
#pragma once

#include "actors/peer/door.hpp"
#include "actors/peer/seed_search.hpp"
#include "runtime/base/random.hpp"

#include <memory>

#include <caf/all.hpp>

namespace troupe::peer {

struct link_environment;

/// Replaces those of before; none: an end of it.
struct seeds_wanted {
  std::vector<seed_address> seeds;
};

/// What came of dialing a seed: a node that answered, or why none did.
struct seed_outcome {
  attempt_id attempt = 0;
  node_id node = any_node;
  std::string why;
  bool turned_away = false;
};

/// INTERNAL: dial the next one, unless something else has happened since.
struct seed_due {
  std::uint64_t number = 0;
};
/// INTERNAL: a name was looked up.
struct seed_resolved {
  std::uint64_t number = 0;
  result<std::vector<socket_address>> addresses;
};

using seed_dialer_actor = caf::typed_actor<caf::reacts_to<seeds_wanted>, caf::reacts_to<seed_outcome>,
                                           caf::reacts_to<seed_due>, caf::reacts_to<seed_resolved>>;

class seed_dialer_state {
public:
  static inline const char* name = "seed_dialer";

  explicit seed_dialer_state(seed_dialer_actor::pointer self) : self_(self) {}

  void start(std::shared_ptr<const link_environment> environment);
  void want(const seeds_wanted& wanted);
  void on_outcome(const seed_outcome& outcome);
  void on_due(seed_due message);
  void on_resolved(seed_resolved& message);

private:
  void dial();
  void failed(const std::string& why, bool turned_away);
  void dial_later(std::int64_t wait_ms);

  seed_dialer_actor::pointer self_;
  std::shared_ptr<const link_environment> environment_;
  seed_search search_;
  random_source random_{0};
  attempt_id dialing_ = 0;   ///< 0: none
  std::uint64_t number_ = 0; ///< the newest seed_due or seed_resolved that counts
  std::int64_t retry_ms_ = 0;
};

seed_dialer_actor::behavior_type seed_dialer(seed_dialer_actor::stateful_pointer<seed_dialer_state> self,
                                             std::shared_ptr<const link_environment> environment);

} // namespace troupe::peer

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::seeds_wanted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::seed_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::seed_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::seed_resolved)
