// What the sessions and listeners of a node count, all together.
#pragma once

#include "runtime/metrics/connection_table.hpp"
#include "runtime/metrics/registry.hpp"
#include "runtime/wire/catalog.hpp"

#include <array>
#include <memory>

namespace troupe::kafka {

struct byte_budget;

struct api_metrics {
  metrics::counter requests;
  metrics::counter received_bytes;
  metrics::counter sent_bytes;
  metrics::duration_histogram duration; ///< from the whole request to the whole answer, as written to the connection
};

class kafka_metrics {
public:
  /// For sessions of which nobody wants to know: shared by all of them, collected by nobody.
  static const std::shared_ptr<kafka_metrics>& unwatched();

  api_metrics& of(wire::api_key key) noexcept {
    auto index = static_cast<std::size_t>(key);
    return apis_[index < apis_.size() ? index : apis_.size() - 1];
  }

  metrics::counter connections_accepted;
  metrics::counter connections_refused; ///< too many were open
  metrics::counter requests_refused;    ///< made no sense: their connection is closed
  std::shared_ptr<metrics::connection_table> connections = std::make_shared<metrics::connection_table>();

  void collect(const byte_budget& budget, metrics::sink& to) const;

private:
  std::array<api_metrics, 128> apis_; ///< by key
};

} // namespace troupe::kafka
