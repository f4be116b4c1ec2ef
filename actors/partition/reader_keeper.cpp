#include "actors/partition/reader_keeper.hpp"

#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

constexpr auto child = "reader";
constexpr auto what_clients_are_told = errc::io_error;

std::int64_t now_ms(const reader_keeper_actor::pointer self) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(self->clock().now().time_since_epoch()).count();
}

} // namespace

void reader_keeper_state::start(make_reader make, supervision_log_ptr supervision) {
  make_ = std::move(make);
  supervision_ = std::move(supervision);
  employ();
  supervision_->started(name, child);
}

void reader_keeper_state::restart() {
  employ();
  supervision_->restarted(name, child);
}

void reader_keeper_state::employ() {
  worker_ = make_(self_);
  self_->monitor(worker_);
  for (auto& order : open_)
    hand_out(order);
}

void reader_keeper_state::take(task order) {
  open_.push_back(std::move(order));
  if (worker_)
    hand_out(open_.back());
}

void reader_keeper_state::hand_out(const task& order) {
  std::visit([this](auto& o) { self_->send(worker_, o); }, order);
}

void reader_keeper_state::forget(const partitions_forgotten& message) {
  if (worker_)
    self_->send(worker_, message);
}

void reader_keeper_state::done() {
  if (!open_.empty())
    open_.pop_front();
}

void reader_keeper_state::on_down(const caf::down_msg& down) {
  if (!worker_ || down.source != worker_.address())
    return;
  worker_ = nullptr;
  auto delay_ms = backoff_.died(now_ms(self_));
  auto why = self_->system().render(down.reason);
  spdlog::error("reader: ended ({}): it starts anew in {} ms", why, delay_ms);
  supervision_->ended(name, child, why, delay_ms);
  if (!open_.empty()) {
    give_up(open_.front());
    open_.pop_front();
  }
  self_->delayed_send(self_, std::chrono::milliseconds{delay_ms}, restart_reader{});
}

void reader_keeper_state::give_up(task& order) {
  if (auto* read = std::get_if<read_order>(&order)) {
    read->reply.code = what_clients_are_told;
    self_->send(read->reply_to, std::move(read->reply));
    return;
  }
  list_offset_reply reply;
  reply.code = what_clients_are_told;
  auto* search = std::get_if<search_order>(&order);
  reply.tag = search ? search->tag : std::get<stamp_order>(order).tag;
  self_->send(search ? search->reply_to : std::get<stamp_order>(order).reply_to, std::move(reply));
}

reader_keeper_actor::behavior_type reader_keeper(reader_keeper_actor::stateful_pointer<reader_keeper_state> self,
                                                 make_reader make, supervision_log_ptr supervision) {
  auto* state = &self->state;
  self->set_down_handler([state](caf::down_msg& down) { state->on_down(down); });
  state->start(std::move(make), std::move(supervision));
  return {
      [state](read_order& m) { state->take(std::move(m)); },
      [state](search_order& m) { state->take(std::move(m)); },
      [state](stamp_order& m) { state->take(std::move(m)); },
      [state](const partitions_forgotten& m) { state->forget(m); },
      [state](order_done) { state->done(); },
      [state](restart_reader) { state->restart(); },
  };
}

} // namespace troupe
