// Every option there is, with every wrong type, range and name.
#define CAF_SUITE config_bad_values

#include "config/load.hpp"
#include "config/option_table.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe::config;

namespace {

/// Values as they stand in a file, by what they are.
struct wrong_value {
  std::string_view text;
  bool is_boolean = false;
  bool is_integer = false;
  bool is_text = false;
};

constexpr wrong_value values[] = {
    {"true", true, false, false},
    {"7", false, true, false},
    {"\"some text\"", false, false, true},
    {"\"\"", false, false, true},
    {"1.5"},
    {"nan"},
    {"1979-05-27"},
    {"07:32:00"},
    {"[1]"},
    {"[]"},
    {"{ a = 1 }"},
};

bool is_number(option_kind kind) {
  return kind == option_kind::integer || kind == option_kind::size || kind == option_kind::duration;
}

/// Whether a value of this type can belong to an option of this kind.
bool fits(const wrong_value& value, option_kind kind) {
  if (kind == option_kind::boolean)
    return value.is_boolean;
  if (is_number(kind))
    return value.is_integer; // a text without a number in it is none
  return kind == option_kind::text && value.is_text;
}

std::vector<mistake> mistakes_of(const std::string& text, const overrides& changes = {}) {
  auto parsed = parse_node_options(text, "node.toml", changes);
  return parsed ? mistakes{} : parsed.error();
}

/// One line of a file with this option in its place, and the number of that line.
struct written {
  std::string text;
  unsigned line;
};

template <class Struct>
written write(std::string_view name, std::string_view value) {
  auto line = std::string{name} + " = " + std::string{value} + '\n';
  if constexpr (std::is_same_v<Struct, listener_options>)
    return {"[[listeners]]\n" + line, 2};
  else
    return {line, 1};
}

template <class Struct>
void check_refused(const option<Struct>& row, std::string_view value) {
  auto file = write<Struct>(row.name, value);
  auto found = mistakes_of(file.text);
  if (found.size() != 1)
    CAF_FAIL(row.name << " = " << value << ": " << found.size() << " mistakes");
  auto& wrong = found.front();
  CAF_MESSAGE(wrong.message());
  CAF_CHECK_EQUAL(wrong.where.line, file.line);
  CAF_CHECK_EQUAL(wrong.where.column > 0, true);
  CAF_CHECK(wrong.what.find(row.name) != std::string::npos);
  CAF_CHECK(!wrong.hint.empty());
}

template <class Struct>
void check_types(std::span<const option<Struct>> table) {
  for (auto& row : table)
    for (auto& value : values)
      if (!fits(value, row.kind))
        check_refused(row, value.text);
}

template <class Struct>
void check_ranges(std::span<const option<Struct>> table) {
  for (auto& row : table) {
    if (!is_number(row.kind))
      continue;
    if (row.min != INT64_MIN)
      check_refused(row, std::to_string(row.min - 1));
    if (row.max != INT64_MAX)
      check_refused(row, std::to_string(row.max + 1));
    check_refused(row, "-9223372036854775808");
  }
}

template <class Struct>
void check_numbers_beyond_64_bits(std::span<const option<Struct>> table) {
  for (auto& row : table)
    for (auto value : {"9223372036854775808", "-9223372036854775809", "99999999999999999999999999"})
      CAF_CHECK_EQUAL(mistakes_of(write<Struct>(row.name, value).text).size(), 1u);
}

/// What people make of a name when they mistype it.
std::vector<std::string> misspelled(std::string_view name) {
  std::string word{name};
  auto middle = word.size() / 2;
  auto without = word;
  without.erase(middle, 1);
  auto doubled = word;
  doubled.insert(middle, 1, word[middle]);
  auto dashed = word;
  for (auto& c : dashed)
    c = c == '_' ? '-' : c;
  std::vector<std::string> all{without, doubled, word + "s"};
  if (dashed != word)
    all.push_back(dashed);
  return all;
}

template <class Struct>
void check_names(std::span<const option<Struct>> table) {
  for (auto& row : table)
    for (auto& name : misspelled(row.name)) {
      auto file = write<Struct>(name, "1");
      auto found = mistakes_of(file.text);
      if (found.size() != 1)
        CAF_FAIL(name << ": " << found.size() << " mistakes");
      CAF_MESSAGE(found.front().message());
      CAF_CHECK_EQUAL(found.front().what, "unknown key '" + name + "'");
      CAF_CHECK_EQUAL(found.front().where.line, file.line);
      CAF_CHECK_EQUAL(found.front().where.column, 1u);
      CAF_CHECK(found.front().hint.find(row.name) != std::string::npos);
    }
}

} // namespace

CAF_TEST(a wrong type for every option) {
  check_types(node_option_table());
  check_types(listener_option_table());
}

CAF_TEST(a number just outside of every range) {
  check_ranges(node_option_table());
  check_ranges(listener_option_table());
}

CAF_TEST(a number that no 64 bits hold) {
  check_numbers_beyond_64_bits(node_option_table());
  check_numbers_beyond_64_bits(listener_option_table());
}

CAF_TEST(a mistyped name of every option) {
  check_names(node_option_table());
  check_names(listener_option_table());
}

CAF_TEST(both ends of every range are allowed) {
  for (auto& row : node_option_table()) {
    if (!is_number(row.kind))
      continue;
    for (auto value : {row.min, row.max}) {
      node_options options;
      CAF_CHECK(!assign(options, row, raw_value{value}).has_value());
    }
  }
}

CAF_TEST(on the command line as in the file) {
  for (auto& row : node_option_table()) {
    std::vector<std::string> wrong;
    if (is_number(row.kind)) {
      wrong = {"", "x", "1.5.2", "0x10", "1 2", "--5", "1e3", "99999999999999999999", std::to_string(row.min - 1)};
      if (row.max != INT64_MAX)
        wrong.push_back(std::to_string(row.max + 1));
    } else if (row.kind == option_kind::boolean) {
      wrong = {"", "1", "0", "yes", "no", "True", "FALSE", "tru"};
    } else if (row.kind == option_kind::choice) {
      wrong = {"", "x", "1", std::string{row.choices}, " ", "TEXT"};
    }
    for (auto& value : wrong) {
      overrides changes;
      changes.settings = {std::string{row.name} + "=" + value};
      auto found = mistakes_of("", changes);
      if (found.size() != 1)
        CAF_FAIL(changes.settings[0] << ": " << found.size() << " mistakes");
      CAF_MESSAGE(found.front().message());
      CAF_CHECK_EQUAL(found.front().where.source, "--set");
      CAF_CHECK(found.front().what.find(row.name) != std::string::npos);
    }
  }
}

CAF_TEST(a unit of the wrong kind) {
  for (auto& row : node_option_table()) {
    if (row.kind == option_kind::size)
      for (auto value : {"'1h'", "'1 MiBs'", "'MiB'", "'1mib'", "'-1MiB'"})
        check_refused(row, value);
    if (row.kind == option_kind::duration)
      for (auto value : {"'1MiB'", "'1 hour'", "'h'", "'1H'", "'-1d'"})
        check_refused(row, value);
  }
}
