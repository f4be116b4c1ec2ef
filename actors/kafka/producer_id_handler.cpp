// InitProducerId: an id for an idempotent producer. Transactions need a coordinator, which does not run here yet.
#include "actors/kafka/handlers.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/init_producer_id.hpp"

#include <caf/send.hpp>

namespace troupe::kafka {

namespace {

constexpr auto allocation_timeout = std::chrono::milliseconds{10'000};

wire::init_producer_id_response refusal(errc why) {
  wire::init_producer_id_response response;
  response.error_code = wire::number(wire::to_error_code(why));
  response.producer_epoch = -1;
  return response;
}

class producer_id_operation final : public operation {
public:
  void start(const operation_context& context) {
    caf::anon_send(context.environment.producer_ids, producer_id_request{context.tag, context.environment.self});
    context.wake_after(allocation_timeout);
  }

  void on(const operation_context&, producer_id_reply& reply) override {
    if (done_)
      return;
    done_ = true;
    if (reply.code == errc::none)
      response_.producer_id = reply.id.value();
    else
      response_ = refusal(reply.code);
  }

  void on(const operation_context&, request_deadline&) override {
    if (!done_)
      response_ = refusal(errc::timed_out);
    done_ = true;
  }

  bool done() const override { return done_; }

  void write(const wire::request_header& request, std::vector<char>& out) override {
    wire::append_response(request.correlation_id, request.version, response_, out);
  }

private:
  wire::init_producer_id_response response_;
  bool done_ = false;
};

} // namespace

result<operation_ptr> handle_init_producer_id(const operation_context& context, const wire::request_header& header,
                                              const bytes& body) {
  auto request = wire::decode<wire::init_producer_id_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  if (request->transactional_id)
    return answer(refusal(request->transactional_id->empty() ? errc::invalid_request
                                                             : errc::coordinator_not_available));
  auto work = std::make_unique<producer_id_operation>();
  work->start(context);
  return work;
}

} // namespace troupe::kafka
