#define CAF_SUITE configs
#include "caf/test/unit_test.hpp"

#include "tests/metadata/helpers.hpp"

using namespace troupe;
using namespace troupe::metadata;

namespace {

using op = config_operation;

struct configured_cluster : controller_fixture {
  configured_cluster() : controller_fixture(settings()) {
    add_broker(1);
    add_broker(2);
    create("t");
    create("u");
  }

  static controller_config settings() {
    controller_config config;
    config.defaults = topic_defaults::make({{{"log.cleanup.policy", "compact"}}, {}}).value();
    config.self = node_id{1};
    return config;
  }

  error alter(resource_kind kind, std::string name, std::vector<config_change> changes, bool replace = false,
              bool validate_only = false) {
    auto reply = run<alter_configs_reply>(
        alter_configs{{{kind, std::move(name), std::move(changes), replace}}, validate_only});
    CAF_REQUIRE_EQUAL(reply.resources.size(), 1u);
    return reply.resources[0].what;
  }
  error topic(std::vector<config_change> changes) {
    return alter(resource_kind::topic, "t", std::move(changes));
  }
  error broker(std::string name, std::vector<config_change> changes) {
    return alter(resource_kind::broker, std::move(name), std::move(changes));
  }

  const config_overrides& of_topic(std::string_view name = "t") const {
    return image().find_topic(name)->configs;
  }
  const config_overrides& of_broker(int node) const { return image().broker_configs(node_id{node}); }
};

std::string text(const config_overrides& overrides) {
  std::string all;
  for (auto& [key, value] : overrides)
    all.append(all.empty() ? "" : " ").append(key).append("=").append(value);
  return all;
}

config_change set(std::string key, std::string value) { return {std::move(key), op::set, std::move(value)}; }

} // namespace

CAF_TEST_FIXTURE_SCOPE(config_tests, configured_cluster)

CAF_TEST(options of a topic are set and deleted and the others stay) {
  CAF_CHECK(topic({set("retention.ms", "5"), set("segment.bytes", "2000000")}).code == errc::none);
  CAF_CHECK_EQUAL(text(of_topic()), "retention.ms=5 segment.bytes=2000000");
  CAF_CHECK(topic({{"retention.ms", op::remove, {}}, set("segment.ms", "7")}).code == errc::none);
  CAF_CHECK_EQUAL(text(of_topic()), "segment.bytes=2000000 segment.ms=7");
  CAF_CHECK(of_topic("u").empty());
  CAF_CHECK(topic({{"retention.ms", op::remove, {}}}).code == errc::none); // it is not set
  CAF_CHECK(last.empty());
  CAF_CHECK(topic({set("segment.ms", "7")}).code == errc::none); // it is that already
  CAF_CHECK(last.empty());
  CAF_CHECK(topic({}).code == errc::none);
}

CAF_TEST(a replacement takes back what it does not name) {
  topic({set("retention.ms", "5"), set("segment.ms", "7")});
  CAF_CHECK(alter(resource_kind::topic, "t", {set("segment.ms", "8"), set("flush.ms", "9")}, true).code
            == errc::none);
  CAF_CHECK_EQUAL(text(of_topic()), "flush.ms=9 segment.ms=8");
  CAF_CHECK(alter(resource_kind::topic, "t", {}, true).code == errc::none);
  CAF_CHECK(of_topic().empty());
}

