#define CAF_SUITE up_cluster_view

#include "actors/node/command/cluster_view.hpp"

#include "caf/test/unit_test.hpp"

#include <nlohmann/json.hpp>

using namespace troupe;
using namespace troupe::command;

namespace {

cluster_view some_view() {
  cluster_view view;
  view.cluster_id = "abc";
  view.controller = 2;
  view.quorum = quorum_view{2, 7, 100, {{1, 100, 3}, {2, 101, 0}, {3, 90, 5000}}, {{4, 99, -1}}};
  view.brokers = {{1, "127.0.0.1", 9092, "a", false, 0, 0, 0}, {2, "::1", 9093, {}, true, 0, 0, 0}};
  view.topics = 2;
  view.partitions = 1200;
  return view;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

CAF_TEST(what people see of it) {
  auto text = view_as_text(some_view());
  CAF_MESSAGE(text);
  for (auto part : {"cluster  ", "abc", "leader 2, term 7, voters 1, 2, 3, observers 4", "127.0.0.1:9092  rack a  active  leads 0",
                    "[::1]:9093  fenced", "1,200 of 2 topics", "leaderless"})
    CAF_CHECK(contains(text, part));
  auto view = some_view();
  view.quorum.reset();
  view.quorum_missing = "an older node";
  for (int i = 0; i < 9; ++i)
    view.leaderless.add("t", partition_id{i});
  text = view_as_text(view);
  CAF_CHECK(contains(text, "not told: an older node"));
  CAF_CHECK(contains(text, "9: t/0, t/1, t/2, t/3, t/4, ..."));
}

CAF_TEST(who leads what and who lags) {
  auto view = some_view();
  count_partitions({{"t", {}, false, {{partition_id{0}, 1, 0, {1, 2}, {1}}, {partition_id{1}, -1, 0, {2, 9}, {2, 9}}}}}, view);
  CAF_CHECK_EQUAL(view.partitions, 2);
  CAF_CHECK_EQUAL(view.brokers[0].leads, 1);
  CAF_CHECK_EQUAL(view.brokers[0].replicas, 1);
  CAF_CHECK_EQUAL(view.brokers[0].lagging, 0);
  CAF_CHECK_EQUAL(view.brokers[1].leads, 0);
  CAF_CHECK_EQUAL(view.brokers[1].replicas, 2);
  CAF_CHECK_EQUAL(view.brokers[1].lagging, 1);
  CAF_CHECK_EQUAL(view.leaderless.count, 1);
  CAF_CHECK(contains(view_as_text(view), "leads 0, replicas 2, of them not in sync 1"));
  CAF_CHECK_EQUAL(nlohmann::json::parse(view_as_json(view))["brokers"][1]["lagging"].get<int>(), 1);
}

CAF_TEST(a cluster is led if all of it is) {
  CAF_CHECK(is_led(some_view()));
  auto without = [](auto change) {
    auto view = some_view();
    change(view);
    return !is_led(view);
  };
  CAF_CHECK(without([](auto& v) { v.controller = -1; }));
  CAF_CHECK(without([](auto& v) { v.quorum->leader = -1; }));
  CAF_CHECK(without([](auto& v) { v.leaderless.add("x", partition_id{0}); }));
  CAF_CHECK(!without([](auto& v) { v.under_replicated.add("x", partition_id{0}); }));
  CAF_CHECK(!without([](auto& v) { v.under_min_isr.add("x", partition_id{0}); }));
  CAF_CHECK(!without([](auto& v) { v.quorum.reset(); }));
}

CAF_TEST(the same as JSON) {
  auto json = nlohmann::json::parse(view_as_json(some_view()));
  CAF_CHECK(json["led"].get<bool>());
  CAF_CHECK_EQUAL(json["quorum"]["term"].get<int>(), 7);
  CAF_CHECK_EQUAL(json["quorum"]["voters"].size(), 3u);
  CAF_CHECK_EQUAL(json["quorum"]["voters"][2]["end_offset"].get<int>(), 90);
  CAF_CHECK_EQUAL(json["brokers"][0]["rack"].get<std::string>(), "a");
  CAF_CHECK(!json["brokers"][1].contains("rack"));
  CAF_CHECK_EQUAL(json["leaderless"]["count"].get<int>(), 0);
  auto view = some_view();
  view.quorum.reset();
  view.under_replicated.add("t", partition_id{3});
  json = nlohmann::json::parse(view_as_json(view));
  CAF_CHECK(!json.contains("quorum"));
  CAF_CHECK_EQUAL(json["under_replicated"]["examples"][0].get<std::string>(), "t/3");
}
