// One request to a node: written by a connection, then answered or failed, exactly once, whatever becomes of
// the actors and messages that it passes through.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/wire/header.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace troupe::remote {

class request_call {
public:
  virtual ~request_call() = default;

  virtual wire::api_key key() const = 0;
  /// What it holds in memory, about; for the connection's budget.
  virtual std::size_t size_bytes() const = 0;
  /// For so long the node may keep the answer back on purpose.
  virtual std::int64_t patience_ms() const = 0;
  /// False: no answer comes, on_answer() is not called.
  virtual bool is_answered() const = 0;
  /// Appends the whole frame.
  virtual void write(wire::request_header header, std::vector<char>& out) = 0;
  virtual void on_written() = 0;
  /// An error: these bytes are no answer to this request, and nothing was done with them.
  virtual result<void> on_answer(const bytes& body, wire::api_version version) = 0;
  virtual void on_failure(errc why) = 0;
};

/// Owns a call. When it goes before the call was settled, the call fails: with not_leader if nobody has
/// written it, so that it certainly did not reach the node; otherwise with timed_out, and nobody knows.
class pending_call {
public:
  explicit pending_call(std::unique_ptr<request_call> what) : what_(std::move(what)) {}
  ~pending_call() {
    if (what_)
      what_->on_failure(written_ ? errc::timed_out : errc::not_leader);
  }
  pending_call(const pending_call&) = delete;
  pending_call& operator=(const pending_call&) = delete;

  const request_call& what() const noexcept { return *what_; }

  void write(wire::request_header header, std::vector<char>& out) {
    what_->write(std::move(header), out);
    written_ = true;
    if (!what_->is_answered())
      std::exchange(what_, nullptr)->on_written();
  }
  result<void> answer(const bytes& body, wire::api_version version) {
    auto done = what_->on_answer(body, version);
    if (done)
      what_ = nullptr;
    return done;
  }
  void refuse(errc why) { std::exchange(what_, nullptr)->on_failure(why); }

private:
  std::unique_ptr<request_call> what_; ///< null once settled
  bool written_ = false;
};

/// Shared because messages can be copied; in truth it has one owner at a time.
using call_ptr = std::shared_ptr<pending_call>;

/// A call by its messages and what is to be done with the answer, on the connection's thread.
template <class Request, class Response>
class typed_call final : public request_call {
public:
  using completion = std::function<void(result<Response>)>;

  typed_call(Request request, std::size_t size_bytes, std::int64_t patience_ms, bool is_answered,
             completion done)
      : request_(std::move(request)), size_bytes_(size_bytes), patience_ms_(patience_ms),
        is_answered_(is_answered), done_(std::move(done)) {}

  wire::api_key key() const override { return Request::api; }
  std::size_t size_bytes() const override { return size_bytes_; }
  std::int64_t patience_ms() const override { return patience_ms_; }
  bool is_answered() const override { return is_answered_; }
  void write(wire::request_header header, std::vector<char>& out) override {
    wire::append_request(std::move(header), request_, out);
    request_ = {}; // its bytes are in `out` now
  }
  void on_written() override { done_(Response{}); }
  result<void> on_answer(const bytes& body, wire::api_version version) override {
    auto response = wire::decode<Response>(body, version);
    if (!response)
      return fail(std::move(response));
    done_(std::move(*response));
    return {};
  }
  void on_failure(errc why) override { done_(fail(why)); }

private:
  Request request_;
  std::size_t size_bytes_;
  std::int64_t patience_ms_;
  bool is_answered_;
  completion done_;
};

struct call_traits {
  std::size_t size_bytes = 0;
  std::int64_t patience_ms = 0;
  bool is_answered = true;
};

template <class Response, class Request>
call_ptr make_call(Request request, call_traits traits, std::function<void(result<Response>)> done) {
  return std::make_shared<pending_call>(std::make_unique<typed_call<Request, Response>>(
      std::move(request), traits.size_bytes, traits.patience_ms, traits.is_answered, std::move(done)));
}

} // namespace troupe::remote
