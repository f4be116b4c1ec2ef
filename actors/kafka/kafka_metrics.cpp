#include "actors/kafka/kafka_metrics.hpp"

#include "actors/kafka/session.hpp"

namespace troupe::kafka {

namespace {

using metrics::family_kind;

double as_number(std::size_t value) { return static_cast<double>(value); }

template <class Array, class Value>
void collect_by_api(metrics::sink& to, const Array& apis, std::string_view name, family_kind kind, std::string_view help,
                    Value value) {
  if (!to.family(name, kind, help))
    return;
  for (auto& info : wire::catalog()) {
    auto& counted = apis[static_cast<std::size_t>(info.key)];
    // What nobody asks for is no line.
    if (counted.requests.value() > 0)
      to.sample({{"api", info.name}}, value(counted));
  }
}

} // namespace

const std::shared_ptr<kafka_metrics>& kafka_metrics::unwatched() {
  static const auto nobody = std::make_shared<kafka_metrics>();
  return nobody;
}

void kafka_metrics::collect(const byte_budget& budget, metrics::sink& to) const {
  auto count = [](const metrics::counter& counter) { return static_cast<double>(counter.value()); };
  collect_by_api(to, apis_, "troupe_kafka_requests_total", family_kind::counter, "Requests of Kafka clients.",
                 [&](auto& api) { return count(api.requests); });
  collect_by_api(to, apis_, "troupe_kafka_received_bytes_total", family_kind::counter, "Bytes of requests.",
                 [&](auto& api) { return count(api.received_bytes); });
  collect_by_api(to, apis_, "troupe_kafka_sent_bytes_total", family_kind::counter, "Bytes of answers.",
                 [&](auto& api) { return count(api.sent_bytes); });
  collect_by_api(to, apis_, "troupe_kafka_request_duration_seconds", family_kind::histogram,
                 "From the whole request to the whole answer. That of Fetch includes the wait for data that it asks for.",
                 [](auto& api) { return api.duration.values(); });
  to.counter("troupe_kafka_requests_refused_total", "Requests that made no sense; their connection was closed.",
             count(requests_refused));
  to.gauge("troupe_kafka_connections", "Open connections of Kafka clients.", as_number(connections->size()));
  to.counter("troupe_kafka_connections_accepted_total", "Connections that were accepted.", count(connections_accepted));
  to.counter("troupe_kafka_connections_refused_total", "Connections that were refused: too many were open.",
             count(connections_refused));
  to.gauge("troupe_kafka_waiting_request_bytes", "Bytes of requests that wait for their answer.",
           as_number(budget.used.load(std::memory_order_relaxed)));
  to.gauge("troupe_kafka_waiting_request_limit_bytes", "Beyond it no connection is read until others are answered.",
           as_number(budget.limit));
  to.gauge("troupe_kafka_unsent_bytes", "Bytes of answers that clients have not taken.",
           as_number(budget.unsent.load(std::memory_order_relaxed)));
  to.gauge("troupe_kafka_unsent_limit_bytes", "Beyond it a fetch returns little.", as_number(budget.unsent_limit));
}

} // namespace troupe::kafka