CAF_TEST(lists are appended to and subtracted from starting with what holds) {
  CAF_CHECK(topic({{"cleanup.policy", op::append, "delete"}}).code == errc::none);
  CAF_CHECK_EQUAL(text(of_topic()), "cleanup.policy=compact,delete"); // the broker's default is compact
  CAF_CHECK(topic({{"cleanup.policy", op::append, "delete,compact"}}).code == errc::none);
  CAF_CHECK_EQUAL(text(of_topic()), "cleanup.policy=compact,delete");
  CAF_CHECK(topic({{"cleanup.policy", op::subtract, "compact"}}).code == errc::none);
  CAF_CHECK_EQUAL(text(of_topic()), "cleanup.policy=delete");
  CAF_CHECK(topic({{"cleanup.policy", op::subtract, "delete"}}).code
            == errc::invalid_config); // nothing is left
  CAF_CHECK(topic({{"leader.replication.throttled.replicas", op::append, "0:1, 1:1"}}).code == errc::none);
  CAF_CHECK_EQUAL(of_topic().at("leader.replication.throttled.replicas"), "0:1,1:1");
  CAF_CHECK(topic({{"leader.replication.throttled.replicas", op::subtract, "0:1,1:1"}}).code == errc::none);
  CAF_CHECK_EQUAL(of_topic().at("leader.replication.throttled.replicas"), "");
  CAF_CHECK(topic({{"retention.ms", op::append, "5"}}).code == errc::invalid_config);
  CAF_CHECK(topic({{"cleanup.policy", op::append, "shred"}}).code == errc::invalid_config);
  CAF_CHECK(topic({{"cleanup.policy", op::append, {}}}).code == errc::invalid_request);
  CAF_CHECK(topic({{"cleanup.policy", static_cast<op>(4), "delete"}}).code == errc::invalid_request);
  CAF_CHECK(topic({{"cleanup.policy", static_cast<op>(-1), "delete"}}).code == errc::invalid_request);
}

CAF_TEST(of one resource all changes are made or none) {
  auto wrong = topic({set("retention.ms", "5"), set("retension.bytes", "6")});
  CAF_CHECK(wrong.code == errc::invalid_config);
  CAF_CHECK(wrong.detail.ends_with("did you mean retention.bytes?"));
  CAF_CHECK(of_topic().empty());
  CAF_CHECK(topic({set("retention.ms", "5"), set("retention.ms", "6")}).code == errc::invalid_request);
  CAF_CHECK(topic({set("retention.ms", "-2")}).code == errc::invalid_config);
  CAF_CHECK(topic({{"retention.ms", op::set, {}}}).code == errc::invalid_request);
  CAF_CHECK(topic({{"retension.ms", op::remove, {}}}).code == errc::invalid_config);
  CAF_CHECK(topic({set("max.compaction.lag.ms", "5"), set("min.compaction.lag.ms", "6")}).code
            == errc::invalid_config);
  CAF_CHECK(of_topic().empty());
}

CAF_TEST(each resource is answered for itself) {
  auto reply =
      run<alter_configs_reply>(alter_configs{{{resource_kind::topic, "t", {set("retention.ms", "5")}},
                                              {resource_kind::topic, "nothing", {}},
                                              {resource_kind::topic, "no/name", {}},
                                              {resource_kind::topic, "", {}},
                                              {static_cast<resource_kind>(8), "1", {}},
                                              {resource_kind::topic, "u", {set("segment.ms", "5")}},
                                              {resource_kind::topic, "u", {set("segment.ms", "6")}},
                                              {resource_kind::broker, "t", {}}}});
  std::vector<errc> codes;
  for (auto& item : reply.resources)
    codes.push_back(item.what.code);
  using enum errc;
  CAF_CHECK(codes
            == (std::vector{none, unknown_topic_or_partition, invalid_topic, invalid_topic, invalid_request,
                            invalid_request, invalid_request, invalid_request}));
  CAF_CHECK_EQUAL(text(of_topic()), "retention.ms=5");
  CAF_CHECK(of_topic("u").empty());
}

CAF_TEST(validation alone changes nothing) {
  CAF_CHECK(alter(resource_kind::topic, "t", {set("retention.ms", "5")}, false, true).code == errc::none);
  CAF_CHECK(alter(resource_kind::broker, "1", {set("max.connections", "5")}, false, true).code == errc::none);
  CAF_CHECK(alter(resource_kind::topic, "t", {set("retention.ms", "x")}, false, true).code
            == errc::invalid_config);
  CAF_CHECK(last.empty());
  CAF_CHECK(of_topic().empty() && of_broker(1).empty());
  CAF_CHECK(topic({set("retention.ms", "6")}).code == errc::none);
}

