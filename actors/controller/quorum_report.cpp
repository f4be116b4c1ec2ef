#include "actors/controller/quorum_report.hpp"

namespace troupe {

namespace {

/// Offsets are those behind the last entry, as Kafka counts.
std::int64_t end_of(raft::log_index last) { return static_cast<std::int64_t>(last.value()) + 1; }

metadata::describe_quorum_reply report_of(const quorum_view& view, std::int64_t wall_ms) {
  metadata::describe_quorum_reply told;
  told.leader = view.leader.leader;
  told.epoch = static_cast<std::int32_t>(view.leader.term.value());
  told.high_watermark = end_of(view.committed);
  for (auto& node : view.nodes) {
    auto& member = told.members.emplace_back();
    member.node = node.node;
    member.votes = node.votes;
    member.disk = node.disk.value();
    member.log_end = end_of(node.match);
    member.last_heard_ms = wall_ms - node.silent_ticks * raft_tick_ms;
    member.caught_up_ms = node.match >= view.committed ? member.last_heard_ms : -1;
  }
  return told;
}

} // namespace

quorum_client::behavior_type quorum_report(quorum_client::pointer self, raft_driver_actor raft, request_tag tag,
                                           controller_client reply_to, std::int64_t wall_ms) {
  self->send(raft, quorum_question{tag, self});
  return {
      [self, reply_to = std::move(reply_to), wall_ms](const quorum_view& view) {
        self->send(reply_to, controller_reply{view.tag, errc::none, report_of(view, wall_ms), {}});
        self->quit();
      },
  };
}

} // namespace troupe
