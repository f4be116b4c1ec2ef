#define CAF_SUITE manual

#include "actors/node/command/command_line.hpp"

#include "caf/test/unit_test.hpp"

#include <sstream>

namespace {

std::string run(std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  auto code = troupe::command::run_command_line(std::move(arguments), {out, err});
  CAF_CHECK_EQUAL(code, 0);
  return out.str();
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

CAF_TEST(the manual has every command with its options and example) {
  auto page = run({"man"});
  CAF_CHECK(page.starts_with(".TH TROUPE 1 "));
  for (auto part : {".SH NAME\n", ".SH SYNOPSIS\n", ".SH COMMANDS\n", ".SH EXIT STATUS\n", ".SH FILES\n",
                    ".SH ENVIRONMENT\n", ".SH CONFIGURATION\n"})
    CAF_CHECK(contains(page, part));
  for (auto command : {"node [FILE]", "topic create NAME...", "topic alter TOPIC...", "topic delete\\-records TOPIC...",
                       "produce TOPIC", "consume TOPIC", "config check FILE", "log verify DIR", "status", "man", "up FILE",
                       "cluster status"})
    CAF_CHECK(contains(page, ".SS troupe " + std::string{command} + "\n"));
  CAF_CHECK(contains(page, ".B \\-p, \\-\\-partitions "));
  CAF_CHECK(contains(page, "troupe topic describe orders \\-\\-options"));
  CAF_CHECK(contains(page, ".B log_retention_ms = 7d\n"));
  CAF_CHECK(contains(page, ".B retention.ms = 604800000 (7d)\n"));
}

CAF_TEST(nothing in the manual is taken for a request) {
  std::istringstream lines{run({"man"})};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('\''))
      CAF_FAIL("a request by accident: " << line);
    if (!line.starts_with('.'))
      continue;
    auto request = line.substr(0, line.find(' '));
    auto is_known = false;
    for (auto known : {".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".I", ".BR", ".RI", ".EX", ".EE"})
      is_known = is_known || request == known;
    if (!is_known)
      CAF_FAIL("a request by accident: " << line);
  }
}

CAF_TEST(what the manual says is what help says) {
  auto page = run({"man"});
  auto help = run({"topic", "alter", "--help"});
  for (auto part : {"Give an option its default again; may be repeated", "Change options of topics, take changes back"}) {
    CAF_CHECK(contains(page, part));
    CAF_CHECK(contains(help, part));
  }
}
