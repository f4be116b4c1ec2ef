// The test's own client of a cluster: one question at a time, its answer left where the test finds it.
#pragma once

#include "actors/interface/cluster_access.hpp"

#include <memory>
#include <optional>
#include <string>

namespace troupe::testing {

/// What has been answered, shared with the test.
struct test_answers {
  view_ptr view;
  std::optional<controller_reply> controller;
  std::optional<append_reply> append;
  std::optional<fetch_reply> fetch;
};

using test_reader_actor = partition_client::extend<caf::reacts_to<controller_reply>, caf::reacts_to<view_update>>;

struct test_reader_state {
  static inline const char* name = "test_reader";

  test_reader_state() = default; // no aggregate: CAF would pass itself as the first member

  std::shared_ptr<test_answers> answers;
};

test_reader_actor::behavior_type test_reader(test_reader_actor::stateful_pointer<test_reader_state> self,
                                             std::shared_ptr<test_answers> answers);

} // namespace troupe::testing
