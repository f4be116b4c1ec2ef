#include "actors/client/consumer_actor.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

#include <spdlog/spdlog.h>

namespace troupe::client {

// No link: it would take the consumer along when its handler is killed.
consumer_state::~consumer_state() {
  if (handler_) // the consumer was killed
    caf::anon_send_exit(handler_, caf::exit_reason::user_shutdown);
}

void consumer_state::start(const cluster_access& cluster, consumer_options options, handler_factory make_handler) {
  cluster_ = cluster;
  options_ = std::move(options);
  make_handler_ = std::move(make_handler);
  core_.emplace(options_);
  added_.resize(options_.assignments.size());
  self_->send(cluster_.views, view_subscription{self_});
  start_handler();
}

std::int64_t consumer_state::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(self_->clock().now().time_since_epoch()).count();
}

// --- the handler ---

void consumer_state::start_handler() {
  if (handler_ || !closing_.empty())
    return;
  try {
    handler_ = make_handler_(self_->system());
  } catch (const std::exception& thrown) {
    return handler_ended(std::string{"it cannot be started: "} + thrown.what());
  } catch (...) {
    return handler_ended("it cannot be started");
  }
  if (!handler_)
    return handler_ended("the factory made none");
  self_->monitor(handler_);
  complained_ = false;
  core_->handler_started(now_ms());
  step();
}

void consumer_state::handler_ended(const std::string& why) {
  handler_ = nullptr;
  auto delay_ms = core_->handler_ended();
  if (!closing_.empty())
    return end();
  spdlog::warn("consumer: the handler ended ({}): another one starts in {} ms and is handed {} batches again", why,
               delay_ms, core_->unanswered());
  self_->delayed_send(self_, std::chrono::milliseconds{delay_ms}, handler_restart{});
}

void consumer_state::on_down(const caf::down_msg& down) {
  if (handler_ && down.source == handler_.address())
    handler_ended(self_->system().render(down.reason));
}

void consumer_state::batch_done(const client::batch_done& message) {
  if (!core_->batch_done(message.id, now_ms()) && !std::exchange(complained_, true))
    spdlog::warn("consumer: the handler answered batch {}, which it does not have (any more)", message.id);
  if (!closing_.empty() && core_->unanswered() == 0)
    return end();
  step();
}

// --- what the user wants ---

template <class F>
void consumer_state::for_lanes(const std::string& topic, partition_id partition, F&& f) {
  for (lane_id i = 0; i < core_->lanes(); ++i) {
    auto& reader = core_->reader(i);
    if (reader.topic() == topic && (partition == all_partitions || reader.partition() == partition))
      f(i);
  }
  step();
}

void consumer_state::pause(const std::string& topic, partition_id partition, bool paused) {
  for_lanes(topic, partition, [&](lane_id which) { core_->pause(which, paused); });
}

void consumer_state::seek(const seek_partition& message) {
  for_lanes(message.topic, message.partition, [&](lane_id which) { core_->seek(which, message.to); });
}

partition_position consumer_state::position(const get_position& message) const {
  auto lane = core_->find(message.topic, message.partition);
  if (!lane)
    return {errc::unknown_topic_or_partition};
  auto& reader = core_->reader(*lane);
  return {errc::none, reader.handed(), core_->answered(*lane), reader.high_watermark()};
}

caf::typed_response_promise<consumer_closed> consumer_state::close(const close_consumer& message) {
  auto promise = self_->make_response_promise<consumer_closed>();
  closing_.push_back(promise);
  core_->close();
  if (closing_.size() == 1)
    self_->delayed_send(self_, std::chrono::milliseconds{std::max<std::int64_t>(message.timeout_ms, 0)},
                        consumer_overdue{});
  if (!handler_ || core_->unanswered() == 0)
    end();
  return promise;
}

void consumer_state::end() {
  for (auto& promise : std::exchange(closing_, {}))
    promise.deliver(consumer_closed{core_->unanswered()});
  stop({});
}

void consumer_state::stop(const caf::error& reason) {
  if (handler_) {
    self_->demonitor(handler_.address());
    self_->send_exit(handler_, caf::exit_reason::user_shutdown);
    handler_ = nullptr;
  }
  self_->quit(reason);
}

// --- the cluster ---

void consumer_state::on_view(const view_update& message) {
  view_ = message.view;
  for (std::size_t i = 0; i < options_.assignments.size(); ++i)
    add_lanes(i);
  for (lane_id i = 0; i < routes_.size(); ++i)
    follow_leader(i);
  step();
}

void consumer_state::add_lanes(std::size_t which) {
  auto& wanted = options_.assignments[which];
  auto* topic = view_->image->find_topic(wanted.topic);
  if (!topic)
    return;
  auto count = static_cast<std::int32_t>(topic->partitions.size());
  auto is_all = wanted.partition == all_partitions;
  auto end = is_all ? count : wanted.partition.value() + 1;
  // What is added to the topic later is read whole.
  auto is_later = added_[which] > 0;
  for (auto i = is_all ? added_[which] : wanted.partition.value(); i < end && i < count; ++i) {
    added_[which] = i + 1;
    if (core_->find(wanted.topic, partition_id{i}))
      continue; // assigned twice, or seen before
    core_->add(wanted.topic, partition_id{i}, is_later ? start_point::beginning() : wanted.from);
    routes_.push_back({topic->id});
  }
}

