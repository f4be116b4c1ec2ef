#define CAF_SUITE brokers
#include "tests/kafka_admin/kafka_node.hpp"

#include "runtime/wire/alter_replica_log_dirs.hpp"
#include "runtime/wire/find_coordinator.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

using namespace troupe;
using namespace troupe::wire;

namespace {

/// What is logged while it lives.
class captured_log {
public:
  captured_log() {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("captured", std::move(sink)));
  }
  ~captured_log() { spdlog::set_default_logger(std::move(before_)); }
  captured_log(const captured_log&) = delete;
  captured_log& operator=(const captured_log&) = delete;

  std::size_t count(std::string_view part) const {
    auto text = text_.str();
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
      ++found;
    return found;
  }

private:
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::ostringstream text_;
};

/// Two brokers, and a topic "far" on the other one.
struct fixture : kafka_node {
  fixture() {
    decide(metadata::register_broker{node_id{2}, {}, {{"PLAINTEXT", "127.0.0.1", 9093}}, {}, false});
    metadata::new_topic far;
    far.name = "far";
    far.assignments = {{partition_id{0}, {node_id{2}}}};
    decide(metadata::create_topics{{std::move(far)}});
    show();
  }

  /// The session sees the topic's partitions on this broker.
  void show_here(const std::string& topic) {
    auto view = std::make_shared<broker_view>();
    view->image = core.image();
    auto& found = *view->image->find_topic(topic);
    auto some_actor = caf::actor_cast<partition_actor>(sys.spawn(deaf_client));
    view->set_routes(found.id, std::make_shared<std::vector<partition_actor>>(found.partitions.size(), some_actor));
    session->on(view_update{view});
  }

  std::vector<std::int16_t> move_to(std::string path, std::string topic, std::vector<std::int32_t> partitions,
                                    api_version at = 2) {
    alter_replica_log_dirs_request request;
    request.dirs = {{std::move(path), {{topic, partitions}}}};
    auto told = call<alter_replica_log_dirs_response>(request, at);
    CAF_REQUIRE_EQUAL(told.results.size(), 1u);
    CAF_CHECK_EQUAL(told.results[0].topic_name, topic);
    std::vector<std::int16_t> codes;
    for (auto& one : told.results[0].partitions) {
      CAF_CHECK_EQUAL(one.partition_index, partitions.at(codes.size()));
      codes.push_back(one.error_code);
    }
    return codes;
  }

  void find_coordinator(std::string client) {
    send_as(std::move(client), find_coordinator_request{"group", 0, {}}, 3);
    CAF_CHECK_EQUAL(take<find_coordinator_response>().error_code, number(error_code::coordinator_not_available));
  }
};

std::vector<std::int16_t> codes(std::initializer_list<error_code> all) {
  std::vector<std::int16_t> numbers;
  for (auto code : all)
    numbers.push_back(number(code));
  return numbers;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_broker_tests, fixture)

CAF_TEST(replicas are where they are to be or there is no such directory) {
  create("t", 2);
  show_here("t");
  for (api_version at = 1; at <= 2; ++at) {
    CAF_CHECK_EQUAL(move_to("/data", "t", {0, 1, 2}, at),
                    codes({error_code::none, error_code::none, error_code::unknown_topic_or_partition}));
    CAF_CHECK_EQUAL(move_to("/elsewhere", "t", {0}, at), codes({error_code::log_dir_not_found}));
    CAF_CHECK_EQUAL(move_to("/data", "nobody's", {0, 7}, at),
                    codes({error_code::unknown_topic_or_partition, error_code::unknown_topic_or_partition}));
    CAF_CHECK_EQUAL(move_to("/data", "far", {0, 1}, at),
                    codes({error_code::replica_not_available, error_code::unknown_topic_or_partition}));
  }
  alter_replica_log_dirs_request both;
  both.dirs = {{"/data", {{"t", {0}}}}, {"/elsewhere", {{"t", {1}}}}};
  auto told = call<alter_replica_log_dirs_response>(both, 2).results;
  CAF_REQUIRE_EQUAL(told.size(), 1u);
  CAF_REQUIRE_EQUAL(told[0].partitions.size(), 2u);
  CAF_CHECK_EQUAL(told[0].partitions[0].error_code, 0);
  CAF_CHECK_EQUAL(told[0].partitions[1].error_code, number(error_code::log_dir_not_found));
  CAF_CHECK(call<alter_replica_log_dirs_response>(alter_replica_log_dirs_request{}, 2).results.empty());
}

CAF_TEST(who asks for a coordinator is named in the log once) {
  captured_log log;
  for (int i = 0; i < 3; ++i)
    find_coordinator("consumer-1");
  CAF_CHECK_EQUAL(log.count("groups and transactions are not there yet"), 1u);
  CAF_CHECK_EQUAL(log.count("'consumer-1'"), 1u);
  find_coordinator("two\nlines" + std::string(1000, 'x'));
  CAF_CHECK_EQUAL(log.count("'two?lines" + std::string(91, 'x') + "'"), 1u);
  for (int i = 0; i < 300; ++i)
    find_coordinator("client-" + std::to_string(i));
  CAF_CHECK_EQUAL(log.count("not there yet"), kafka::once_by_client::clients_max);
}

CAF_TEST_FIXTURE_SCOPE_END()
