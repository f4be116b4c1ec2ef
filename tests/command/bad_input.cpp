// Every option of the command line that takes a value, with values that it cannot take.
#define CAF_SUITE bad_input

#include "actors/node/command/command_line.hpp"
#include "actors/node/command/commands.hpp"

#include "config/option_table.hpp"
#include "tests/command/run_node.hpp"

#include "caf/test/unit_test.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include <unistd.h>

namespace {

using words = std::vector<std::string>;

struct outcome {
  int code;
  std::string out;
  std::string err;
};

outcome run(words arguments) {
  std::ostringstream out;
  std::ostringstream err;
  auto code = troupe::command::run_command_line(std::move(arguments), {out, err});
  return {code, out.str(), err.str()};
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// An option of a command and what it cannot be.
struct refusals {
  words command;
  std::string option;
  words values;
};

std::vector<refusals> all_refusals() {
  static const words no_duration{"", "soon", "-1s", "1 hour", "5MiB", "1e3", "99999999999999999999"};
  static const words no_size{"", "big", "-1", "1h", "1.5.1", "99999999999999999999TiB"};
  static const words no_count{"", "-1", "0", "x", "1.5", "99999999999999999999"};
  static const words no_address{"", "localhost", ":1", "host:", "host:port", "host:65536", "host:-1", "a b:1", "::1:9092"};
  static const words no_setting{"", "retention.ms", "=1"};
  static const words no_place{"", "yesterday", "@", "@-1", "@2026-13-01", "@2026-02-30", "@2026-01-01T25:00:00Z", "1.5"};
  static const words no_codec{"", "rar", "ZSTD", "gzip "};
  static const words no_acks{"", "2", "-2", "some"};
  std::vector<refusals> all{
      {{"topic", "list"}, "--timeout", no_duration},
      {{"topic", "list"}, "--wait", no_duration},
      {{"topic", "list"}, "--server", no_address},
      {{"status"}, "--admin", {"nowhere", "host:", "host:65536"}},
      {{"topic", "create", "x"}, "--partitions", no_count},
      {{"topic", "create", "x"}, "--partitions", {"20001"}},
      {{"topic", "create", "x"}, "--replication-factor", {"0", "-1", "32768", "x"}},
      {{"topic", "create", "x"}, "--option", no_setting},
      {{"topic", "create", "x"}, "--config", no_setting},
      {{"topic", "alter", "x"}, "--option", no_setting},
      {{"topic", "alter", "x"}, "--partitions", no_count},
      {{"topic", "offsets", "x"}, "--partition", {"-1", "x", "99999999999"}},
      {{"topic", "offsets", "x"}, "--at", {"yesterday", "@", "@2026-13-01"}},
      {{"topic", "delete-records", "x"}, "--before", no_place},
      {{"topic", "delete-records", "x", "--before=1"}, "--partition", {"-1", "x", "99999999999"}},
      {{"produce", "x"}, "--partition", {"-1", "x"}},
      {{"produce", "x"}, "--header", {"", "name"}},
      {{"produce", "x"}, "--compression", no_codec},
      {{"produce", "x"}, "--acks", no_acks},
      {{"produce", "x"}, "--batch-size", no_size},
      {{"produce", "x"}, "--linger", no_duration},
      {{"produce", "x"}, "--delivery-timeout", no_duration},
      {{"consume", "x"}, "--from", no_place},
      {{"consume", "x"}, "--partition", {"-1", "x"}},
      {{"consume", "x"}, "--count", {"-1", "x", "1.5"}},
      {{"consume", "x"}, "--give-up", no_duration},
      {{"consume", "x"}, "--format", {"%", "%q", "\\", "\\x1", "\\q"}},
      {{"cert", "node", "/tmp"}, "--node", {"", "-1", "x", "99999999999"}},
      {{"cert", "node", "/tmp", "--node=1"}, "--days", {"", "0", "-1", "x", "99999999"}},
      {{"cert", "authority", "/tmp"}, "--days", {"", "0", "-1", "x", "99999999"}},
      {{"log", "dump", "/tmp"}, "--topic-partition", {"orders-0", "-0", "x", "AAAAAAAAAAAAAAAAAAAAAA--1"}},
      {{"node", "--check"}, "--listen", {"", "9092", "host:x", "127.0.0.1:1,secure", "127.0.0.1:1,advertised=x"}},
      {{"node", "--check"}, "--set", {"", "=", "node_id", "nonsense=1"}},
      {{"node", "--check"}, "--name", {"nobody"}},
      {{"up", TROUPE_SOURCE_DIR "/config/topologies/three-nodes.toml"}, "--nodes", {"nobody", "n1,nobody"}},
  };
  for (auto kind : {"produce", "consume", "latency"})
    all.push_back({{"bench", kind}, "--seconds", {"", "0", "-1", "x", "1e300", "nan"}});
  all.push_back({{"bench", "latency"}, "--size", {"0", "7"}}); // the time when a record is due does not fit
  for (auto kind : {"produce", "latency"}) {
    words command{"bench", kind};
    all.push_back({command, "--rate", {"", "-1", "x", "1e300", "nan"}});
    all.push_back({command, "--size", no_size});
    all.push_back({command, "--partitions", no_count});
    all.push_back({command, "--partitions", {"20001"}});
    all.push_back({command, "--producers", no_count});
    all.push_back({command, "--producers", {"65"}});
    all.push_back({command, "--acks", no_acks});
    all.push_back({command, "--compression", no_codec});
    all.push_back({command, "--batch-size", no_size});
    all.push_back({command, "--linger", no_duration});
    all.push_back({command, "--warmup", no_duration});
  }
  return all;
}

/// Options for which every text is a value, as far as a command can know without a node.
const std::vector<refusals>& free_options() {
  static const std::vector<refusals> all{
      {{"node"}, "--data", {}},          {{"up"}, "--data", {}},
      {{"topic", "alter"}, "--reset", {}}, {{"produce"}, "--key-separator", {}},
      {{"bench"}, "--topic", {}},        {{"cert", "authority"}, "--name", {}},
      {{"cert", "node"}, "--host", {}},
  };
  return all;
}

/// Whether an entry is about this option of the command that these words name.
bool is_about(const refusals& entry, const words& command, const CLI::Option& option) {
  auto shared = std::min(entry.command.size(), command.size());
  auto same_command = std::equal(command.begin(), command.begin() + static_cast<std::ptrdiff_t>(shared), entry.command.begin());
  // Those of the connection are declared in one place for all commands.
  return option.check_name(entry.option) && (same_command || option.get_group() == "Connection");
}

/// Calls `f(command, option)` for each option that takes a value.
template <class F>
void for_each_valued_option(const CLI::App& app, const words& command, F&& f) {
  for (auto* option : app.get_options())
    if (option->nonpositional() && option->get_items_expected_max() > 0)
      f(command, *option);
  for (auto* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    auto longer = command;
    longer.push_back(child->get_name());
    for_each_valued_option(*child, longer, f);
  }
}

/// A file that is gone at the end.
class temporary_file {
public:
  explicit temporary_file(std::string_view text) {
    auto descriptor = ::mkstemp(path_.data());
    CAF_REQUIRE(descriptor >= 0);
    ::close(descriptor);
    std::ofstream{path_} << text;
  }
  ~temporary_file() { std::remove(path_.c_str()); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  const std::string& path() const { return path_; }

private:
  std::string path_ = "/tmp/troupe-test-XXXXXX";
};

} // namespace

CAF_TEST(a value that an option cannot have is wrong usage and one sentence) {
  for (auto& [command, option, values] : all_refusals())
    for (auto& value : values) {
      auto arguments = command;
      // Behind a bare '=' the parser takes the next word.
      if (value.empty())
        arguments.insert(arguments.end(), {option, value});
      else
        arguments.push_back(option + "=" + value);
      // Nobody listens there: what gets past the check fails with 1.
      auto is_local = command[0] == "log" || command[0] == "cert" || command[0] == "node" || command[0] == "up";
      if (!is_local && option != "--server")
        arguments.insert(arguments.end(), {"--server", "127.0.0.1:1"});
      auto wrong = run(arguments);
      if (wrong.code != 2)
        CAF_FAIL(command[0] << " ... " << option << "='" << value << "' gave " << wrong.code << ": " << wrong.err);
      CAF_MESSAGE(wrong.err);
      CAF_CHECK_EQUAL(wrong.out, "");
      CAF_CHECK(wrong.err.starts_with("troupe"));
    }
}

CAF_TEST(every option that takes a value is in one of the lists) {
  CLI::App app{"", "troupe"};
  troupe::command::invocation chosen;
  troupe::command::add_all_commands(app, chosen);
  auto refused = all_refusals();
  auto& free = free_options();
  std::size_t options = 0;
  for_each_valued_option(app, {}, [&](const words& command, const CLI::Option& option) {
    auto fits = [&](auto& entry) { return is_about(entry, command, option); };
    auto count = std::count_if(refused.begin(), refused.end(), fits) > 0 ? 1 : 0;
    count += std::count_if(free.begin(), free.end(), fits) > 0 ? 1 : 0;
    std::string named = "troupe";
    for (auto& word : command)
      named += ' ' + word;
    if (count != 1)
      CAF_ERROR(named << ' ' << option.get_name() << " is in " << count << " of the lists");
    ++options;
  });
  CAF_CHECK_GREATER(options, 60u);
}

CAF_TEST(altering needs something to alter) {
  auto nothing = run({"topic", "alter", "x", "--server", "127.0.0.1:1"});
  CAF_CHECK_EQUAL(nothing.code, 2);
  CAF_CHECK_EQUAL(nothing.err, "troupe: nothing to alter: give --option, --reset or --partitions\n");
}

CAF_TEST(options that exclude each other) {
  CAF_CHECK_EQUAL(run({"config", "list", "--json", "--markdown"}).code, 2);
  CAF_CHECK_EQUAL(run({"topic", "delete-records", "x"}).code, 2);
  CAF_CHECK_EQUAL(run({"config", "check"}).code, 2);
  CAF_CHECK_EQUAL(run({"completion", "fish"}).code, 2);
}

CAF_TEST(checking a file names every mistake with its place) {
  temporary_file bad{"node_id = -1\nnum_partition = 3\n[[listeners]]\nport = 'x'\n"};
  auto text = run({"config", "check", bad.path()});
  CAF_CHECK_EQUAL(text.code, 1);
  CAF_CHECK_EQUAL(text.out, "");
  CAF_MESSAGE(text.err);
  for (auto part : {"troupe: 'node_id' is -1 at line 1, column 11 of ", "unknown key 'num_partition' at line 2, column 1",
                    "'port' is \"x\" at line 4, column 8", "did you mean 'num_partitions'?"})
    CAF_CHECK(contains(text.err, part));
  auto json = run({"config", "check", bad.path(), "--json"});
  CAF_CHECK_EQUAL(json.code, 1);
  CAF_CHECK_EQUAL(json.err, "");
  std::istringstream lines{json.out};
  unsigned due[] = {1, 2, 4};
  auto count = 0;
  for (std::string line; std::getline(lines, line) && count < 3; ++count) {
    auto wrong = nlohmann::json::parse(line);
    CAF_CHECK_EQUAL(wrong["line"].get<unsigned>(), due[count]);
    CAF_CHECK_EQUAL(wrong["file"].get<std::string>(), bad.path());
    CAF_CHECK(!wrong["ok"].get<bool>());
  }
  CAF_CHECK_EQUAL(count, 3);
}

CAF_TEST(checking a good file and one that is not there) {
  latest_node_options.reset();
  temporary_file good{"node_id = 3\n"};
  auto well = run({"config", "check", good.path()});
  CAF_CHECK_EQUAL(well.code, 0);
  CAF_CHECK_EQUAL(well.out, good.path() + " is good.\n");
  auto missing = run({"config", "check", "/nonexistent.toml"});
  CAF_CHECK_EQUAL(missing.code, 1);
  CAF_CHECK_EQUAL(missing.err, "troupe: cannot read /nonexistent.toml: No such file or directory\n");
  CAF_CHECK(!latest_node_options.has_value());
}

CAF_TEST(checking the file of a cluster) {
  temporary_file even{"roles = 'both'\n[[node]]\n[[node]]\n[[topic]]\nname = 'a'\nretention.ms = '7d'\n"};
  auto well = run({"config", "check", even.path()});
  CAF_CHECK_EQUAL(well.code, 0);
  CAF_CHECK_EQUAL(well.out, even.path() + " is good.\n");
  CAF_CHECK(contains(well.err, "troupe: warning: an even number of controllers, 2 at line 3, column 1 of "));
  temporary_file bad{"[[node]]\n[[topic]]\nname = 'a'\nretention.mss = '7d'\nsegment.bytes = 'x'\n"};
  auto wrong = run({"config", "check", bad.path()});
  CAF_CHECK_EQUAL(wrong.code, 1);
  CAF_MESSAGE(wrong.err);
  CAF_CHECK(contains(wrong.err, "retention.mss"));
  CAF_CHECK(contains(wrong.err, "did you mean retention.ms?"));
  CAF_CHECK(contains(wrong.err, "at line 4, column 11 of "));
  CAF_CHECK(contains(wrong.err, "at line 5, column 9 of "));
}

CAF_TEST(listing options that there are and that there are not) {
  auto all = run({"config", "list"});
  CAF_CHECK_EQUAL(all.code, 0);
  for (auto& row : troupe::config::node_option_table())
    CAF_CHECK(contains(all.out, "\n" + std::string{row.name} + "  "));
  auto none = run({"config", "list", "no-such-option"});
  CAF_CHECK_EQUAL(none.code, 1);
  CAF_CHECK_EQUAL(none.err, "troupe: no option's name contains 'no-such-option'\n");
}
