#include "actors/client/producer_actor.hpp"

#include <algorithm>
#include <chrono>

#include <caf/scheduler/test_coordinator.hpp>
#include <spdlog/spdlog.h>

namespace troupe::client {

namespace {

constexpr std::int64_t ask_for_topic_every_ms = 1'000;
constexpr std::uint64_t close_token = 0;
/// Whether a sender that did not read its reports does so now.
constexpr std::int64_t look_for_readers_every_ms = 50;
constexpr std::chrono::milliseconds sender_patience{100};

const clock_port& machine_clock() {
  static const system_clock clock;
  return clock;
}

} // namespace

producer_state::~producer_state() {
  if (gate_)
    gate_->close(); // killed: nobody is told
}

void producer_state::start(const cluster_access& cluster, producer_options options, std::shared_ptr<send_gate> gate) {
  cluster_ = cluster;
  options_ = std::move(options);
  gate_ = std::move(gate);
  core_.emplace(options_, self_->id(), *gate_);
  self_->send(cluster_.views, view_subscription{self_});
  step();
}

std::int64_t producer_state::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(self_->clock().now().time_since_epoch()).count();
}

timestamp_ms producer_state::wall() const { return (cluster_.clock ? *cluster_.clock : machine_clock()).wall(); }

// --- senders ---

void producer_state::send(admitted_records& message) {
  gate_->took(message);
  if (message.from != no_sender) {
    auto& sender = senders_[message.from];
    if (!sender.handle)
      sender.handle = std::move(message.what.reply_to);
    sender.outstanding += message.what.records.size();
  }
  core_->send(message, now_ms(), wall());
  step();
}

void producer_state::join(const join_sender& message) {
  if (!message.sender)
    return;
  auto& sender = senders_[message.sender->id()];
  sender.handle = message.sender;
  if (!std::exchange(sender.joined, true))
    self_->monitor(message.sender);
  gate_->join(message.sender->id());
  step();
}

void producer_state::on_down(const caf::down_msg& down) {
  auto found = senders_.find(down.source.id());
  if (found == senders_.end())
    return;
  gate_->leave(found->first);
  found->second.joined = false;
  if (found->second.outstanding == 0 && !found->second.is_dirty)
    senders_.erase(found);
  step();
}

caf::typed_response_promise<producer_flushed> producer_state::flush() {
  auto promise = self_->make_response_promise<producer_flushed>();
  flushing_.emplace(++flushes_, promise);
  core_->flush(flushes_);
  step();
  return promise;
}

caf::typed_response_promise<producer_closed> producer_state::close(const close_producer& message) {
  auto promise = self_->make_response_promise<producer_closed>();
  if (closing_.empty()) {
    core_->close();
    core_->flush(close_token);
    self_->delayed_send(self_, std::chrono::milliseconds{std::max<std::int64_t>(message.timeout_ms, 0)},
                        closing_overdue{});
  }
  closing_.push_back(promise);
  step();
  return promise;
}

void producer_state::on_overdue() {
  given_up_ = core_->outstanding_records();
  core_->give_up_all({errc::shutting_down, "the producer was closed"});
  step();
}

void producer_state::stop(const caf::error& reason) {
  core_->close();
  core_->give_up_all({errc::shutting_down, "the producer was ended"});
  send_reports();
  resolve_promises();
  leave(reason);
}

// --- the cluster ---

void producer_state::on_view(const view_update& message) {
  view_ = message.view;
  look_for_topic();
  step();
}

void producer_state::look_for_topic() {
  auto* topic = view_ ? view_->image->find_topic(options_.topic) : nullptr;
  if (topic) {
    if (std::exchange(topic_, topic->id) != topic->id)
      core_->topic_changed();
    core_->topic_found(static_cast<std::int32_t>(topic->partitions.size()), now_ms());
  }
  leaders_.resize(static_cast<std::size_t>(core_->partition_count()));
  for (std::size_t i = 0; i < leaders_.size(); ++i) {
    auto id = static_cast<std::int32_t>(i);
    auto* leader = topic ? view_->find(topic_, id) : nullptr;
    auto now = leader ? (*leader)->id() : caf::actor_id{0};
    if (std::exchange(leaders_[i], now) != now)
      core_->leader_changed(partition_id{id}, leader != nullptr);
  }
  if (!topic)
    ask_for_topic();
}

/// Only once the cluster is known: before, the topic may be there.
bool producer_state::may_create_topic() const {
  return options_.allow_auto_create_topics && closing_.empty() && view_ && view_->image->version().value() > 0;
}

