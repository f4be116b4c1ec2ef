#define CAF_SUITE status

#include "actors/node/command/cluster_status.hpp"
#include "actors/node/command/http_get.hpp"

#include "caf/test/unit_test.hpp"

#include <nlohmann/json.hpp>

using namespace troupe;
using namespace troupe::command;

namespace {

partition_info partition(std::int32_t number, std::int32_t leader, std::size_t in_sync) {
  std::vector<std::int32_t> replicas{1, 2, 3};
  std::vector<std::int32_t> some(replicas.begin(), replicas.begin() + static_cast<std::ptrdiff_t>(in_sync));
  return {partition_id{number}, leader, 0, replicas, some};
}

cluster_status healthy() {
  cluster_status status;
  status.cluster_id = "abc";
  status.controller = 1;
  status.nodes.push_back({1, "127.0.0.1", 9092, false, {{"/var/lib/troupe", 1'500'000, 1'000'000, 500'000}}, {}});
  count_topics({{"orders", {}, false, {partition(0, 1, 3), partition(1, 2, 3)}}}, status);
  return status;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

CAF_TEST(all is well) {
  auto status = healthy();
  CAF_CHECK_EQUAL(problems_of(status), std::vector<std::string>{});
  auto text = status_as_text(status);
  CAF_MESSAGE(text);
  for (auto part : {"abc, controller 1", "127.0.0.1:9092", "1.5 MB of records in /var/lib/troupe", "1 topic, 2 partitions",
                    "0 without a leader, 0 under-replicated", "health   good", "admin    not reached"})
    CAF_CHECK(contains(text, part));
}

CAF_TEST(each problem has a sentence) {
  auto one_problem = [](auto change) {
    auto status = healthy();
    change(status);
    auto problems = problems_of(status);
    return problems.size() == 1 ? problems[0] : "not one problem but " + std::to_string(problems.size());
  };
  CAF_CHECK_EQUAL(one_problem([](auto& s) { s.controller = -1; }),
                  "the cluster has no controller: topics can be neither made nor changed");
  CAF_CHECK_EQUAL(one_problem([](auto& s) { s.nodes.clear(); }), "the cluster has no node that serves clients");
  CAF_CHECK_EQUAL(one_problem([](auto& s) { s.nodes[0].is_fenced = true; }),
                  "node 1 at 127.0.0.1:9092 is fenced: it leads nothing");
  CAF_CHECK_EQUAL(one_problem([](auto& s) { s.nodes[0].disk_problem = "its disk has failed"; }),
                  "node 1 at 127.0.0.1:9092: its disk has failed");
  CAF_CHECK_EQUAL(one_problem([](auto& s) { s.nodes[0].disks[0].usable_bytes = 49'999; }),
                  "node 1 at 127.0.0.1:9092: the disk of /var/lib/troupe is nearly full: 50 kB of 1.0 MB are free");
  CAF_CHECK_EQUAL(one_problem([](auto& s) { count_topics({{"x", {}, false, {partition(4, -1, 3)}}}, s); }),
                  "1 partition has no leader: x/4");
  CAF_CHECK_EQUAL(one_problem([](auto& s) { count_topics({{"x", {}, false, {partition(4, 1, 2)}}}, s); }),
                  "1 partition lacks a replica in sync: x/4");
  CAF_CHECK_EQUAL(one_problem([](auto& s) { s.admin = admin_status{"127.0.0.1:9644", true, false, {}, -1, 0}; }),
                  "the admin listener at 127.0.0.1:9644 says that the node is not ready");
  CAF_CHECK_EQUAL(one_problem([](auto& s) { s.admin = admin_status{"127.0.0.1:9644", false, true, {}, -1, 0}; }),
                  "the admin listener at 127.0.0.1:9644 says that the node is not live");
  CAF_CHECK_EQUAL(one_problem([](auto& s) { s.admin = admin_status{"127.0.0.1:9644", true, true, {}, -1, 2}; }),
                  "2 parts of the node failed and will be started again: see /v1/supervision at 127.0.0.1:9644");
}

CAF_TEST(what is not told is no problem) {
  auto status = healthy();
  status.nodes[0].disks.clear();
  CAF_CHECK(problems_of(status).empty());
  status.nodes[0].disks = {{"/d", 0, -1, -1}};
  CAF_CHECK(problems_of(status).empty());
  status.admin = admin_status{"127.0.0.1:9644", true, true, "0.1.0", 93'784'000, 0};
  CAF_CHECK(problems_of(status).empty());
  CAF_CHECK(contains(status_as_text(status), "127.0.0.1:9644  live, ready, version 0.1.0, up 1d 2h"));
}

CAF_TEST(many partitions are counted and a few named) {
  auto status = healthy();
  std::vector<partition_info> partitions;
  for (auto i = 0; i < 1000; ++i)
    partitions.push_back(partition(i, -1, 3));
  count_topics({{"x", {}, false, partitions}}, status);
  auto problems = problems_of(status);
  CAF_REQUIRE_EQUAL(problems.size(), 1u);
  CAF_CHECK_EQUAL(problems[0], "1,000 partitions have no leader: x/0, x/1, x/2, x/3, x/4, ...");
}

CAF_TEST(the same as JSON) {
  auto status = healthy();
  auto good = nlohmann::json::parse(status_as_json(status));
  CAF_CHECK(good["healthy"].get<bool>());
  CAF_CHECK_EQUAL(good["nodes"][0]["disks"][0]["usable_bytes"].get<int>(), 500'000);
  CAF_CHECK(!good.contains("admin"));
  status.controller = -1;
  status.admin = admin_status{"127.0.0.1:9644", true, true, "0.1.0", 5, 0};
  auto bad = nlohmann::json::parse(status_as_json(status));
  CAF_CHECK(!bad["healthy"].get<bool>());
  CAF_CHECK_EQUAL(bad["problems"].size(), 1u);
  CAF_CHECK_EQUAL(bad["admin"]["version"].get<std::string>(), "0.1.0");
}

CAF_TEST(answers over HTTP) {
  auto good = parse_http_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  CAF_REQUIRE(good.has_value());
  CAF_CHECK_EQUAL(good->status, 200);
  CAF_CHECK_EQUAL(good->body, "ok");
  auto unready = parse_http_answer("HTTP/1.0 503 Service Unavailable\r\n\r\n{}");
  CAF_REQUIRE(unready.has_value());
  CAF_CHECK_EQUAL(unready->status, 503);
  CAF_CHECK_EQUAL(unready->body, "{}");
  for (std::string_view bad :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 abc\r\n\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 -20\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-LENGTH:  3\r\n\r\nok", "HTTP/1.\r\n\r\n"}) {
    CAF_MESSAGE(bad);
    CAF_CHECK(!parse_http_answer(bad).has_value());
  }
}
