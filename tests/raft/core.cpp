#define CAF_SUITE core
#include "caf/test/unit_test.hpp"

#include "runtime/raft/core.hpp"

using namespace troupe;
using namespace troupe::raft;

namespace {

config lone() {
  config c;
  c.self = node_id{1};
  c.voters = {node_id{1}};
  return c;
}

config one_of_three() {
  auto c = lone();
  c.voters = {node_id{1}, node_id{2}, node_id{3}};
  return c;
}

message letter(message_type type, int from, std::uint64_t of) {
  message m;
  m.type = type;
  m.from = node_id{from};
  m.to = node_id{1};
  m.term = term{of};
  return m;
}

/// A member that knows of the others; all have the disk 0.
raft_core member_of(config c, restored from = {}) {
  if (from.snap.members.empty())
    for (auto node : c.voters)
      from.snap.members.voters.push_back({node, c.disk});
  return raft_core{std::move(c), std::move(from)};
}

bytes text(std::string_view s) { return bytes::copy_of(s); }

void work_off(raft_core& core) {
  while (core.has_ready()) {
    core.take_ready();
    core.advance();
  }
}

} // namespace

CAF_TEST(a node that joins asks whoever it meets and founds nothing) {
  auto c = lone();
  c.voters.clear();
  raft_core core{c, {}};
  core.tick();
  CAF_CHECK(!core.has_ready()); // nobody to ask
  core.met(node_id{3});
  core.met(node_id{3});
  core.met(node_id{5});
  core.tick();
  CAF_REQUIRE(core.has_ready());
  auto asked = core.take_ready().messages;
  CAF_REQUIRE_EQUAL(asked.size(), 2u);
  for (auto& m : asked)
    CAF_CHECK(m.type == message_type::observe_request && !m.blank);
  CAF_CHECK_EQUAL(asked[0].to.value(), 3);
  CAF_CHECK_EQUAL(asked[1].to.value(), 5);
  core.advance();
  CAF_CHECK(!core.awaits_vote() && !core.votes());
}

CAF_TEST(a node that founds a group asks nobody else) {
  raft_core core{one_of_three(), {}};
  core.met(node_id{7});
  core.tick();
  CAF_REQUIRE(core.has_ready());
  for (auto& m : core.take_ready().messages)
    CAF_CHECK(m.to.value() <= 3 && m.blank);
}

CAF_TEST(a lone voter leads at once and commits when its own disk has it) {
  raft_core core{lone(), {}};
  CAF_CHECK(core.is_leader());
  auto first = core.take_ready();
  CAF_REQUIRE(first.state && first.changed);
  CAF_CHECK_EQUAL(first.state->current.value(), 1u);
  CAF_CHECK_EQUAL(first.state->vote.value(), 1);
  CAF_CHECK(first.changed->role == role::leader);
  CAF_REQUIRE_EQUAL(first.entries.size(), 1u);
  CAF_CHECK(first.entries[0].kind == entry_kind::members); // what it begins with is written down
  CAF_CHECK(first.committed.empty() && first.messages.empty());
  // Proposals that come while the disk is busy share the next round.
  CAF_CHECK_EQUAL(core.propose(text("a"))->index.value(), 2u);
  CAF_CHECK_EQUAL(core.propose(text("b"))->index.value(), 3u);
  CAF_CHECK(!core.has_ready());
  core.advance();
  auto second = core.take_ready();
  CAF_CHECK_EQUAL(second.entries.size(), 2u);
  CAF_REQUIRE_EQUAL(second.committed.size(), 1u);
  CAF_CHECK(second.committed[0].kind == entry_kind::members);
  CAF_CHECK(!second.changed);
  core.advance();
  auto third = core.take_ready();
  CAF_CHECK(third.entries.empty() && !third.state); // a commit alone is not worth a write
  CAF_REQUIRE_EQUAL(third.committed.size(), 2u);
  CAF_CHECK_EQUAL(third.committed[1].payload.view(), "b");
  core.advance();
  CAF_CHECK(!core.has_ready());
  for (int i = 0; i < 100; ++i)
    core.tick();
  CAF_CHECK(core.is_leader() && !core.has_ready());
}

