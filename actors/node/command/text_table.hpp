// Rows of text in columns, for people: each column as wide as its widest cell.
#pragma once

#include <string>
#include <vector>

namespace troupe::command {

class text_table {
public:
  /// The first row is a heading if there is one. A row may be shorter than others.
  text_table& row(std::vector<std::string> cells);

  bool empty() const noexcept { return rows_.empty(); }
  /// Two spaces between columns, nothing behind the last cell, a newline behind each row.
  std::string str(const std::string& indentation = {}) const;

private:
  std::vector<std::vector<std::string>> rows_;
};

} // namespace troupe::command
