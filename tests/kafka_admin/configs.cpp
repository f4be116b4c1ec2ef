#define CAF_SUITE configs
#include "tests/kafka_admin/kafka_node.hpp"

#include "runtime/wire/alter_configs.hpp"
#include "runtime/wire/describe_configs.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/list_config_resources.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::wire;

namespace {

constexpr std::int8_t topic = 2, broker = 4, logger = 8;
constexpr std::int8_t set = 0, remove_it = 1, append = 2;

struct fixture : kafka_node {
  fixture() : kafka_node({{{"log.retention.ms", "1000"}, {"node.id", "1"}}, {{"max.connections", "10000"}}}) {
    create("t");
  }

  using described = describe_configs_response::describe_configs_result;

  described describe(std::int8_t type, std::string name, std::optional<std::vector<std::string>> keys = {},
                     api_version at = 4) {
    describe_configs_request request;
    request.resources.push_back({type, std::move(name), std::move(keys)});
    request.include_synonyms = true;
    request.include_documentation = true;
    auto response = call<describe_configs_response>(request, at);
    CAF_REQUIRE_EQUAL(response.results.size(), 1u);
    return response.results[0];
  }

  /// "5 from 1": the value and the number of its source.
  std::string value(std::int8_t type, std::string name, std::string key) {
    auto about = describe(type, std::move(name), {{std::move(key)}});
    if (about.configs.size() != 1)
      return "error " + std::to_string(about.error_code);
    auto& config = about.configs[0];
    return config.value.value_or("null") + " from " + std::to_string(config.config_source);
  }

  error_code alter(std::int8_t type, std::string name, std::string key, std::int8_t operation,
                   std::optional<std::string> to) {
    incremental_alter_configs_request request;
    request.resources.push_back({type, std::move(name), {{std::move(key), operation, std::move(to)}}});
    auto response = call<incremental_alter_configs_response>(request, 1);
    CAF_REQUIRE_EQUAL(response.responses.size(), 1u);
    message = response.responses[0].error_message.value_or("");
    return static_cast<error_code>(response.responses[0].error_code);
  }