CAF_TEST(a lone voter that starts again has all it had in a new term) {
  restored from;
  from.state = {term{3}, node_id{1}, log_index{1}};
  from.entries = {{{term{1}, log_index{1}}, text("a")}, {{term{3}, log_index{2}}, text("b")}};
  raft_core core{lone(), from};
  CAF_CHECK_EQUAL(core.current().term.value(), 4u);
  auto first = core.take_ready();
  CAF_CHECK_EQUAL(first.committed.size(), 1u);
  CAF_CHECK_EQUAL(first.entries.size(), 1u);
  core.advance();
  auto second = core.take_ready();
  CAF_REQUIRE_EQUAL(second.committed.size(), 2u);
  CAF_CHECK_EQUAL(second.committed[0].payload.view(), "b");
  CAF_CHECK(second.committed[1].kind == entry_kind::members); // a log without one is of a lone voter
  core.advance();
  core.compact(core.snapshot_at({term{3}, log_index{2}}, text("state")));
  CAF_CHECK(core.log().base().members == core.members());
}

CAF_TEST(a snapshot takes the place of what it covers) {
  raft_core core{lone(), {}};
  core.propose(text("a"));
  core.propose(text("b"));
  work_off(core);
  core.compact(core.snapshot_at({term{1}, log_index{2}}, text("state")));
  CAF_CHECK_EQUAL(core.first_index().value(), 3u);
  CAF_CHECK_EQUAL(core.last_index().value(), 3u);
  restored from;
  from.state = {term{1}, node_id{1}, log_index{0}};
  from.snap = {{term{1}, log_index{2}}, text("state"), {{{node_id{1}, disk_id{0}}}, {}}};
  from.entries = {{{term{1}, log_index{3}}, text("b")}};
  raft_core again{lone(), from};
  CAF_CHECK_EQUAL(again.commit_index().value(), 2u);
  again.take_ready();
  again.advance();
  CAF_CHECK_EQUAL(again.take_ready().committed.size(), 2u);
}

CAF_TEST(proposals are refused by name) {
  auto follower = member_of(one_of_three());
  CAF_CHECK(follower.propose(text("a")).error().code == errc::not_leader);
  auto small = lone();
  small.uncommitted_max_bytes = 10;
  raft_core leader{small, {}};
  CAF_CHECK(leader.propose({}).error().code == errc::invalid_argument);
  CAF_CHECK(leader.propose(text("longer than ten bytes")).has_value()); // one always goes
  CAF_CHECK(leader.propose(text("a")).error().code == errc::busy);
  work_off(leader);
  CAF_CHECK(leader.propose(text("a")).has_value());
}

CAF_TEST(letters to others and from oneself are ignored) {
  auto core = member_of(one_of_three());
  core.step(letter(message_type::append_request, 1, 9));
  core.step(letter(message_type::append_request, -1, 9));
  auto misled = letter(message_type::append_request, 2, 9);
  misled.to = node_id{3};
  core.step(misled);
  CAF_CHECK_EQUAL(core.current().term.value(), 0u);
  CAF_CHECK(!core.has_ready());
}

CAF_TEST(a node votes once in a term and remembers it) {
  auto core = member_of(one_of_three());
  core.step(letter(message_type::vote_request, 2, 1));
  auto round = core.take_ready();
  CAF_REQUIRE(round.state.has_value());
  CAF_CHECK_EQUAL(round.state->vote.value(), 2);
  CAF_CHECK(!round.messages.at(0).rejected);
  core.advance();
  restored from;
  from.state = *round.state;
  auto again = member_of(one_of_three(), from);
  again.step(letter(message_type::vote_request, 3, 1));
  CAF_CHECK(again.take_ready().messages.at(0).rejected);
  again.advance();
  again.step(letter(message_type::vote_request, 2, 1)); // the answer may have got lost
  CAF_CHECK(!again.take_ready().messages.at(0).rejected);
}

CAF_TEST(a node that hears its leader does not listen to candidates) {
  auto core = member_of(one_of_three());
  core.step(letter(message_type::heartbeat_request, 2, 1));
  work_off(core);
  core.step(letter(message_type::vote_request, 3, 7));
  core.step(letter(message_type::pre_vote_request, 3, 7));
  CAF_CHECK_EQUAL(core.current().term.value(), 1u);
  CAF_CHECK(!core.has_ready());
}

CAF_TEST(a pre vote changes neither term nor vote) {
  auto core = member_of(one_of_three());
  core.step(letter(message_type::pre_vote_request, 3, 7));
  auto round = core.take_ready();
  CAF_CHECK(!round.state && round.entries.empty());
  CAF_CHECK(!round.messages.at(0).rejected);
  CAF_CHECK_EQUAL(round.messages.at(0).term.value(), 7u);
  CAF_CHECK_EQUAL(core.current().term.value(), 0u);
}

