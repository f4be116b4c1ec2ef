#include "actors/node/command/text_table.hpp"

#include <algorithm>

namespace troupe::command {

namespace {

constexpr std::size_t column_gap = 2;

} // namespace

text_table& text_table::row(std::vector<std::string> cells) {
  rows_.push_back(std::move(cells));
  return *this;
}

std::string text_table::str(const std::string& indentation) const {
  std::vector<std::size_t> widths;
  for (auto& cells : rows_) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i)
      widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string text;
  for (auto& cells : rows_) {
    auto line = indentation;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += cells[i];
      line.append(widths[i] - cells[i].size() + column_gap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

} // namespace troupe::command
