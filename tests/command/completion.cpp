#define CAF_SUITE completion

#include "actors/node/command/completion.hpp"

#include "actors/node/command/command_line.hpp"
#include "actors/node/command/commands.hpp"

#include "caf/test/unit_test.hpp"

#include <algorithm>
#include <sstream>

using namespace troupe::command;

namespace {

using words = std::vector<std::string>;

struct fixture {
  CLI::App app{"", "troupe"};
  invocation chosen;
  words asked;
  bool was_asked = false;

  fixture() { add_all_commands(app, chosen); }

  words candidates(const words& typed) {
    return complete(app, typed, [this](const words& servers) {
      asked = servers;
      was_asked = true;
      return words{"orders", "orders-old", "logs"};
    });
  }

  bool has(const words& typed, const std::string& candidate) {
    auto all = candidates(typed);
    return std::find(all.begin(), all.end(), candidate) != all.end();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(completion_tests, fixture)

CAF_TEST(commands) {
  CAF_CHECK_EQUAL(candidates({"to"}), (words{"topic"}));
  CAF_CHECK_EQUAL(candidates({"topic", "de"}), (words{"delete", "delete-records", "describe"}));
  CAF_CHECK_EQUAL(candidates({"co"}), (words{"completion", "config", "consume"}));
  CAF_CHECK_EQUAL(candidates({"nonsense"}), words{});
  CAF_CHECK_EQUAL(candidates({}), words{});
  CAF_CHECK(candidates({""}).size() >= 9);
  CAF_CHECK(!was_asked);
}

CAF_TEST(options of the command and no other) {
  CAF_CHECK_EQUAL(candidates({"topic", "alter", "--res"}), (words{"--reset"}));
  CAF_CHECK(has({"consume", "--"}, "--until-end"));
  CAF_CHECK_EQUAL(candidates({"up", "--n"}), (words{"--nodes"}));
  CAF_CHECK_EQUAL(candidates({"cluster", ""}), (words{"add-controller", "remove-controller", "status"}));
  CAF_CHECK_EQUAL(candidates({"node", "x", "--na"}), (words{"--name"}));
  CAF_CHECK(!has({"produce", "--"}, "--until-end"));
  CAF_CHECK(has({"produce", "orders", "--"}, "--help"));
  CAF_CHECK(!was_asked);
}

CAF_TEST(names of topics from the nodes that were named) {
  CAF_CHECK_EQUAL(candidates({"consume", "or"}), (words{"orders", "orders-old"}));
  CAF_CHECK(asked.empty());
  CAF_CHECK_EQUAL(candidates({"topic", "describe", "--server", "h:1", "orders", "l"}), (words{"logs"}));
  CAF_CHECK_EQUAL(asked, (words{"h:1"}));
  CAF_CHECK_EQUAL(candidates({"consume", "-b", "h:2", "--json", ""}).size(), 3u);
  CAF_CHECK_EQUAL(asked, (words{"h:2"}));
  CAF_CHECK_EQUAL(candidates({"consume", "--server=h:3", "l"}), (words{"logs"}));
  CAF_CHECK_EQUAL(asked, (words{"h:3"}));
  CAF_CHECK_EQUAL(candidates({"bench", "produce", "--topic", "l"}), (words{"logs"}));
  CAF_CHECK_EQUAL(candidates({"consume", "--", "l"}), (words{"logs"}));
}

CAF_TEST(nobody is asked where no topic stands) {
  CAF_CHECK_EQUAL(candidates({"topic", "create", "or"}), words{});
  CAF_CHECK_EQUAL(candidates({"consume", "orders", "--count", "1"}), words{});
  CAF_CHECK_EQUAL(candidates({"consume", "--server", ""}), words{});
  CAF_CHECK(!was_asked);
}

CAF_TEST(words that an option takes) {
  CAF_CHECK_EQUAL(candidates({"produce", "x", "--compression", "z"}), (words{"zstd"}));
  CAF_CHECK_EQUAL(candidates({"produce", "x", "-z", ""}), (words{"gzip", "lz4", "none", "snappy", "zstd"}));
  CAF_CHECK_EQUAL(candidates({"produce", "x", "--acks=a"}), (words{"--acks=all"}));
  CAF_CHECK_EQUAL(candidates({"consume", "x", "--from", "b"}), (words{"beginning"}));
  CAF_CHECK_EQUAL(candidates({"topic", "create", "x", "--option", "retention."}),
                  (words{"retention.bytes=", "retention.ms="}));
  CAF_CHECK_EQUAL(candidates({"topic", "alter", "x", "--reset", "retention."}),
                  (words{"retention.bytes", "retention.ms"}));
  CAF_CHECK_EQUAL(candidates({"node", "--set", "log_f"}), (words{"log_format="}));
  CAF_CHECK_EQUAL(candidates({"node", "--nonsense=x"}), words{});
}

CAF_TEST(files are left to the shell) {
  CAF_CHECK_EQUAL(candidates({"node", "conf"}), (words{":files"}));
  CAF_CHECK_EQUAL(candidates({"node", "--data", ""}), (words{":files"}));
  CAF_CHECK_EQUAL(candidates({"up", ""}), (words{":files"}));
  CAF_CHECK_EQUAL(candidates({"up", "--data", ""}), (words{":files"}));
  CAF_CHECK_EQUAL(candidates({"log", "verify", ""}), (words{":files"}));
  CAF_CHECK_EQUAL(candidates({"config", "check", "/et"}), (words{":files"}));
}

CAF_TEST(the shell gets a candidate a line and never an error) {
  auto run = [](words arguments) {
    std::ostringstream out;
    std::ostringstream err;
    arguments.insert(arguments.begin(), {"completion", "candidates"});
    auto code = run_command_line(std::move(arguments), {out, err});
    return std::to_string(code) + ":" + out.str() + err.str();
  };
  CAF_CHECK_EQUAL(run({"topic", "l"}), "0:list\n");
  CAF_CHECK_EQUAL(run({"--he"}), "0:--help\n");
  CAF_CHECK_EQUAL(run({"topic", "--nonsense", ""}).substr(0, 2), "0:");
  // Nobody listens there.
  CAF_CHECK_EQUAL(run({"consume", "-b", "127.0.0.1:1", ""}), "0:");
  CAF_CHECK_EQUAL(run({"consume", "-b", "no address", ""}), "0:");
}

CAF_TEST_FIXTURE_SCOPE_END()
