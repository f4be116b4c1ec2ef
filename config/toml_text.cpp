#include "config/toml_text.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace troupe::config {

namespace {

/// After so many lines that cannot be read, the file is something else than TOML.
constexpr std::size_t unreadable_lines_max = 20;

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (true) {
    auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return lines;
    text.remove_prefix(end + 1);
  }
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (auto& line : lines)
    text += line + '\n';
  return text;
}

/// The line's first character that is no space, from 0.
std::size_t indentation(const std::string& line) {
  return std::min(line.find_first_not_of(" \t"), line.size());
}

/// "port" of "  port = 9092"; empty if the line is none of key and value.
std::string key_of(const std::string& line) {
  auto begin = indentation(line);
  auto equals = line.find('=');
  if (equals == std::string::npos || begin == equals || line[begin] == '[' || line[begin] == '#')
    return {};
  auto last = line.find_last_not_of(" \t", equals - 1);
  return line.substr(begin, last + 1 - begin);
}

/// The line, from 1, that gave the same key a value before, within the same table; 0 if none.
unsigned line_of_first(const std::vector<std::string>& lines, std::size_t line) {
  auto key = key_of(lines[line - 1]);
  for (auto before = line - 1; before >= 1 && !key.empty(); --before) {
    auto& text = lines[before - 1];
    if (key_of(text) == key)
      return static_cast<unsigned>(before);
    if (text.compare(indentation(text), 1, "[") == 0)
      break;
  }
  return 0;
}

mistake describe_problem(const toml::parse_error& problem, const std::vector<std::string>& lines,
                         const std::string& source) {
  auto at = problem.source().begin;
  place where{source, at.line, at.column};
  std::string what{problem.description()};
  if (what.find("cannot redefine existing") != std::string::npos && at.line >= 1 && at.line <= lines.size()) {
    where.column = static_cast<unsigned>(indentation(lines[at.line - 1])) + 1;
    auto key = key_of(lines[at.line - 1]);
    auto first = line_of_first(lines, at.line);
    if (key.empty())
      return {where, "this table is there twice", "remove one of them"};
    return {where, "duplicate key '" + key + "'",
            first == 0
                ? "remove one of them"
                : "line " + std::to_string(first) + " has given it a value already; remove one of them"};
  }
  return {where, "this is not TOML", std::move(what)};
}

/// Whether a string may begin behind this: elsewhere a quote is a mistake, and what follows it is no string to toml++.
bool may_precede_string(std::string_view before) {
  auto last = before.find_last_not_of(" \t");
  return last == before.npos || std::string_view{"=,[{."}.find(before[last]) != std::string_view::npos;
}

/// The column of a character that is neither ASCII nor part of a comment or of a string of one line. toml++ 3.3 runs
/// into code that it calls unreachable when it looks at such a character.
std::optional<unsigned> stray_character(std::string_view line) {
  auto has_blocks = line.find("\"\"\"") != line.npos || line.find("'''") != line.npos;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    auto c = line[i];
    if (static_cast<unsigned char>(c) >= 0x80 && (quote == 0 || has_blocks))
      return static_cast<unsigned>(i + 1);
    if (quote == 0 && c == '#')
      return std::nullopt;
    if (quote == 0 && (c == '"' || c == '\'') && may_precede_string(line.substr(0, i)))
      quote = c;
    else if (c == quote)
      quote = 0;
    else if (quote == '"' && c == '\\')
      ++i;
  }
  return std::nullopt;
}

} // namespace

toml_text parse_toml(std::string_view text, const std::string& source) {
  toml_text out;
  const auto lines = split_lines(text);
  for (unsigned i = 0; i < lines.size(); ++i)
    if (auto column = stray_character(lines[i])) {
      out.found.push_back({{source, i + 1, *column}, "a character that is not ASCII, outside of a string", ""});
      return out;
    }
  auto readable = lines;
  unsigned last_line = 0;
  while (true) {
    auto parsed = toml::parse(join_lines(readable), source);
    if (parsed) {
      out.table = std::move(parsed).table();
      break;
    }
    auto line = parsed.error().source().begin.line;
    // An error that does not come further down follows from the line that was left out.
    if (line <= last_line)
      break;
    out.found.push_back(describe_problem(parsed.error(), lines, source));
    if (out.found.size() == unreadable_lines_max || line > lines.size() || key_of(lines[line - 1]).empty())
      break;
    last_line = line;
    readable[line - 1].clear();
  }
  return out;
}

} // namespace troupe::config
