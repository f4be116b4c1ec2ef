#define CAF_SUITE up_board

#include "actors/node/command/up/child_process.hpp"
#include "actors/node/command/up/status_board.hpp"

#include "caf/test/unit_test.hpp"

#include <cstdlib>
#include <fstream>

#include <unistd.h>

using namespace troupe::command;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::vector<supervised_process> two_processes() {
  std::vector<supervised_process> two(2);
  two[0].name = "n1";
  two[0].state = process_state::ready;
  two[0].pid = 4711;
  two[0].started_ms = 1000;
  two[1].name = "n2";
  two[1].state = process_state::waiting;
  two[1].start_due_ms = 62'000;
  two[1].restarts = 3;
  two[1].last_end = "killed by SIGKILL";
  return two;
}

const std::vector<board_node> board_rows{{1, "both", "127.0.0.1:9092"}, {2, "broker", "127.0.0.1:9093"}};

cluster_view healthy_view() {
  cluster_view view;
  view.controller = 1;
  view.partitions = 12;
  view.brokers = {{1, "127.0.0.1", 9092, {}, false, 0, 0, 0}, {2, "127.0.0.1", 9093, {}, true, 0, 0, 0}};
  return view;
}

} // namespace

CAF_TEST(a line on the cluster and a row for each node) {
  watched_cluster cluster{healthy_view(), 2, false};
  cluster.view->under_replicated.count = 4;
  cluster.view->brokers[0].leads = 5;
  cluster.view->brokers[0].replicas = 12;
  cluster.view->brokers[1].lagging = 12;
  auto lines = status_board(board_rows, two_processes(), cluster, 61'500);
  CAF_REQUIRE_EQUAL(lines.size(), 4u);
  CAF_CHECK(contains(lines[2], " 5 of 12  "));
  CAF_CHECK(contains(lines[3], "0 of 0, 12 lag"));
  CAF_CHECK_EQUAL(lines[0], "1 of 2 nodes ready, controller 1, 12 partitions, 0 without a leader, 4 under-replicated, 2 "
                            "topics to be made");
  CAF_CHECK(lines[1].starts_with("NODE  ID  ROLES"));
  for (auto part : {"n1    1   both", "4711", "ready, controller", "1m 0s", "127.0.0.1:9092"})
    CAF_CHECK(contains(lines[2], part));
  for (auto part : {"n2    2   broker", "waiting 500 ms", "  3  ", "killed by SIGKILL"})
    CAF_CHECK(contains(lines[3], part));
}

CAF_TEST(a cluster that does not answer) {
  auto lines = status_board(board_rows, two_processes(), {}, 61'500);
  CAF_CHECK_EQUAL(lines[0], "1 of 2 nodes ready, no answer from the cluster");
}

CAF_TEST(a fenced broker is shown as one) {
  auto processes = two_processes();
  processes[1] = processes[0];
  auto lines = status_board(board_rows, processes, {healthy_view(), 0, false}, 2000);
  CAF_CHECK(contains(lines[3], "ready, fenced"));
  CAF_CHECK(!contains(lines[2], "fenced"));
}

CAF_TEST(lines are drawn over those of before and never wider than the terminal) {
  CAF_CHECK_EQUAL(redraw({"abcdef", "x"}, 0, 4), "\r\x1b[Jabcd\nx\n");
  CAF_CHECK_EQUAL(redraw({"a"}, 3, 80), "\x1b[3A\r\x1b[Ja\n");
}

CAF_TEST(uptimes) {
  for (auto [ms, due] : {std::pair<std::int64_t, const char*>{-5, "0s"}, {999, "0s"}, {59'999, "59s"}, {60'000, "1m 0s"},
                         {3'599'000, "59m 59s"}, {3'600'000, "1h 0m"}, {90'000'000, "1d 1h"}})
    CAF_CHECK_EQUAL(uptime_for_people(ms), due);
}

CAF_TEST(only what has changed is news) {
  auto view = std::optional{healthy_view()};
  CAF_CHECK_EQUAL(changes_between({}, view), (std::vector<std::string>{"answers Kafka clients", "controller 1"}));
  CAF_CHECK_EQUAL(changes_between(view, view), std::vector<std::string>{});
  auto after = view;
  after->controller = -1;
  after->leaderless.count = 1;
  after->under_replicated.count = 2;
  CAF_CHECK_EQUAL(changes_between(view, after), (std::vector<std::string>{"no controller", "1 partition without a leader",
                                                                          "2 partitions under-replicated"}));
  CAF_CHECK_EQUAL(changes_between(after, {}), (std::vector<std::string>{"no node answers Kafka clients"}));
  CAF_CHECK_EQUAL(changes_between({}, {}), std::vector<std::string>{});
}

CAF_TEST(the last line of a log) {
  char path[] = "/tmp/troupe-up-test-XXXXXX";
  auto descriptor = ::mkstemp(path);
  CAF_REQUIRE(descriptor >= 0);
  ::close(descriptor);
  auto last_of = [&](const std::string& text, std::int64_t from) {
    std::ofstream{path} << text;
    return last_line(path, from);
  };
  CAF_CHECK_EQUAL(last_of("", 0), "");
  CAF_CHECK_EQUAL(last_of("\n\n", 0), "");
  CAF_CHECK_EQUAL(last_of("one\ntwo\n\n", 0), "two");
  CAF_CHECK_EQUAL(last_of("one\ntwo", 0), "two");
  CAF_CHECK_EQUAL(last_of("one\ntwo", 7), "");
  CAF_CHECK_EQUAL(last_of("one\ntwo", 100), "");
  CAF_CHECK_EQUAL(last_of("a\x1b[31mred\n", 0), "a[31mred");
  CAF_CHECK_EQUAL(last_of(std::string(9000, 'x') + "\n", 0).size(), 300u);
  CAF_CHECK_EQUAL(last_of(std::string(9000, 'x') + "\nend\n", 0), "end");
  CAF_CHECK_EQUAL(last_line("/nonexistent/log", 0), "");
  ::unlink(path);
}
