// The text format that Prometheus and OpenMetrics collectors read (Prometheus exposition format 0.0.4).
#pragma once

#include "runtime/metrics/registry.hpp"

#include <string>
#include <string_view>

namespace troupe::metrics {

constexpr std::string_view text_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Appends what it is given to a text. A histogram becomes its cumulative buckets, its sum and its count.
class text_sink final : public sink {
public:
  explicit text_sink(std::string& out) : out_(out) {}

  bool family(std::string_view name, family_kind kind, std::string_view help) override;
  void sample(labels with, double value) override;
  void sample(labels with, const histogram_values& values) override;

private:
  void line(std::string_view suffix, labels with, std::string_view le, double value);

  std::string& out_;
  std::string name_;
};

/// The registry as text.
std::string to_text(const registry& from);

/// "12", "0.25", "1e-05", "+Inf", "NaN": the shortest that reads back as the same number.
void append_number(std::string& out, double value);

} // namespace troupe::metrics
