#include "actors/node/command/progress.hpp"

#include "actors/node/command/moment.hpp"

#include <array>
#include <cstdio>
#include <ostream>
#include <string_view>

#include <unistd.h>

namespace troupe::command {

namespace {

constexpr std::int64_t progress_interval_ms = 1000;

} // namespace

progress::progress(std::ostream& err, bool is_wanted)
    : err_(err), is_terminal_(::isatty(STDERR_FILENO) == 1), next_ms_(monotonic_ms() + progress_interval_ms) {
  is_shown_ = is_wanted || is_terminal_;
}

progress::~progress() {
  if (has_written_ && is_terminal_)
    err_ << "\r\x1b[K" << std::flush;
}

void progress::show(const std::function<std::string()>& text) {
  auto now = is_shown_ ? monotonic_ms() : 0;
  if (!is_shown_ || now < next_ms_)
    return;
  next_ms_ = now + progress_interval_ms;
  has_written_ = true;
  if (is_terminal_)
    err_ << '\r' << text() << "\x1b[K" << std::flush;
  else
    err_ << text() << std::endl;
}

std::string with_commas(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), 1, ',');
  return digits;
}

std::string bytes_for_people(double size) {
  constexpr std::array<std::string_view, 5> units{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; size >= 999.5 && unit + 1 < units.size(); ++unit)
    size /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, size < 9.95 && unit > 0 ? "%.1f" : "%.0f", size);
  return std::string{text} + ' ' + std::string{units[unit]};
}

} // namespace troupe::command
