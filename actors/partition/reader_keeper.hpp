// Stands in front of the reader for everybody who reads: passes orders on, and when the reader dies starts another one
// and hands it what was not done yet. The order that the reader died of is answered with an error, not tried again.
#pragma once

#include "actors/interface/supervision_log.hpp"
#include "actors/partition/reader.hpp"
#include "runtime/base/restart_backoff.hpp"

#include <deque>
#include <functional>
#include <variant>

namespace troupe {

/// Makes a reader that sends order_done to its keeper after each order, and ends with it.
using make_reader = std::function<reader_actor(reader_keeper_actor keeper)>;

class reader_keeper_state {
public:
  static inline const char* name = "reader_keeper";

  using task = std::variant<read_order, search_order, stamp_order>;

  explicit reader_keeper_state(reader_keeper_actor::pointer self) : self_(self) {}

  void start(make_reader make, supervision_log_ptr supervision);
  void take(task order);
  void forget(const partitions_forgotten& message);
  void done();
  void restart();
  void on_down(const caf::down_msg& down);

private:
  void employ();
  void hand_out(const task& order);
  void give_up(task& order);

  reader_keeper_actor::pointer self_;
  make_reader make_;
  supervision_log_ptr supervision_;
  reader_actor worker_; ///< null while it is dead
  std::deque<task> open_; ///< what the worker was given, or will be, in order
  restart_backoff backoff_;
};

reader_keeper_actor::behavior_type reader_keeper(reader_keeper_actor::stateful_pointer<reader_keeper_state> self,
                                                 make_reader make, supervision_log_ptr supervision);

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::make_reader)
