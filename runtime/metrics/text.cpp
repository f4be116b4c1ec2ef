#include "runtime/metrics/text.hpp"

#include <charconv>
#include <cmath>

namespace troupe::metrics {

namespace {

std::string_view word_for(family_kind kind) {
  switch (kind) {
  case family_kind::counter:
    return "counter";
  case family_kind::gauge:
    return "gauge";
  case family_kind::histogram:
    return "histogram";
  }
  return {};
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out += c;
  }
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out += out.back() == '{' ? "" : ",";
  out.append(name).append("=\"");
  append_escaped(out, value, true);
  out += '"';
}

} // namespace

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char digits[32];
    auto whole = static_cast<std::int64_t>(std::abs(value) < 1e15 ? value : 0);
    auto end = whole != 0 && static_cast<double>(whole) == value
                   ? std::to_chars(digits, digits + sizeof digits, whole).ptr
                   : std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general).ptr;
    out.append(digits, end);
  }
}

bool text_sink::family(std::string_view name, family_kind kind, std::string_view help) {
  name_ = name;
  out_.append("# HELP ").append(name) += ' ';
  append_escaped(out_, help, false);
  out_.append("\n# TYPE ").append(name).append(" ").append(word_for(kind)) += '\n';
  return true;
}

void text_sink::line(std::string_view suffix, labels with, std::string_view le, double value) {
  out_.append(name_).append(suffix);
  if (with.size() > 0 || !le.empty()) {
    out_ += '{';
    for (auto& one : with)
      append_label(out_, one.name, one.value);
    if (!le.empty())
      append_label(out_, "le", le);
    out_ += '}';
  }
  out_ += ' ';
  append_number(out_, value);
  out_ += '\n';
}

void text_sink::sample(labels with, double value) { line({}, with, {}, value); }

void text_sink::sample(labels with, const histogram_values& values) {
  std::uint64_t seen = 0;
  std::string bound;
  for (std::size_t i = 0; i < values.counts.size(); ++i) {
    seen += values.counts[i];
    bound.clear();
    if (i < values.bounds.size())
      // To a multiple of the unit that one would write: 1.5e-05, not 1.5000000000000002e-05.
      append_number(bound, static_cast<double>(values.bounds[i]) / std::round(1 / values.unit));
    else
      bound = "+Inf";
    line("_bucket", with, bound, static_cast<double>(seen));
  }
  line("_sum", with, {}, static_cast<double>(values.sum) * values.unit);
  line("_count", with, {}, static_cast<double>(seen));
}

std::string to_text(const registry& from) {
  std::string out;
  text_sink sink{out};
  from.collect(sink);
  return out;
}

} // namespace troupe::metrics