CAF_TEST(old leaders are told of the newer term) {
  restored from;
  from.state.current = term{5};
  auto core = member_of(one_of_three(), from);
  core.step(letter(message_type::append_request, 2, 4));
  auto round = core.take_ready();
  CAF_REQUIRE_EQUAL(round.messages.size(), 1u);
  CAF_CHECK_EQUAL(round.messages[0].term.value(), 5u);
}

CAF_TEST(a commit index beyond the log waits for the entries) {
  auto core = member_of(one_of_three());
  auto m = letter(message_type::append_request, 2, 1);
  m.entries = {{{term{1}, log_index{1}}, text("a")}};
  m.commit = log_index{5};
  core.step(m);
  auto round = core.take_ready();
  CAF_CHECK_EQUAL(round.entries.size(), 1u);
  CAF_CHECK_EQUAL(round.committed.size(), 1u);
  CAF_CHECK_EQUAL(core.commit_index().value(), 1u);
}

CAF_TEST(an older terms entry is not committed by counting) {
  restored from;
  from.state = {term{1}, no_node, log_index{0}};
  from.entries = {{{term{1}, log_index{1}}, text("old")}};
  auto core = member_of(one_of_three(), from);
  for (int i = 0; i < 20; ++i)
    core.tick();
  core.step(letter(message_type::pre_vote_reply, 2, 2));
  core.step(letter(message_type::vote_reply, 2, 2));
  CAF_REQUIRE(core.is_leader());
  work_off(core); // its own empty entry is at 2
  auto held = letter(message_type::append_reply, 2, 2);
  held.log.index = log_index{1};
  core.step(held);
  CAF_CHECK_EQUAL(core.commit_index().value(), 0u);
  held.log.index = log_index{2};
  core.step(held);
  CAF_CHECK_EQUAL(core.commit_index().value(), 2u);
}

CAF_TEST(nobody can hold more than the leader has sent) {
  auto core = member_of(one_of_three());
  for (int i = 0; i < 20; ++i)
    core.tick();
  core.step(letter(message_type::pre_vote_reply, 2, 1));
  core.step(letter(message_type::vote_reply, 2, 1));
  work_off(core);
  auto held = letter(message_type::append_reply, 2, 1);
  held.log.index = log_index{99};
  core.step(held);
  CAF_CHECK_EQUAL(core.commit_index().value(), 0u);
}

CAF_TEST(a member that was voted for twice by one node has one vote) {
  auto c = lone();
  c.voters = {node_id{1}, node_id{2}, node_id{3}, node_id{4}, node_id{5}};
  auto core = member_of(c);
  for (int i = 0; i < 20; ++i)
    core.tick();
  core.step(letter(message_type::pre_vote_reply, 2, 1));
  core.step(letter(message_type::pre_vote_reply, 2, 1));
  CAF_CHECK(core.current().role == role::pre_candidate);
  core.step(letter(message_type::pre_vote_reply, 3, 1));
  CAF_CHECK(core.current().role == role::candidate);
}

CAF_TEST(what is stored as committed is durable before the round that says so) {
  auto core = member_of(one_of_three());
  auto m = letter(message_type::append_request, 2, 1);
  m.entries = {{{term{1}, log_index{1}}, text("a")}};
  m.commit = log_index{1};
  core.step(m);
  auto first = core.take_ready();
  CAF_CHECK_EQUAL(first.state.value().commit.value(), 0u);
  CAF_CHECK_EQUAL(first.committed.size(), 1u);
  core.advance();
  auto s = letter(message_type::snapshot_request, 2, 2);
  s.piece = snapshot_piece{{term{2}, log_index{9}}, {}, 5, 0, text("state")};
  core.step(s);
  auto second = core.take_ready();
  CAF_CHECK(second.install.has_value());
  CAF_CHECK_EQUAL(second.state.value().current.value(), 2u);
  CAF_CHECK(second.state.value().commit.value() <= 1u);
  core.advance();
  auto next = letter(message_type::append_request, 2, 2);
  next.log = {term{2}, log_index{9}};
  next.entries = {{{term{2}, log_index{10}}, text("b")}};
  core.step(next);
  CAF_CHECK_EQUAL(core.take_ready().state.value().commit.value(), 9u);
}
