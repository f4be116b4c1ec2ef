// A line on standard error for what takes longer than a second: only for people, or when it is asked for.
#pragma once

#include "actors/node/command/outcome.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace troupe::command {

class progress {
public:
  /// Shows something if standard error is a terminal, or if `is_wanted`.
  progress(std::ostream& err, bool is_wanted);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Shows what `text` gives, once a second at the most and not in the first second.
  void show(const std::function<std::string()>& text);

private:
  std::ostream& err_;
  bool is_shown_ = false;
  bool is_terminal_ = false;
  bool has_written_ = false;
  std::int64_t next_ms_ = 0;
};

/// 1234567 -> "1,234,567"
std::string with_commas(std::uint64_t number);
/// Three digits and a unit of powers of 1000: "12.3 MB".
std::string bytes_for_people(double size);

} // namespace troupe::command