void producer_state::ask_for_topic() {
  auto now = now_ms();
  if (!may_create_topic() || (topic_asked_at_ms_ && now < *topic_asked_at_ms_ + ask_for_topic_every_ms))
    return;
  topic_asked_at_ms_ = now;
  metadata::create_topics wanted;
  wanted.topics.emplace_back();
  wanted.topics.back().name = options_.topic;
  wanted.topics.back().partitions = options_.auto_create_partitions;
  self_->send(cluster_.controller, controller_request{{}, std::move(wanted), self_});
}

void producer_state::on_controller(const controller_reply& reply) {
  auto* made = std::get_if<metadata::create_topics_reply>(&reply.what);
  auto what = reply.code != errc::none || !made || made->topics.empty() ? error{reply.code, {}} : made->topics[0].what;
  if (what.code != errc::none && what.code != errc::topic_already_exists)
    spdlog::warn("producer: topic '{}' cannot be created: {}", options_.topic, what.message());
}

void producer_state::on_appended(append_reply& reply) {
  delivery_queue::answer answer{reply.tag.request, {reply.code, std::move(reply.message)}, reply.base_offset,
                                reply.log_append_time, {}};
  for (auto& record : reply.refused)
    answer.refused.push_back({static_cast<std::uint32_t>(record.batch_index), std::move(record.message)});
  core_->answered(partition_id{static_cast<std::int32_t>(reply.tag.part)}, std::move(answer), now_ms());
  step();
}

void producer_state::ask_for_producer_id() {
  auto now = now_ms();
  if (core_->take_identity_request())
    id_due_ms_ = now;
  if (!id_due_ms_ || *id_due_ms_ > now)
    return;
  id_due_ms_ = now + options_.request_timeout_ms;
  self_->send(cluster_.producer_ids, producer_id_request{{}, self_});
}

void producer_state::on_producer_id(const producer_id_reply& reply) {
  if (!id_due_ms_)
    return; // an answer to an earlier question
  if (reply.code == errc::none) {
    id_due_ms_.reset();
    core_->set_identity(reply.id, producer_epoch{0});
  } else {
    id_due_ms_ = now_ms() + options_.retry_backoff_ms;
  }
  step();
}

// --- effects ---

void producer_state::step() {
  core_->advance(now_ms());
  ask_for_producer_id();
  send_orders();
  send_reports();
  resolve_promises();
  set_alarm();
}

void producer_state::send_orders() {
  for (auto& order : core_->take_orders()) {
    auto* leader = view_->find(topic_, order.to.value());
    if (leader)
      self_->send(*leader, append_request{{order.number, static_cast<std::uint32_t>(order.to.value())},
                                          std::move(order.batch), static_cast<std::int16_t>(options_.acks), true, self_});
  }
}

producer_state::sender* producer_state::dirty(sender_key key) {
  auto found = senders_.find(key);
  if (found == senders_.end())
    return nullptr;
  if (!std::exchange(found->second.is_dirty, true))
    dirty_senders_.push_back(key);
  return &found->second;
}

void producer_state::add_failures(delivery_listener& of, const std::vector<send_gate::refused_run>& runs,
                                  const error& why) {
  auto key = of->id();
  auto& handle = senders_[key].handle;
  if (!handle)
    handle = std::move(of);
  auto& report = dirty(key)->report;
  for (auto& run : runs)
    report.deliveries.push_back({run.first_id, run.count, any_partition, no_offset, no_timestamp, why, false});
}

void producer_state::add_refusals(std::vector<send_gate::refusals> refused) {
  for (auto& of : refused) {
    auto key = of.to->id();
    add_failures(of.to, of.runs, {errc::busy, "no credit, and buffer_memory_bytes is used up"});
    dirty(key)->report.refused_unnamed += of.unnamed;
  }
}

void producer_state::send_reports() {
  for (auto& report : core_->take_reports())
    if (auto* sender = dirty(report.to)) {
      sender->outstanding -= std::min<std::uint64_t>(sender->outstanding, report.what.count);
      sender->report.deliveries.push_back(std::move(report.what));
    }
  for (auto& [key, credit] : gate_->take_grants())
    if (auto* sender = dirty(key))
      sender->report.credit_bytes += credit;
  add_refusals(gate_->take_refusals());
  for (auto key : std::exchange(dirty_senders_, {}))
    if (gate_->reads(key))
      send_report(key, senders_.at(key));
    else
      dirty_senders_.push_back(key);
}

void producer_state::send_report(sender_key to, sender& of) {
  of.is_dirty = false;
  of.report.receipt = gate_->report_goes_out(to, of.report.credit_bytes);
  self_->send(of.handle, std::exchange(of.report, {}));
  if (of.outstanding == 0 && !of.joined)
    senders_.erase(to);
}

void producer_state::resolve_promises() {
  for (auto token : core_->take_flushed()) {
    if (token == close_token) {
      end();
    } else if (auto done = flushing_.extract(token)) {
      done.mapped().deliver(producer_flushed{});
    }
  }
}

