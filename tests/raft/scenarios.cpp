#define CAF_SUITE scenarios
#include "caf/test/unit_test.hpp"

#include "tests/raft/scenario_player.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

using namespace troupe::raft;

namespace {

std::vector<std::filesystem::path> scenario_files() {
  std::vector<std::filesystem::path> files;
  for (auto& file : std::filesystem::directory_iterator{TROUPE_SCENARIOS})
    if (file.path().extension() == ".txt")
      files.push_back(file.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string read_text(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

/// "line 7: expected this, got that": where two texts begin to differ.
std::string first_difference(const std::string& expected, const std::string& got) {
  std::istringstream a{expected}, b{got};
  std::string x, y;
  for (int line = 1;; ++line) {
    auto more_a = static_cast<bool>(std::getline(a, x)), more_b = static_cast<bool>(std::getline(b, y));
    if (!more_a && !more_b)
      return {};
    if (more_a != more_b || x != y)
      return "line " + std::to_string(line) + ": expected '" + (more_a ? x : "the end") + "', got '"
             + (more_b ? y : "the end") + "'";
  }
}

} // namespace

CAF_TEST(every story ends as it was recorded) {
  auto files = scenario_files();
  CAF_CHECK(files.size() >= 21);
  for (auto& file : files) {
    auto expected = read_text(file);
    auto got = play_scenario(expected);
    CAF_CHECK(got.find("BROKEN") == std::string::npos);
    CAF_CHECK(got.find("error:") == std::string::npos);
    if (auto* record = std::getenv("TROUPE_RECORD"); record && std::string_view{record} == "1")
      std::ofstream{file} << got;
    else if (auto difference = first_difference(expected, got); !difference.empty())
      CAF_ERROR(file.filename().string() << " " << difference);
  }
}

CAF_TEST(an unknown command is an error) {
  CAF_CHECK(play_scenario("> dance 1\n") == "> dance 1\nerror: no such command\n");
}
