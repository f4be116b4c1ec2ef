// The gateway's control link: metadata, new topics, producer ids.
#include "actors/remote/gateway.hpp"

#include <algorithm>
#include <utility>

namespace troupe::remote {

namespace {

/// Between questions for metadata that errors call for.
constexpr auto stale_metadata_wait = std::chrono::milliseconds{50};
/// A node that says nothing for so long is left for another one; each time twice as long.
constexpr std::int64_t control_patience_ms = 1'000;
constexpr std::size_t control_misses_max = 10;

} // namespace

std::vector<server_address> gateway_state::candidates() const {
  auto all = settings_.servers;
  for (auto& [node, where] : picture_.brokers)
    if (std::find(all.begin(), all.end(), where) == all.end())
      all.push_back(where);
  return all;
}

void gateway_state::connect_control() {
  auto candidates = this->candidates();
  if (candidates.empty())
    return;
  pipeline_options options;
  options.client_id = settings_.options.client_id;
  options.connect_timeout_ms = settings_.options.connect_timeout_ms;
  options.request_timeout_ms = settings_.options.request_timeout_ms;
  // One host after the other, each time round by the next one of its addresses.
  control_ = settings_.open(self_->system(),
                            {candidates[control_count_ % candidates.size()], options,
                             control_count_ / candidates.size(), caf::actor_cast<caf::actor>(self_)});
  self_->monitor(control_);
  ++control_count_;
  expect_answer(0);
}

void gateway_state::expect_answer(std::uint64_t round) {
  auto patience_ms = std::min(control_patience_ms << std::min(control_misses_, control_misses_max),
                              settings_.options.request_timeout_ms);
  self_->delayed_send(self_, std::chrono::milliseconds{patience_ms}, answer_due{control_count_, round});
}

void gateway_state::on_answer_due(answer_due message) {
  if (!control_ || message.attempt != control_count_ || candidates().size() < 2)
    return;
  if (message.round == 0 ? !control_up_ : asking_ && message.round == round_)
    leave_control();
}

// What else it was asked may still be answered.
void gateway_state::leave_control() {
  on_trouble("a node does not answer; another one is asked");
  ++control_misses_;
  self_->demonitor(control_.address());
  self_->send(control_, link_leave{});
  lose_control();
}

void gateway_state::on_link_up(const link_up& message) {
  if (message.link != control_)
    return;
  control_up_ = true;
  refresh(false);
}

void gateway_state::on_link_trouble(const link_trouble& message) {
  on_trouble(message.why);
  if (message.link != control_)
    return;
  self_->send_exit(control_, caf::exit_reason::user_shutdown); // nobody else uses it
  lose_control();
}

void gateway_state::lose_control() {
  control_ = nullptr;
  control_up_ = false;
  asking_ = false;
  ++round_; // what was asked is not answered any more
  release(round_, errc::busy);
  self_->delayed_send(self_, backoff(control_attempt_++), control_due{});
}

void gateway_state::refresh(bool later) {
  if (!control_up_)
    return; // the first thing that the next one is asked
  if (later) {
    if (!std::exchange(refresh_sent_, true))
      self_->delayed_send(self_, stale_metadata_wait, refresh_due{true});
    return;
  }
  if (asking_) {
    ask_again_ = true;
    return;
  }
  asking_ = true;
  ask_again_ = false;
  auto round = ++round_;
  auto call = metadata_call([me = gateway_actor{self_}, round](result<wire::metadata_response> answer) {
    caf::anon_send(me, metadata_arrived{round, std::move(answer)});
  });
  self_->send(control_, link_call{std::move(call)});
  expect_answer(round);
}

void gateway_state::on_metadata(metadata_arrived& message) {
  if (message.round != round_ || !asking_)
    return;
  asking_ = false;
  if (!message.answer) {
    // The link ends and says why, unless the node does not know this question.
    if (message.answer.error().code == errc::unsupported_version)
      on_trouble("the node has no version of Metadata that is known here");
    return;
  }
  control_attempt_ = 0;
  control_misses_ = 0;
  if (!latest_ || *latest_ != *message.answer) {
    auto picture = picture_of(*message.answer, metadata::metadata_version{version_ + 1});
    if (!picture) {
      on_trouble(picture.error().message());
      return;
    }
    ++version_;
    latest_ = std::move(*message.answer);
    take(*picture);
  }
  release(message.round, errc::none);
  if (ask_again_)
    refresh(false);
}

void gateway_state::ask(const controller_request& request) {
  auto call = command_call(request.what, [me = gateway_actor{self_}, tag = request.tag,
                                          to = request.reply_to](command_outcome outcome) {
    caf::anon_send(me, command_answered{tag, to, std::move(outcome)});
  });
  if (!call)
    self_->send(request.reply_to, controller_reply{request.tag, errc::unsupported_version, {}, {}});
  else if (control_up_)
    self_->send(control_, link_call{std::move(call)});
  else
    call->refuse(errc::busy);
}

void gateway_state::on_answered(command_answered& message) {
  controller_reply reply{message.tag, message.outcome.code, std::move(message.outcome.what), {}};
  if (reply.code != errc::none) {
    self_->send(message.reply_to, std::move(reply));
    return;
  }
  if (!control_up_) {
    reply.code = errc::busy;
    self_->send(message.reply_to, std::move(reply));
    return;
  }
  // An answer that is on its way may be from before.
  parked_.push_back({round_ + 1, message.reply_to, std::move(reply)});
  refresh(false);
}

void gateway_state::release(std::uint64_t round, errc code) {
  std::vector<parked_reply> later;
  for (auto& parked : std::exchange(parked_, {})) {
    if (parked.round > round && code == errc::none) {
      later.push_back(std::move(parked));
      continue;
    }
    parked.reply.code = code;
    parked.reply.version = metadata::metadata_version{version_};
    self_->send(parked.reply_to, std::move(parked.reply));
  }
  parked_ = std::move(later);
}

void gateway_state::ask(const producer_id_request& request) {
  if (control_up_)
    self_->send(control_, link_call{producer_id_call(request)});
  else
    self_->send(request.reply_to, producer_id_reply{request.tag, errc::busy, no_producer_id});
}

} // namespace troupe::remote
