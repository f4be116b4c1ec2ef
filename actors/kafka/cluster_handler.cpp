// ApiVersions, DescribeCluster and FindCoordinator: what a client asks before it begins.
#include "actors/kafka/cluster_facts.hpp"
#include "actors/kafka/handlers.hpp"
#include "runtime/wire/api_versions.hpp"
#include "runtime/wire/describe_cluster.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/find_coordinator.hpp"

#include <spdlog/spdlog.h>

namespace troupe::kafka {

namespace {

wire::api_versions_response supported_versions() {
  wire::api_versions_response response;
  for (auto& api : wire::catalog())
    if (api.served)
      response.api_keys.push_back({static_cast<std::int16_t>(api.key), api.advertised_min, api.max});
  return response;
}

/// Answers in version 0, which every client can read (KIP-511).
class version_refusal final : public operation {
public:
  bool done() const override { return true; }
  void write(const wire::request_header& request, std::vector<char>& out) override {
    auto response = supported_versions();
    response.error_code = wire::number(wire::error_code::unsupported_version);
    wire::append_response(request.correlation_id, 0, response, out);
  }
};

} // namespace

result<operation_ptr> handle_api_versions(const operation_context&, const wire::request_header& header,
                                          const bytes& body) {
  if (!wire::info(header.key).knows(header.version))
    return std::make_unique<version_refusal>();
  auto request = wire::decode<wire::api_versions_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  return answer(supported_versions());
}

result<operation_ptr> handle_describe_cluster(const operation_context& context, const wire::request_header& header,
                                              const bytes& body) {
  auto request = wire::decode<wire::describe_cluster_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  wire::describe_cluster_response response;
  response.endpoint_type = request->endpoint_type;
  if (request->endpoint_type != 1) {
    response.error_code = wire::number(wire::error_code::unsupported_endpoint_type);
    response.error_message = "only brokers are listed here";
    return answer(std::move(response));
  }
  response.cluster_id = context.view.image->cluster_id();
  response.controller_id = live_brokers{context}.controller(context.environment.options->self);
  context.view.image->for_each_broker([&](const metadata::broker& b) {
    auto* e = b.find_endpoint(context.environment.options->listener_name);
    if (e && (!b.fenced || request->include_fenced_brokers))
      response.brokers.push_back({b.node.value(), e->host, e->port, b.rack, b.fenced});
  });
  if (request->include_cluster_authorized_operations)
    response.cluster_authorized_operations = all_cluster_operations;
  return answer(std::move(response));
}

// No coordinator runs here yet: the retriable error is the honest one. Its client says nothing and tries again for ever, so
// that the log has to say it.
result<operation_ptr> handle_find_coordinator(const operation_context& context, const wire::request_header& header,
                                              const bytes& body) {
  auto request = wire::decode<wire::find_coordinator_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  if (auto client = context.environment.without_coordinator->first(header.client_id.value_or("")))
    spdlog::warn("kafka: client '{}' asks for a coordinator, and will ask for ever: consumer groups and transactions are not "
                 "there yet",
                 *client);
  const auto code = wire::number(wire::error_code::coordinator_not_available);
  const std::string why{sentence(errc::coordinator_not_available)};
  wire::find_coordinator_response response;
  response.error_code = code;
  response.error_message = why;
  response.node_id = -1;
  response.port = -1;
  for (auto& key : request->coordinator_keys)
    response.coordinators.push_back({key, -1, "", -1, code, why});
  return answer(std::move(response));
}

} // namespace troupe::kafka
