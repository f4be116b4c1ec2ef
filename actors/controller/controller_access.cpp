#include "actors/controller/controller_access.hpp"

#include "runtime/metadata/commands_archive.hpp"

#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

/// Between two tries while nobody is known to lead, or the one that does is not ready yet.
constexpr auto ask_again_after = std::chrono::milliseconds{10};
/// Of this node's actors, and of all other nodes together.
constexpr std::size_t questions_max = 10'000;

} // namespace

void controller_access_state::start(controller_access_settings settings) {
  settings_ = std::move(settings);
  if (settings_.gate)
    self_->send(settings_.gate, peer_subscription{peer_service::controller, self_});
  else
    leader_ = settings_.self;
}

// --- this node's questions ---

void controller_access_state::ask(controller_request& request) {
  if (questions_.size() >= questions_max) {
    self_->send(request.reply_to, controller_reply{request.tag, errc::busy, {}, {}});
    return;
  }
  auto give_up_ns = settings_.clock->monotonic_ns() + settings_.deadline_ms * ns_per_ms;
  auto id = next_id_++;
  auto& question = questions_[id];
  question.request = std::move(request);
  question.give_up_ns = give_up_ns;
  dispatch(id, question);
  refuse_too_large();
  arm();
}

// What cannot be sent today cannot be sent tomorrow.
void controller_access_state::refuse_too_large() {
  for (auto id : std::exchange(too_large_, {}))
    answer(id, {{}, errc::too_large, {}, {}});
}

void controller_access_state::dispatch(std::uint64_t id, question& of) {
  of.asked = leader_;
  if (leader_ == settings_.self) {
    self_->send(settings_.local, controller_request{{id, 0}, of.request.what, self_});
  } else if (leader_ != raft::no_node) {
    auto message = metadata::encode(metadata::command_message{id, of.request.what});
    if (message)
      self_->send(settings_.gate, peer_send{leader_, peer_service::controller, std::move(*message), {}});
    else
      too_large_.push_back(id);
  }
}

void controller_access_state::answer(std::uint64_t id, controller_reply reply) {
  auto found = questions_.find(id);
  if (found == questions_.end())
    return; // given up
  reply.tag = found->second.request.tag;
  self_->send(found->second.request.reply_to, std::move(reply));
  questions_.erase(found);
}

void controller_access_state::on_reply(controller_reply& reply) {
  auto id = reply.tag.request;
  if (auto foreign = foreign_.find(id); foreign != foreign_.end()) {
    answer_peer(foreign->second, reply);
    foreign_.erase(foreign);
  } else {
    on_answer(settings_.self, id, std::move(reply));
  }
}

// Who does not lead any more, or not yet, has done nothing: the question waits for the next try.
void controller_access_state::on_answer(node_id from, std::uint64_t id, controller_reply reply) {
  auto found = questions_.find(id);
  if (found == questions_.end())
    return;
  if (reply.code != errc::not_leader)
    answer(id, std::move(reply));
  else if (found->second.asked == from)
    found->second.asked = raft::no_node;
}

void controller_access_state::on_leader(const quorum_leader& message) {
  if (!settings_.gate || message.leader == leader_)
    return;
  leader_ = message.leader;
  for (auto& [id, question] : questions_)
    if (question.asked != leader_ && leader_ != raft::no_node)
      dispatch(id, question);
  refuse_too_large();
}

void controller_access_state::arm() {
  if (!questions_.empty() && !std::exchange(armed_, true))
    self_->delayed_send(self_, ask_again_after, look_at_questions{});
}

void controller_access_state::look_again() {
  armed_ = false;
  auto now_ns = settings_.clock->monotonic_ns();
  while (!questions_.empty() && questions_.begin()->second.give_up_ns <= now_ns)
    answer(questions_.begin()->first, {{}, errc::timed_out, {}, {}});
  for (auto& [id, question] : questions_)
    if (question.asked == raft::no_node)
      dispatch(id, question);
  refuse_too_large();
  arm();
}

// --- the other nodes ---

void controller_access_state::on_peer(const peer_received& message) {
  auto read = metadata::decode_controller_message(message.head.view());
  if (!read)
    spdlog::error("controller_access: node {} sent what cannot be understood: {}", message.from.value(),
                  read.error().message());
  else if (auto* command = std::get_if<metadata::command_message>(&*read))
    on_question(message, command->correlation, std::move(command->what));
  else if (auto* reply = std::get_if<metadata::reply_message>(&*read))
    on_answer(message.from, reply->correlation, {{}, reply->code, std::move(reply->what), reply->version});
}

void controller_access_state::on_question(const peer_received& message, std::uint64_t correlation,
                                          metadata::command what) {
  foreign_question from{message.from, correlation};
  if (leader_ != settings_.self || foreign_.size() >= questions_max) {
    answer_peer(from, {{}, leader_ == settings_.self ? errc::busy : errc::not_leader, {}, {}});
    return;
  }
  auto id = next_id_++;
  foreign_[id] = from;
  self_->send(settings_.local, controller_request{{id, 0}, std::move(what), self_});
}

void controller_access_state::answer_peer(const foreign_question& to, const controller_reply& reply) {
  auto message = metadata::encode(metadata::reply_message{to.correlation, reply.code, leader_, reply.version, reply.what});
  if (!message)
    message = metadata::encode(metadata::reply_message{to.correlation, errc::too_large, leader_, reply.version, {}});
  self_->send(settings_.gate, peer_send{to.from, peer_service::controller, std::move(*message), {}});
}

// Answers that were under way from there do not come any more.
void controller_access_state::on_peer_status(const peer_status& status) {
  if (status.connected) {
    last_seen_[status.node] = status.incarnation;
    self_->send(settings_.local, node_heard{status.node, true, 0});
    return;
  }
  if (status.silent_ms >= 0)
    self_->send(settings_.local, node_heard{status.node, false, status.silent_ms});
  // Where nobody listens any more, the process that did is dead: its broker need not miss heartbeats first.
  if (status.refused) {
    auto known = last_seen_.find(status.node);
    self_->send(settings_.local, process_ended{status.node, known == last_seen_.end() ? std::optional<std::uint64_t>{}
                                                                                      : known->second.value()});
  }
  std::erase_if(foreign_, [&](auto& entry) { return entry.second.from == status.node; });
  for (auto& [id, question] : questions_)
    if (question.asked == status.node)
      question.asked = raft::no_node;
}

controller_access_actor::behavior_type
controller_access(controller_access_actor::stateful_pointer<controller_access_state> self,
                  controller_access_settings settings) {
  auto* state = &self->state;
  state->start(std::move(settings));
  return {
      [state](controller_request& m) { state->ask(m); },
      [state](controller_reply& m) { state->on_reply(m); },
      [state](const quorum_leader& m) { state->on_leader(m); },
      [state](const peer_received& m) { state->on_peer(m); },
      [state](const peer_status& m) { state->on_peer_status(m); },
      [state](look_at_questions) { state->look_again(); },
  };
}

} // namespace troupe
