#include "actors/testing/test_reader.hpp"

namespace troupe::testing {

test_reader_actor::behavior_type test_reader(test_reader_actor::stateful_pointer<test_reader_state> self,
                                             std::shared_ptr<test_answers> answers) {
  self->state.answers = std::move(answers);
  auto& found = *self->state.answers;
  return {
      [&found](append_reply& m) { found.append = std::move(m); },
      [&found](fetch_reply& m) { found.fetch = std::move(m); },
      [](const fetch_wakeup&) {},
      [](const list_offset_reply&) {},
      [](const epoch_end_reply&) {},
      [&found](controller_reply& m) { found.controller = std::move(m); },
      [&found](const view_update& m) { found.view = m.view; },
  };
}

} // namespace troupe::testing
