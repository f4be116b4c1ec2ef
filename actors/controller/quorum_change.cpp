#include "actors/controller/quorum_change.hpp"

#include <algorithm>
#include <chrono>

namespace troupe {

namespace {

constexpr auto change_retry_after = std::chrono::milliseconds{100};
/// Less than the time that a question to the controller has (controller_access_settings): the reason is to
/// come through.
constexpr std::int32_t change_max_ms = 9'000;

} // namespace

void quorum_changer_state::start(raft_driver_actor raft, request_tag tag, controller_client reply_to,
                                 metadata::change_quorum what) {
  raft_ = std::move(raft);
  tag_ = tag;
  reply_to_ = std::move(reply_to);
  what_ = what;
  self_->delayed_send(self_, std::chrono::milliseconds{std::clamp(what.timeout_ms, 1, change_max_ms)},
                      quorum_change_due{true});
  ask();
}

void quorum_changer_state::ask() {
  self_->send(raft_, quorum_change{tag_, what_.node, what_.adds, self_, raft::disk_id{what_.disk},
                                   what_.when_committed});
}

void quorum_changer_state::on_reply(const quorum_change_reply& reply) {
  if (reply.code == errc::busy) {
    busy_with_ = reply.why;
    self_->delayed_send(self_, change_retry_after, quorum_change_due{});
  } else if (reply.code == errc::not_leader) {
    answer(errc::not_leader, {});
  } else {
    answer(errc::none, {reply.code, reply.why});
  }
}

void quorum_changer_state::on_due(quorum_change_due due) {
  if (due.gives_up)
    answer(errc::none, {errc::timed_out, busy_with_});
  else
    ask();
}

void quorum_changer_state::answer(errc code, error why) {
  self_->send(reply_to_, controller_reply{tag_, code, metadata::change_quorum_reply{std::move(why)}, {}});
  self_->quit();
}

quorum_changer_actor::behavior_type
quorum_changer(quorum_changer_actor::stateful_pointer<quorum_changer_state> self, raft_driver_actor raft,
               request_tag tag, controller_client reply_to, metadata::change_quorum what) {
  auto* state = &self->state;
  state->start(std::move(raft), tag, std::move(reply_to), what);
  return {
      [state](const quorum_change_reply& m) { state->on_reply(m); },
      [state](quorum_change_due m) { state->on_due(m); },
  };
}

} // namespace troupe
