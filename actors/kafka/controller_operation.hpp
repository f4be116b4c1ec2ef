// What the controller decides: asked once, answered when this session sees the outcome, so that the client's next
// request does, too.
#pragma once

#include "actors/kafka/operation.hpp"
#include "runtime/wire/error_code.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace troupe::kafka {

/// Waits for the controller's reply and then for a view that is as new.
template <class Response>
class controller_operation : public operation {
public:
  bool done() const override { return done_; }

  void write(const wire::request_header& request, std::vector<char>& out) override {
    wire::append_response(request.correlation_id, request.version, response_, out);
  }

  void on(const operation_context& context, controller_reply& reply) override {
    if (done_)
      return;
    fill(context, reply);
    version_ = reply.version;
    filled_ = true;
    done_ = reply.code != errc::none || context.view.image->version() >= version_;
  }

  void on_view(const operation_context& context) override {
    done_ |= filled_ && context.view.image->version() >= version_;
  }

  // It may happen yet: that is what REQUEST_TIMED_OUT says.
  void on(const operation_context&, request_deadline&) override {
    if (!done_ && !filled_)
      refuse_all(errc::timed_out);
    done_ = true;
  }

protected:
  static constexpr std::int32_t timeout_max_ms = 60'000;

  void ask(const operation_context& context, metadata::command what, std::int32_t timeout_ms) {
    context.ask_controller(std::move(what));
    context.wake_after(std::chrono::milliseconds{std::clamp(timeout_ms, 1, timeout_max_ms)});
  }

  virtual void fill(const operation_context& context, controller_reply& reply) = 0;
  virtual void refuse_all(errc why) = 0;

  Response response_;

private:
  metadata::metadata_version version_;
  bool filled_ = false;
  bool done_ = false;
};

/// The code that clients of the controller expect: where it does not lead, they look for it anew.
inline std::int16_t controller_error_number(errc code) {
  return wire::number(code == errc::not_leader ? wire::error_code::not_controller : wire::to_error_code(code));
}

inline std::optional<std::string> message_of(const error& what) {
  return what.code == errc::none ? std::nullopt : std::optional{what.message()};
}

/// Decodes the request and starts its operation.
template <class Operation, class Request>
result<operation_ptr> begin(const operation_context& context, const wire::request_header& header, const bytes& body) {
  auto request = wire::decode<Request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  auto work = std::make_unique<Operation>();
  work->start(context, *request);
  return work;
}

} // namespace troupe::kafka
