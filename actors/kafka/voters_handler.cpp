// AddRaftVoter and RemoveRaftVoter: who votes on the metadata log is changed, one node at a time. The
// listeners of a new voter are not read: nodes know each other's addresses from their cluster's file.
#include "actors/kafka/controller_operation.hpp"
#include "actors/kafka/handlers.hpp"
#include "actors/kafka/voter_directory.hpp"
#include "runtime/wire/raft_voters.hpp"

namespace troupe::kafka {

namespace {

/// A removal does not say how long it may take.
constexpr std::int32_t removal_timeout_ms = 5'000;
/// The reason why it took too long comes a little after the time itself.
constexpr std::int32_t grace_ms = 1'000;

std::int16_t voter_error_number(errc code) {
  switch (code) {
  case errc::already_exists:
    return wire::number(wire::error_code::duplicate_voter);
  case errc::not_found:
    return wire::number(wire::error_code::voter_not_found);
  case errc::invalid_argument:
    return wire::number(wire::error_code::invalid_request);
  default:
    return controller_error_number(code);
  }
}

template <class Response>
void set(Response& response, const error& what) {
  response.error_code = voter_error_number(what.code);
  response.error_message = message_of(what);
}

template <class Response>
class voter_operation final : public controller_operation<Response> {
public:
  void start(const operation_context& context, const metadata::change_quorum& what) {
    this->ask(context, what, std::min(what.timeout_ms, this->timeout_max_ms) + grace_ms);
  }

private:
  void fill(const operation_context&, controller_reply& reply) override {
    auto* told = std::get_if<metadata::change_quorum_reply>(&reply.what);
    if (reply.code != errc::none || !told)
      refuse_all(reply.code);
    else
      set(this->response_, told->what);
  }

  void refuse_all(errc why) override { set(this->response_, {why, {}}); }
};

/// Asks the controller, unless the request is meant for another cluster or for a directory that cannot be.
template <class Response, class Request>
operation_ptr begin_change(const operation_context& context, const Request& request,
                           metadata::change_quorum what) {
  Response refusal;
  auto& ours = context.view.image->cluster_id();
  auto disk = disk_of(request.voter_directory_id);
  if (request.cluster_id && *request.cluster_id != ours) {
    set(refusal, {errc::wrong_cluster, "this is cluster " + ours + ", not " + *request.cluster_id});
  } else if (!disk) {
    set(refusal, {what.adds ? errc::invalid_argument : errc::not_found,
                  "no node has the directory " + request.voter_directory_id.to_string()});
  } else {
    what.node = node_id{request.voter_id};
    what.disk = *disk;
    auto work = std::make_unique<voter_operation<Response>>();
    work->start(context, what);
    return work;
  }
  return answer(std::move(refusal));
}

} // namespace

result<operation_ptr> handle_add_raft_voter(const operation_context& context,
                                            const wire::request_header& header, const bytes& body) {
  auto request = wire::decode<wire::add_raft_voter_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  return begin_change<wire::add_raft_voter_response>(
      context, *request, {{}, 0, true, request->ack_when_committed, request->timeout_ms});
}

result<operation_ptr> handle_remove_raft_voter(const operation_context& context,
                                               const wire::request_header& header, const bytes& body) {
  auto request = wire::decode<wire::remove_raft_voter_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  return begin_change<wire::remove_raft_voter_response>(context, *request,
                                                        {{}, 0, false, true, removal_timeout_ms});
}

} // namespace troupe::kafka
