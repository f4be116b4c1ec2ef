// One request under way: started by a handler, fed with replies, and written once it is done.
#pragma once

#include "actors/interface/broker_view.hpp"
#include "actors/interface/controller_messages.hpp"
#include "actors/interface/session_messages.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/wire/header.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe::kafka {

struct session_environment;

/// What an operation may use while it handles an input.
struct operation_context {
  const session_environment& environment;
  const broker_view& view;
  request_tag tag; ///< of this request, part 0

  request_tag part(std::size_t index) const { return {tag.request, static_cast<std::uint32_t>(index)}; }
  /// Sends the operation a request_deadline after that time.
  void wake_after(std::chrono::milliseconds delay) const;
  /// Asks the controller; the operation gets a controller_reply with its tag.
  void ask_controller(metadata::command what) const;
};

class operation {
public:
  virtual ~operation() = default;

  virtual void on(const operation_context&, append_reply&) {}
  virtual void on(const operation_context&, fetch_reply&) {}
  virtual void on(const operation_context&, fetch_wakeup&) {}
  virtual void on(const operation_context&, list_offset_reply&) {}
  virtual void on(const operation_context&, epoch_end_reply&) {}
  virtual void on(const operation_context&, delete_records_reply&) {}
  virtual void on(const operation_context&, partition_size_reply&) {}
  virtual void on(const operation_context&, active_producers_reply&) {}
  virtual void on(const operation_context&, controller_reply&) {}
  virtual void on(const operation_context&, producer_id_reply&) {}
  virtual void on(const operation_context&, request_deadline&) {}
  /// The view of topics and partitions has changed.
  virtual void on_view(const operation_context&) {}
  /// Comes about once a second: for deadlines that need not be met to the millisecond.
  virtual void on_tick(const operation_context&, std::int64_t /*now_ns*/) {}

  virtual bool done() const = 0;
  /// Appends the response's frame, or nothing if there is no response. Called once, when done.
  virtual void write(const wire::request_header& request, std::vector<char>& out) = 0;
  /// As `write`, for answers with large slices that need not be copied: their places are named in `splices`.
  virtual void write_spliced(const wire::request_header& request, std::vector<char>& out,
                             std::vector<wire::splice>& /*splices*/) {
    write(request, out);
  }
  /// Not empty: the connection is closed instead of an answer (a failed Produce with acks=0).
  virtual std::string close_reason() const { return {}; }
};

using operation_ptr = std::unique_ptr<operation>;

/// An operation that was done at once.
template <class Response>
class finished final : public operation {
public:
  explicit finished(Response response) : response_(std::move(response)) {}
  bool done() const override { return true; }
  void write(const wire::request_header& request, std::vector<char>& out) override {
    wire::append_response(request.correlation_id, request.version, response_, out);
  }

private:
  Response response_;
};

template <class Response>
operation_ptr answer(Response response) {
  return std::make_unique<finished<Response>>(std::move(response));
}

/// Starts the operation of a request. An error means that the request makes no sense: the connection closes.
using handler = result<operation_ptr> (*)(const operation_context&, const wire::request_header&, const bytes& body);

/// The handler of an API, or null if this node does not answer it.
handler find_handler(wire::api_key key) noexcept;

} // namespace troupe::kafka
