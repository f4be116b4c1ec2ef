#include "actors/kafka/session.hpp"

#include <utility>

#include <caf/mailbox_element.hpp>
#include <caf/send.hpp>

namespace troupe::kafka {

namespace {

/// A frame that has begun must be whole after this time, and unsent answers must move within it.
constexpr std::int64_t stall_ns = 60'000 * ns_per_ms;

std::string describe(const wire::request_header& header) {
  return std::string{wire::info(header.key).name} + " version " + std::to_string(header.version);
}

} // namespace

void operation_context::wake_after(std::chrono::milliseconds delay) const {
  auto& clock = environment.system->clock();
  clock.schedule_message(clock.now() + delay, caf::actor_cast<caf::strong_actor_ptr>(environment.self),
                         caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, request_deadline{tag}));
}

void operation_context::ask_controller(metadata::command what) const {
  caf::anon_send(environment.controller, controller_request{tag, std::move(what), environment.self});
}

session::session(session_environment environment, view_ptr view)
    : environment_(std::move(environment)), view_(std::move(view)),
      frames_(static_cast<std::size_t>(environment_.options->request_max_bytes)) {}

session::~session() {
  environment_.budget->unsent.fetch_sub(accounted_bytes_, std::memory_order_relaxed);
  environment_.budget->used.fetch_sub(inflight_bytes_, std::memory_order_relaxed);
}

void session::set_undelivered(std::size_t size_bytes) noexcept {
  undelivered_bytes_ = size_bytes;
  account_for_unsent();
}

void session::account_for_unsent() noexcept {
  auto& total = environment_.budget->unsent;
  total.fetch_add(unsent(), std::memory_order_relaxed);
  total.fetch_sub(std::exchange(accounted_bytes_, unsent()), std::memory_order_relaxed);
}

void session::receive(std::string_view data) {
  while (!data.empty() && failure_.empty()) {
    auto frame = frames_.next(data);
    if (!frame)
      refuse(frame.error().message());
    else if (*frame)
      handle_frame(**frame);
  }
  if (frames_.missing_bytes() == 0)
    frame_started_ns_ = 0;
  else if (frame_started_ns_ == 0)
    frame_started_ns_ = now_ns();
}

void session::handle_frame(const bytes& frame) {
  frame_started_ns_ = 0;
  auto request = wire::open_request(frame);
  if (!request) {
    refuse("a request that cannot be read: " + request.error().message());
    return;
  }
  auto work = start(*request, first_request_ + slots_.size());
  if (!work) {
    refuse(describe(request->header) + ": " + work.error().message());
    return;
  }
  auto& counted = environment_.metrics->of(request->header.key);
  counted.requests.add();
  counted.received_bytes.add(frame.size() + wire::frame_size_bytes);
  slots_.push_back({std::move(request->header), std::move(*work), frame.size(), now_ns()});
  inflight_bytes_ += frame.size();
  environment_.budget->used.fetch_add(frame.size(), std::memory_order_relaxed);
  check_finished(first_request_ + slots_.size() - 1);
}

result<operation_ptr> session::start(const wire::request_frame& request, std::uint64_t number) {
  auto& header = request.header;
  auto handle = find_handler(header.key);
  // ApiVersions answers versions that it does not know: that is how clients learn which ones it does.
  auto accepted = header.key == wire::api_key::api_versions
                  || wire::accepts(static_cast<std::int16_t>(header.key), header.version);
  if (!handle || !accepted)
    return fail(errc::unsupported_version);
  return handle(context_of(number), header, request.body);
}

void session::on(const view_update& update) {
  view_ = update.view;
  for (auto request = first_request_; request < first_request_ + slots_.size(); ++request) {
    find(request)->on_view(context_of(request));
    check_finished(request);
  }
}

void session::tick() {
  auto now = now_ns();
  for (auto request = first_request_; request < first_request_ + slots_.size(); ++request) {
    find(request)->on_tick(context_of(request), now);
    check_finished(request);
  }
}

void session::check_finished(std::uint64_t request) {
  auto* work = find(request);
  if (work && work->done())
    if (auto why = work->close_reason(); !why.empty())
      refuse(std::move(why));
}

// What was asked for before is still answered: a pipelining client must learn which of its requests went through.
void session::refuse(std::string why) {
  if (!failure_.empty())
    return;
  failure_ = std::move(why);
  environment_.metrics->requests_refused.add();
}

void session::drain(std::vector<char>& out, std::size_t max_bytes) {
  for (auto left = max_bytes; left > 0;) {
    if (outbox_.empty()) {
      if (slots_.empty() || !slots_.front().work->done())
        break;
      auto& front = slots_.front();
      outbox_.fill([&](auto& own, auto& splices) { front.work->write_spliced(front.header, own, splices); });
      auto& counted = environment_.metrics->of(front.header.key);
      counted.sent_bytes.add(outbox_.size());
      counted.duration.observe(now_ns() - front.begun_ns);
      inflight_bytes_ -= front.size_bytes;
      environment_.budget->used.fetch_sub(front.size_bytes, std::memory_order_relaxed);
      slots_.pop_front();
      ++first_request_;
    }
    auto before = out.size();
    outbox_.drain(out, left);
    left -= out.size() - before;
  }
  account_for_unsent();
}

bool session::wants_input() const noexcept {
  return failure_.empty() && slots_.size() < limits::pipelined_requests_max
         && inflight_bytes_ < limits::connection_inflight_max_bytes && !waits_for_others();
}

// A session with nothing under way goes on in any case: otherwise none might.
bool session::waits_for_others() const noexcept {
  return !slots_.empty() && environment_.budget->used.load(std::memory_order_relaxed) >= environment_.budget->limit;
}

std::string session::overdue(std::int64_t quiet_ns, bool has_unsent) const {
  if (has_unsent && quiet_ns > stall_ns)
    return "the client does not read its answers";
  if (frame_started_ns_ != 0 && now_ns() - frame_started_ns_ > stall_ns)
    return "a request did not arrive whole in time";
  if (slots_.empty() && quiet_ns > environment_.options->idle_max_ms * ns_per_ms)
    return "idle for too long";
  return {};
}

operation* session::find(std::uint64_t request) noexcept {
  if (request < first_request_ || request - first_request_ >= slots_.size())
    return nullptr;
  return slots_[request - first_request_].work.get();
}

} // namespace troupe::kafka
