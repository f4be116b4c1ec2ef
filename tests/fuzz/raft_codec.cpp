// Messages of the consensus core, as they come. What decodes must encode to the same, and a member that gets it must
// survive it, in whatever role the message finds it.
#include "runtime/raft/codec.hpp"
#include "runtime/raft/core.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <memory>

using namespace troupe;
using namespace troupe::raft;

namespace {

raft_core make_member(std::uint8_t shape) {
  config c;
  c.self = node_id{1};
  c.voters = {node_id{1}, node_id{2}, node_id{3}};
  c.election_ticks = 3;
  restored from;
  if (shape % 4 != 0) // else it is blank
    from.snap.members = {{{node_id{shape % 4 == 1 ? 9 : 1}, {}}, {node_id{12}, {}}, {node_id{13}, {}}}, {}};
  return raft_core{c, from};
}

void work_off(raft_core& core) {
  for (int rounds = 0; rounds < 10 && core.has_ready(); ++rounds) {
    for (auto& m : core.take_ready().messages)
      CHECK(decode(encode(m)).has_value(), "what a member says can be read");
    core.advance();
  }
}

void check(const bytes& frame, raft_core& core) {
  auto m = decode(frame);
  if (!m)
    return;
  CHECK(encode(*m) == frame);
  // Two leaders of one term, or one that takes back what is committed, are a broken promise and not bad input.
  auto leads = m->type == message_type::append_request || m->type == message_type::snapshot_request
               || m->type == message_type::heartbeat_request;
  m->to = node_id{1};
  if (leads)
    m->from = node_id{static_cast<std::int32_t>(2 + m->term.value() % 2)};
  core.step(std::move(*m));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  check(bytes::copy_of(in.rest()), *std::make_unique<raft_core>(make_member(1)));
  auto core = make_member(in.number<std::uint8_t>());
  while (!in.empty()) {
    auto ticks = in.number<std::uint8_t>() % 8;
    for (; ticks > 0; --ticks)
      core.tick();
    auto length = in.number<std::uint8_t>();
    check(bytes::copy_of(in.text(length)), core);
    work_off(core);
  }
  return 0;
}
