#include "actors/node/command/record_format.hpp"

#include "actors/node/command/json_line.hpp"

#include <utility>

namespace troupe::command {

namespace {

constexpr std::string_view placeholders = "tpoTkKsSh%";

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  auto lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? std::optional{lower - 'a' + 10} : std::nullopt;
}

/// The character of the escape at the front of `text`, which is behind the backslash, and takes it away.
std::optional<char> take_escape(std::string_view& text) {
  if (text.empty())
    return std::nullopt;
  auto kind = text.front();
  text.remove_prefix(1);
  switch (kind) {
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  case '0':
    return '\0';
  case '\\':
    return '\\';
  case 'x': {
    auto high = text.size() < 2 ? std::nullopt : hex_digit(text[0]);
    auto low = text.size() < 2 ? std::nullopt : hex_digit(text[1]);
    if (!high || !low)
      return std::nullopt;
    text.remove_prefix(2);
    return static_cast<char>(*high * 16 + *low);
  }
  default:
    return std::nullopt;
  }
}

std::int64_t size_or_null(const std::optional<std::string_view>& data) {
  return data ? static_cast<std::int64_t>(data->size()) : -1;
}

void append_headers(const std::vector<record::header_view>& headers, std::string& out) {
  auto is_first = true;
  for (auto& header : headers) {
    out += is_first ? "" : ",";
    out.append(header.key).append("=").append(header.value.value_or(std::string_view{}));
    is_first = false;
  }
}

void append_part(char placeholder, const shown_record& record, std::string& out) {
  switch (placeholder) {
  case 't':
    out += record.topic;
    break;
  case 'p':
    out += std::to_string(record.partition.value());
    break;
  case 'o':
    out += std::to_string(record.offset.value());
    break;
  case 'T':
    out += std::to_string(record.time.value());
    break;
  case 'k':
    out += record.key.value_or(std::string_view{});
    break;
  case 'K':
    out += std::to_string(size_or_null(record.key));
    break;
  case 's':
    out += record.value.value_or(std::string_view{});
    break;
  case 'S':
    out += std::to_string(size_or_null(record.value));
    break;
  case 'h':
    append_headers(record.headers, out);
    break;
  case '%':
    out += '%';
    break;
  default:
    break;
  }
}

} // namespace

result<record_format> record_format::parse(std::string_view text) {
  record_format format;
  std::string literal;
  while (!text.empty()) {
    auto c = text.front();
    text.remove_prefix(1);
    if (c == '\\') {
      auto escaped = take_escape(text);
      if (!escaped)
        return fail(errc::invalid_argument,
                    "the format has an escape that there is not: write \\n \\r \\t \\0 \\\\ or \\xHH");
      literal += *escaped;
    } else if (c == '%') {
      if (text.empty() || placeholders.find(text.front()) == std::string_view::npos)
        return fail(errc::invalid_argument,
                    "the format has a placeholder '%" + std::string{text.substr(0, 1)}
                        + "' that there is not: write %t %p %o %T %k %K %s %S %h or %%");
      format.pieces_.push_back({text.front(), std::exchange(literal, {})});
      text.remove_prefix(1);
    } else {
      literal += c;
    }
  }
  if (!literal.empty())
    format.pieces_.push_back({0, std::move(literal)});
  return format;
}

void record_format::append(const shown_record& record, std::string& out) const {
  for (auto& piece : pieces_) {
    out += piece.text;
    append_part(piece.placeholder, record, out);
  }
}

void append_json(const shown_record& record, std::string& out) {
  json_line line;
  line.text("topic", record.topic).number("partition", record.partition.value());
  line.number("offset", record.offset.value()).number("timestamp", record.time.value());
  line.bytes("key", record.key).bytes("value", record.value);
  std::vector<std::string> headers;
  for (auto& header : record.headers) {
    json_line entry;
    headers.push_back(entry.text("key", header.key).bytes("value", header.value).str());
  }
  out += line.raw("headers", to_json_array(headers)).str();
  out += '\n';
}

} // namespace troupe::command
