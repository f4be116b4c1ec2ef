// Chosen families as values, for whoever computes with them or writes them in another form.
#pragma once

#include "runtime/metrics/registry.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::metrics {

struct sample_data {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;           ///< of a counter or gauge
  histogram_values histogram; ///< of a histogram
};

struct family_data {
  std::string name;
  family_kind kind = family_kind::gauge;
  std::string help;
  std::vector<sample_data> samples;
};

/// Keeps the families whose name is among `wanted`; all if that is empty.
class snapshot final : public sink {
public:
  explicit snapshot(std::vector<std::string_view> wanted = {}) : wanted_(std::move(wanted)) {}

  bool family(std::string_view name, family_kind kind, std::string_view help) override;
  void sample(labels with, double value) override;
  void sample(labels with, const histogram_values& values) override;

  const std::vector<family_data>& families() const noexcept { return families_; }

private:
  sample_data* add(labels with);

  std::vector<std::string_view> wanted_;
  std::vector<family_data> families_;
  bool taking_ = false;
};

} // namespace troupe::metrics