  std::string message;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(config_tests, fixture)

CAF_TEST(every option of a topic is described) {
  auto about = describe(topic, "t");
  CAF_CHECK_EQUAL(about.error_code, 0);
  CAF_CHECK_EQUAL(about.configs.size(), metadata::topic_options_table().size());
  for (auto& config : about.configs) {
    CAF_CHECK(config.value && config.documentation && !config.documentation->empty());
    CAF_CHECK(!config.read_only && !config.is_sensitive);
    CAF_CHECK_GREATER(config.config_type, 0);
    CAF_CHECK(!config.synonyms.empty() && config.synonyms[0].value == config.value);
  }
  auto retention = describe(topic, "t", {{"retention.ms"}}).configs.at(0);
  CAF_CHECK_EQUAL(*retention.value, "1000");
  CAF_CHECK_EQUAL(retention.config_source, 4);
  CAF_CHECK_EQUAL(retention.config_type, 5);
  CAF_REQUIRE_EQUAL(retention.synonyms.size(), 2u);
  CAF_CHECK_EQUAL(retention.synonyms[0].name, "log.retention.ms");
  CAF_CHECK_EQUAL(retention.synonyms[1].source, 5);
  CAF_CHECK_EQUAL(describe(topic, "t", std::vector<std::string>{}).configs.size(), about.configs.size());
  CAF_CHECK(describe(topic, "t", {{"nothing"}}).configs.empty());
}

CAF_TEST(documentation and synonyms come only when asked for) {
  describe_configs_request request;
  request.resources.push_back({topic, "t", std::nullopt});
  for (api_version at = 1; at <= 4; ++at)
    for (auto response = call<describe_configs_response>(request, at); auto& config : response.results.at(0).configs)
      CAF_CHECK(!config.documentation && config.synonyms.empty());
}

CAF_TEST(this broker is described and another is not) {
  auto about = describe(broker, "1");
  CAF_CHECK_EQUAL(about.configs.size(), metadata::broker_options_table().size());
  for (auto& config : about.configs) {
    if (config.name == "node.id")
      CAF_CHECK(config.read_only && config.value == "1" && config.config_source == 4);
    if (config.name == "max.connections")
      CAF_CHECK(!config.read_only && config.value == "10000" && config.config_source == 5);
  }
  CAF_CHECK_EQUAL(describe(broker, "").configs.size(), 0u);
  for (auto name : {"2", "x", "01", "-1"})
    CAF_CHECK_EQUAL(describe(broker, name).error_code, 42);
}

CAF_TEST(what has no options is refused by itself) {
  CAF_CHECK_EQUAL(describe(topic, "nothing").error_code, 3);
  CAF_CHECK_EQUAL(describe(topic, "no/name").error_code, 17);
  CAF_CHECK_EQUAL(describe(topic, "").error_code, 17);
  CAF_CHECK_EQUAL(describe(logger, "1").error_code, 42);
  CAF_CHECK_EQUAL(describe(0, "t").error_code, 42);
  describe_configs_request request;
  request.resources.push_back({topic, "nothing", std::nullopt});
  request.resources.push_back({topic, "t", std::nullopt});
  auto response = call<describe_configs_response>(request, 1);
  CAF_CHECK_EQUAL(response.results.at(0).error_code, 3);
  CAF_CHECK_EQUAL(response.results.at(1).error_code, 0);
}

CAF_TEST(a change shows with its source) {
  CAF_CHECK(alter(topic, "t", "retention.ms", set, "5") == error_code::none);
  CAF_CHECK_EQUAL(value(topic, "t", "retention.ms"), "5 from 1");
  CAF_CHECK(alter(broker, "1", "log.retention.ms", set, "6") == error_code::none);
  CAF_CHECK(alter(broker, "", "log.retention.ms", set, "7") == error_code::none);
  auto places = describe(topic, "t", {{"retention.ms"}}).configs.at(0).synonyms;
  CAF_CHECK_EQUAL(places.size(), 5u);
  CAF_CHECK(alter(topic, "t", "retention.ms", remove_it, {}) == error_code::none);
  CAF_CHECK_EQUAL(value(topic, "t", "retention.ms"), "6 from 2");
  CAF_CHECK(alter(broker, "1", "log.retention.ms", remove_it, {}) == error_code::none);
  CAF_CHECK_EQUAL(value(topic, "t", "retention.ms"), "7 from 3");
  CAF_CHECK_EQUAL(value(broker, "", "log.retention.ms"), "7 from 3");
  CAF_CHECK_EQUAL(value(broker, "1", "log.retention.ms"), "7 from 3");
  CAF_CHECK(alter(broker, "", "log.retention.ms", remove_it, {}) == error_code::none);
  CAF_CHECK_EQUAL(value(topic, "t", "retention.ms"), "1000 from 4");
  CAF_CHECK(alter(topic, "t", "cleanup.policy", append, "compact") == error_code::none);
  CAF_CHECK_EQUAL(value(topic, "t", "cleanup.policy"), "delete,compact from 1");
}

CAF_TEST(refusals have Kafkas codes and say what to write instead) {
  CAF_CHECK(alter(topic, "t", "retension.ms", set, "5") == error_code::invalid_config);
  CAF_CHECK(message.find("retention.ms") != std::string::npos);
  CAF_CHECK(alter(topic, "t", "retention.ms", set, "soon") == error_code::invalid_config);
  CAF_CHECK(message.find("a number from -1") != std::string::npos);
  CAF_CHECK(alter(topic, "t", "retention.ms", append, "5") == error_code::invalid_config);
  CAF_CHECK(alter(topic, "t", "retention.ms", set, {}) == error_code::invalid_request);
  CAF_CHECK(alter(topic, "t", "retention.ms", 9, "5") == error_code::invalid_request);
  CAF_CHECK(alter(topic, "nothing", "retention.ms", set, "5") == error_code::unknown_topic_or_partition);
  CAF_CHECK(alter(broker, "1", "node.id", set, "5") == error_code::invalid_request);
  CAF_CHECK(message.find("not dynamic") != std::string::npos);
  CAF_CHECK(alter(broker, "7", "max.connections", set, "5") == error_code::broker_id_not_registered);
  CAF_CHECK(alter(logger, "1", "root", set, "5") == error_code::invalid_request);
  CAF_CHECK_EQUAL(value(topic, "t", "retention.ms"), "1000 from 4");
}

CAF_TEST(the older request replaces everything that is set) {
  alter(topic, "t", "retention.ms", set, "5");
  alter_configs_request request;
  request.resources.push_back({topic, "t", {{"segment.ms", "6"}}});
  request.resources.push_back({topic, "nothing", {}});
  auto response = call<alter_configs_response>(request, 2);
  CAF_CHECK_EQUAL(response.responses.at(0).error_code, 0);
  CAF_CHECK_EQUAL(response.responses.at(1).error_code, 3);
  CAF_CHECK_EQUAL(value(topic, "t", "retention.ms"), "1000 from 4");
  CAF_CHECK_EQUAL(value(topic, "t", "segment.ms"), "6 from 1");
  request.resources = {{topic, "t", {}}};
  request.validate_only = true;
  CAF_CHECK_EQUAL(first_code(call<alter_configs_response>(request, 0).responses), 0);
  CAF_CHECK_EQUAL(value(topic, "t", "segment.ms"), "6 from 1");
  request.validate_only = false;
  call<alter_configs_response>(request, 1);
  CAF_CHECK(value(topic, "t", "segment.ms").ends_with("from 5"));
}

CAF_TEST(a change is answered once this session sees it) {
  incremental_alter_configs_request request;
  request.resources.push_back({topic, "t", {{"retention.ms", set, "5"}}});
  send(request, 0);
  CAF_CHECK(!has_answer());
  answer_asked();
  CAF_CHECK(!has_answer());
  show();
  CAF_CHECK_EQUAL(first_code(take<incremental_alter_configs_response>().responses), 0);
}

CAF_TEST(a controller that cannot decide is named in every answer) {
  incremental_alter_configs_request request;
  request.resources.push_back({topic, "t", {}});
  request.resources.push_back({broker, "1", {}});
  send(request, 1);
  sched.run();
  CAF_REQUIRE_EQUAL(asked->size(), 1u);
  controller_reply reply{asked->front().tag, errc::not_leader, {}, {}};
  session->on(reply);
  auto response = take<incremental_alter_configs_response>();
  CAF_REQUIRE_EQUAL(response.responses.size(), 2u);
  for (auto& answer : response.responses)
    CAF_CHECK_EQUAL(answer.error_code, 41);
}

CAF_TEST(what has options is listed by type) {
  create("u");
  auto listed = [this](std::vector<std::int8_t> types, api_version at) {
    list_config_resources_request request;
    request.resource_types = std::move(types);
    auto response = call<list_config_resources_response>(request, at);
    std::string text = std::to_string(response.error_code);
    for (auto& r : response.config_resources)
      text.append(" ").append(r.resource_name).append("/").append(std::to_string(r.resource_type));
    return text;
  };
  CAF_CHECK_EQUAL(listed({}, 1), "0 t/2 u/2 1/4");
  CAF_CHECK_EQUAL(listed({broker}, 1), "0 1/4");
  CAF_CHECK_EQUAL(listed({topic, logger}, 1), "0 t/2 u/2");
  CAF_CHECK_EQUAL(listed({topic, 99}, 1), "35");
  CAF_CHECK_EQUAL(listed({}, 0), "0");
}

CAF_TEST(what is named again and again is described once) {
  describe_configs_request request;
  for (int i = 0; i < 100; ++i) {
    request.resources.push_back({topic, "t", std::nullopt});
    request.resources.push_back({broker, "1", std::nullopt});
    request.resources.push_back({topic, "unknown", std::nullopt});
  }
  auto response = call<describe_configs_response>(request, 4);
  CAF_REQUIRE_EQUAL(response.results.size(), 3u);
  CAF_CHECK_EQUAL(response.results[0].resource_name, "t");
  CAF_CHECK(!response.results[0].configs.empty());
  CAF_CHECK_EQUAL(response.results[1].resource_type, broker);
  CAF_CHECK_EQUAL(response.results[2].resource_name, "unknown");
}

CAF_TEST_FIXTURE_SCOPE_END()