void producer_state::end() {
  for (auto& promise : closing_)
    promise.deliver(producer_closed{given_up_});
  leave({});
}

// Whoever monitors stays in memory as long as the one that is monitored, until he says that he is done.
void producer_state::leave(const caf::error& reason) {
  auto left = gate_->close();
  add_refusals(std::move(left.refused));
  for (auto& of : left.not_taken)
    add_failures(of.to, of.runs, {errc::shutting_down, "the producer has ended"});
  for (auto key : std::exchange(dirty_senders_, {}))
    send_report(key, senders_.at(key));
  for (auto& [key, sender] : senders_)
    if (sender.joined)
      self_->demonitor(sender.handle.address());
  self_->quit(reason);
}

void producer_state::set_alarm() {
  auto due = core_->due_at_ms();
  auto consider = [&](std::int64_t at) { due = due ? std::min(*due, at) : at; };
  if (id_due_ms_)
    consider(*id_due_ms_);
  if (core_->outstanding_records() > 0 && !core_->has_topic() && may_create_topic() && topic_asked_at_ms_)
    consider(*topic_asked_at_ms_ + ask_for_topic_every_ms);
  if (!dirty_senders_.empty() || gate_->has_refusals())
    consider(now_ms() + look_for_readers_every_ms);
  if (!due || (alarm_at_ms_ && *alarm_at_ms_ <= *due))
    return;
  alarm_at_ms_ = *due;
  auto wait = std::max<std::int64_t>(*due - now_ms(), 1);
  self_->delayed_send(self_, std::chrono::milliseconds{wait}, producer_alarm{*due});
}

void producer_state::on_alarm(producer_alarm alarm) {
  if (alarm.at_ms == alarm_at_ms_)
    alarm_at_ms_.reset();
  if (!core_->has_topic())
    ask_for_topic();
  step();
}

// --- the actor ---

gated_producer::gated_producer(caf::actor_config& config, cluster_access cluster, producer_options options)
    : super(config), cluster_(std::move(cluster)), options_(std::move(options)) {
  // In virtual time the producer does not get on while its sender waits.
  auto is_virtual = dynamic_cast<caf::scheduler::test_coordinator*>(&home_system().scheduler()) != nullptr;
  gate_ = std::make_shared<send_gate>(options_.buffer_memory_bytes, is_virtual ? std::chrono::milliseconds{0} : sender_patience);
}

void gated_producer::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* context) {
  if (!what || gate_->is_closed() || !what->content().match_elements<send_records>()) {
    super::enqueue(std::move(what), context);
    return;
  }
  auto message = what->content().move_if_unshared<send_records>(0);
  auto verdict = gate_->admit(message, context);
  if (verdict.admitted)
    super::enqueue(caf::make_mailbox_element(std::move(what->sender), what->mid, std::move(what->stages),
                                             std::move(*verdict.admitted)),
                   context);
  else if (verdict.wakes_producer)
    super::enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, refusals_wait{}), context);
  else if (verdict.is_closed && message.reply_to)
    caf::anon_send(message.reply_to, delivery_report{{{message.first_id, static_cast<std::uint32_t>(message.records.size()),
                                                       any_partition, no_offset, no_timestamp,
                                                       {errc::shutting_down, "the producer has ended"}, false}}});
}

gated_producer::behavior_type gated_producer::make_behavior() {
  set_down_handler([this](caf::down_msg& down) { state.on_down(down); });
  set_exit_handler([this](caf::exit_msg& message) { state.stop(message.reason); });
  state.start(cluster_, options_, gate_);
  return {
      [](const send_records&) {}, // the gate lets none through
      [this](const join_sender& m) { state.join(m); },
      [this](flush_producer) { return state.flush(); },
      [this](const close_producer& m) { return state.close(m); },
      [this](const view_update& m) { state.on_view(m); },
      [this](append_reply& m) { state.on_appended(m); },
      [](const fetch_reply&) {},
      [](const fetch_wakeup&) {},
      [](const list_offset_reply&) {},
      [](const epoch_end_reply&) {},
      [this](const controller_reply& m) { state.on_controller(m); },
      [this](const producer_id_reply& m) { state.on_producer_id(m); },
      [this](producer_alarm m) { state.on_alarm(m); },
      [this](closing_overdue) { state.on_overdue(); },
      [this](admitted_records& m) { state.send(m); },
      [this](refusals_wait) { state.on_refusals(); },
  };
}

result<producer_actor> spawn_producer(caf::actor_system& system, const cluster_access& cluster, producer_options options) {
  if (auto good = check(options); !good)
    return fail(std::move(good));
  return system.spawn<gated_producer>(cluster, std::move(options));
}

} // namespace troupe::client
