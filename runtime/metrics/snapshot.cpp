#include "runtime/metrics/snapshot.hpp"

#include <algorithm>

namespace troupe::metrics {

bool snapshot::family(std::string_view name, family_kind kind, std::string_view help) {
  taking_ = wanted_.empty() || std::find(wanted_.begin(), wanted_.end(), name) != wanted_.end();
  if (taking_)
    families_.push_back({std::string{name}, kind, std::string{help}, {}});
  return taking_;
}

sample_data* snapshot::add(labels with) {
  if (!taking_)
    return nullptr;
  auto& added = families_.back().samples.emplace_back();
  for (auto& one : with)
    added.labels.emplace_back(one.name, one.value);
  return &added;
}

void snapshot::sample(labels with, double value) {
  if (auto* added = add(with))
    added->value = value;
}

void snapshot::sample(labels with, const histogram_values& values) {
  if (auto* added = add(with))
    added->histogram = values;
}

} // namespace troupe::metrics
