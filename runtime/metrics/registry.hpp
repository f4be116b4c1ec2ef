// Where everything that is counted can be found. Rooms own their instruments (instruments.hpp) and add a collector, which
// names them: it runs when somebody looks, and nothing but the instruments is touched before.
//
// Names follow Prometheus' conventions: troupe_<what>_<unit>, counters end in _total, units are seconds and bytes.
#pragma once

#include "runtime/metrics/instruments.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string_view>
#include <vector>

namespace troupe::metrics {

enum class family_kind : std::uint8_t { counter, gauge, histogram };

struct label {
  std::string_view name;
  std::string_view value;
};
using labels = std::initializer_list<label>;

/// Takes families, each with its samples right behind it.
class sink {
public:
  virtual ~sink() = default;

  /// Begins a family. False: nobody wants it; its samples may be left out and are ignored.
  virtual bool family(std::string_view name, family_kind kind, std::string_view help) = 0;
  virtual void sample(labels with, double value) = 0;
  virtual void sample(labels with, const histogram_values& values) = 0;

  // A family of one sample without labels.
  void counter(std::string_view name, std::string_view help, double value);
  void gauge(std::string_view name, std::string_view help, double value);
  void histogram(std::string_view name, std::string_view help, const duration_histogram& values);
};

using collector = std::function<void(sink&)>;

/// Safe from any thread. Collectors run under its lock, so that they are done when it is destroyed: they take no lock that
/// is held while one is added.
class registry {
public:
  void add(collector what);
  void collect(sink& to) const;

private:
  mutable std::mutex mutex_;
  std::vector<collector> collectors_;
};

} // namespace troupe::metrics