CAF_TEST(options of one broker and of all) {
  CAF_CHECK(broker("1", {set("max.connections", "5")}).code == errc::none);
  CAF_CHECK(broker("", {set("log.retention.ms", "6"), set("max.connections", "7")}).code == errc::none);
  CAF_CHECK_EQUAL(text(of_broker(1)), "max.connections=5");
  CAF_CHECK_EQUAL(text(image().broker_configs(every_broker)), "log.retention.ms=6 max.connections=7");
  CAF_CHECK(broker("", {{"log.retention.ms", op::remove, {}}}).code == errc::none);
  CAF_CHECK(broker("1", {{"max.connections", op::remove, {}}}).code == errc::none);
  CAF_CHECK_EQUAL(text(image().broker_configs(every_broker)), "max.connections=7");
  CAF_CHECK(of_broker(1).empty());
  CAF_CHECK(broker("2", {{"log.cleanup.policy", op::append, "delete"}}).code == errc::none);
  CAF_CHECK_EQUAL(text(of_broker(2)), "log.cleanup.policy=compact,delete");
}

CAF_TEST(what holds for brokers shows in new topics) {
  broker("", {set("log.retention.ms", "6")});
  for (auto& config : create("v").configs)
    if (config.option->name == "retention.ms")
      CAF_CHECK(config.value == "6" && config.source == config_source::all_brokers);
  broker("1", {set("log.retention.ms", "7")});
  for (auto& config : create("w").configs)
    if (config.option->name == "retention.ms")
      CAF_CHECK(config.value == "7" && config.source == config_source::one_broker);
}

CAF_TEST(brokers refuse what they cannot change while they run) {
  auto fixed = broker("1", {set("node.id", "5")});
  CAF_CHECK(fixed.code == errc::invalid_request);
  CAF_CHECK(fixed.detail.starts_with("node.id is not dynamic"));
  CAF_CHECK(broker("1", {set("log.retention.msec", "5")}).code == errc::invalid_config);
  CAF_CHECK(broker("1", {set("retention.ms", "5")}).detail.ends_with("as log.retention.ms"));
  CAF_CHECK(broker("1", {set("log.retention.ms", "-2")}).code == errc::invalid_config);
  CAF_CHECK(broker("1", {set("max.connections", "many")}).code == errc::invalid_config);
  CAF_CHECK(broker("1", {set("max.connections", "0")}).code == errc::invalid_config);
  CAF_CHECK(broker("9", {set("max.connections", "5")}).code == errc::unknown_broker);
  for (auto name : {"x", "-1", "1.0", "99999999999", "0x1"})
    CAF_CHECK(broker(name, {set("max.connections", "5")}).code == errc::invalid_request);
  CAF_CHECK(of_broker(1).empty());
}

CAF_TEST(every option of a broker can be set or says that it cannot) {
  for (auto& option : broker_options_table()) {
    std::string name{option.is.name};
    if (!option.dynamic) {
      auto wrong = broker("1", {set(name, "1")});
      CAF_CHECK(wrong.code == errc::invalid_request);
      continue;
    }
    auto has_no_default = option.is.default_value.empty() || name == "min.insync.replicas";
    std::string value{has_no_default ? std::string_view{"5"} : option.is.default_value};
    CAF_CHECK(broker("1", {set(name, value)}).code == errc::none);
    CAF_CHECK_EQUAL(of_broker(1).at(name), value);
    CAF_CHECK(broker("1", {set(name, "no such value")}).code == errc::invalid_config);
  }
}

CAF_TEST(a request full of mistakes gets a few hints) {
  std::vector<new_topic> wrong(2000);
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    wrong[i].name = numbered("topic", i);
    wrong[i].configs.push_back({"retension.ms", "5"});
  }
  auto hints = 0;
  for (auto& topic : run<create_topics_reply>(create_topics{wrong}).topics) {
    CAF_CHECK(topic.what.code == errc::invalid_config);
    hints += topic.what.detail.ends_with("did you mean retention.ms?");
  }
  CAF_CHECK_EQUAL(hints, 16);
  CAF_CHECK(topic({set("retension.ms", "5")}).detail.ends_with("did you mean retention.ms?"));
}

CAF_TEST(decisions that are not committed yet count) {
  auto first =
      core.decide(alter_configs{{{resource_kind::topic, "t", {{"cleanup.policy", op::append, "delete"}}}}});
  auto second = core.decide(
      alter_configs{{{resource_kind::topic, "t", {{"cleanup.policy", op::subtract, "compact"}}}}});
  commit(first.records);
  commit(second.records);
  CAF_CHECK_EQUAL(text(of_topic()), "cleanup.policy=delete");
}

CAF_TEST_FIXTURE_SCOPE_END()
