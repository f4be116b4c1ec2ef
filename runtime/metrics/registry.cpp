#include "runtime/metrics/registry.hpp"

#include <utility>

namespace troupe::metrics {

histogram_values duration_histogram::values() const {
  histogram_values all{duration_bounds_ns, 1e-9, {}, 0};
  all.counts.reserve(counts_.size());
  for (auto& count : counts_)
    all.counts.push_back(count.value());
  all.sum = static_cast<std::int64_t>(sum_ns_.value());
  return all;
}

void sink::counter(std::string_view name, std::string_view help, double value) {
  if (family(name, family_kind::counter, help))
    sample({}, value);
}

void sink::gauge(std::string_view name, std::string_view help, double value) {
  if (family(name, family_kind::gauge, help))
    sample({}, value);
}

void sink::histogram(std::string_view name, std::string_view help, const duration_histogram& values) {
  if (family(name, family_kind::histogram, help))
    sample({}, values.values());
}

void registry::add(collector what) {
  std::lock_guard lock{mutex_};
  collectors_.push_back(std::move(what));
}

void registry::collect(sink& to) const {
  std::lock_guard lock{mutex_};
  for (auto& one : collectors_)
    one(to);
}

} // namespace troupe::metrics