void consumer_state::follow_leader(lane_id which) {
  auto& route = routes_[which];
  auto* topic = view_->image->find_topic(core_->reader(which).topic());
  if (topic && std::exchange(route.topic, topic->id) != topic->id)
    core_->topic_changed(which);
  auto* leader = topic ? leader_of(which) : nullptr;
  auto now = leader ? (*leader)->id() : caf::actor_id{0};
  if (std::exchange(route.leader, now) != now)
    core_->leader_changed(which, leader != nullptr);
}

const partition_actor* consumer_state::leader_of(lane_id which) const {
  return view_->find(routes_[which].topic, core_->reader(which).partition().value());
}

void consumer_state::on_fetched(fetch_reply& reply) {
  core_->take(reply.tag.part,
              partition_reader::fetch_answer{reply.tag.request, {reply.code, std::move(reply.message)},
                                             reply.high_watermark, std::move(reply.batches), reply.size_bytes},
              now_ms());
  step();
}

void consumer_state::on_woken(const fetch_wakeup& wakeup) {
  core_->woken(wakeup.tag.part, wakeup.tag.request);
  step();
}

void consumer_state::on_offset(const list_offset_reply& reply) {
  core_->take(reply.tag.part, partition_reader::offset_answer{reply.tag.request, {reply.code, {}}, reply.found}, now_ms());
  step();
}

// --- effects ---

void consumer_state::step() {
  core_->advance(now_ms());
  send_questions();
  hand_out();
  set_alarm();
}

void consumer_state::send_questions() {
  for (auto& order : core_->take_offset_orders())
    if (auto* leader = leader_of(order.lane))
      self_->send(*leader, list_offset_request{{order.number, order.lane}, order.timestamp, no_leader_epoch, self_});
  for (auto& order : core_->take_fetch_orders())
    if (auto* leader = leader_of(order.lane))
      self_->send(*leader, fetch_request{{order.number, order.lane}, order.plan.from, no_leader_epoch,
                                         order.plan.max_bytes, true, order.plan.wake_below_bytes, self_});
}

void consumer_state::hand_out() {
  for (auto& item : core_->take_deliveries())
    if (auto* batch = std::get_if<handout>(&item))
      self_->send(handler_, handed_batch{batch->id, std::move(batch->records), batch->again, self_});
    else
      self_->send(handler_, std::move(std::get<partition_notice>(item)));
}

void consumer_state::set_alarm() {
  auto due = core_->due_at_ms();
  if (!due || (alarm_at_ms_ && *alarm_at_ms_ <= *due))
    return;
  alarm_at_ms_ = *due;
  auto wait = std::max<std::int64_t>(*due - now_ms(), 1);
  self_->delayed_send(self_, std::chrono::milliseconds{wait}, consumer_alarm{*due});
}

void consumer_state::on_alarm(consumer_alarm alarm) {
  if (alarm.at_ms == alarm_at_ms_)
    alarm_at_ms_.reset();
  if (handler_ && core_->handler_is_overdue(now_ms())) {
    self_->demonitor(handler_.address());
    self_->send_exit(handler_, caf::exit_reason::kill);
    handler_ended("it has answered nothing for max_poll_interval_ms");
  }
  step();
}

consumer_internal::behavior_type consumer(consumer_internal::stateful_pointer<consumer_state> self,
                                          const cluster_access& cluster, const consumer_options& options,
                                          const handler_factory& make_handler) {
  auto* state = &self->state;
  state->start(cluster, options, make_handler);
  self->set_down_handler([state](caf::down_msg& down) { state->on_down(down); });
  self->set_exit_handler([state](caf::exit_msg& message) { state->stop(message.reason); });
  return {
      [state](const client::batch_done& m) { state->batch_done(m); },
      [state](const pause_partition& m) { state->pause(m.topic, m.partition, true); },
      [state](const resume_partition& m) { state->pause(m.topic, m.partition, false); },
      [state](const seek_partition& m) { state->seek(m); },
      [state](const get_position& m) { return state->position(m); },
      [state](const close_consumer& m) { return state->close(m); },
      [state](const view_update& m) { state->on_view(m); },
      [](const append_reply&) {},
      [state](fetch_reply& m) { state->on_fetched(m); },
      [state](const fetch_wakeup& m) { state->on_woken(m); },
      [state](const list_offset_reply& m) { state->on_offset(m); },
      [](const epoch_end_reply&) {},
      [state](consumer_alarm m) { state->on_alarm(m); },
      [state](handler_restart) { state->start_handler(); },
      [state](consumer_overdue) { state->end(); },
  };
}

result<consumer_actor> spawn_consumer(caf::actor_system& system, const cluster_access& cluster, consumer_options options,
                                      handler_factory make_handler) {
  if (auto good = check(options); !good)
    return fail(std::move(good));
  if (!make_handler)
    return fail(errc::invalid_argument, "make_handler: must not be empty");
  return system.spawn(consumer, cluster, options, make_handler);
}

} // namespace troupe::client
