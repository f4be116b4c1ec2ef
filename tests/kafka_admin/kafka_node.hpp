// A session with a controller behind it, both without a socket: requests go in as a client writes them, and what the
// controller decides is committed when the test says so.
#pragma once

#include "caf/test/dsl.hpp"

#include "actors/kafka/session.hpp"
#include "runtime/base/check.hpp"

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

class stopped_clock final : public clock_port {
public:
  timestamp_ms wall() const override { return timestamp_ms{1}; }
  std::int64_t monotonic_ns() const override { return now_ns; }
  std::int64_t now_ns = 1;
};

/// Keeps what it is asked.
inline controller_actor::behavior_type asked_controller(controller_actor::pointer,
                                                        std::shared_ptr<std::vector<controller_request>> asked) {
  return {[asked](controller_request& request) { asked->push_back(std::move(request)); }};
}

/// Where a session's alarms go: the tests give it what it is to hear by hand.
inline caf::behavior deaf_client(caf::event_based_actor* self) {
  self->set_default_handler(caf::drop);
  return {[](const request_deadline&) {}};
}

struct kafka_node : test_coordinator_fixture<> {
  explicit kafka_node(metadata::broker_settings settings = {}) : core(config_with(settings)) {
    auto options = std::make_shared<kafka::session_options>();
    options->self = node_id{1};
    options->data_directory = "/data";
    options->defaults = metadata::topic_defaults::make(std::move(settings)).value();
    kafka::session_environment environment;
    environment.system = &sys;
    environment.clock = &clock;
    environment.budget = std::make_shared<kafka::byte_budget>();
    environment.options = std::move(options);
    lease->extend(std::numeric_limits<std::int64_t>::max());
    environment.lease = lease;
    environment.lost = lost;
    environment.controller = sys.spawn(asked_controller, asked);
    environment.self = caf::actor_cast<session_client>(sys.spawn(deaf_client));
    session = std::make_unique<kafka::session>(environment, std::make_shared<broker_view>());
    decide(metadata::register_broker{node_id{1}, {}, {{"PLAINTEXT", "127.0.0.1", 9092}}, {}, false});
    show();
  }

  static metadata::controller_config config_with(const metadata::broker_settings& settings) {
    metadata::controller_config config;
    config.defaults = metadata::topic_defaults::make(settings).value();
    config.self = node_id{1};
    return config;
  }

  /// Decides and commits; the session does not know yet.
  metadata::reply decide(const metadata::command& what) {
    auto made = core.decide(what);
    if (!made.records.empty())
      CHECK(core.replay(made.records, ++version).has_value());
    return std::move(made.answer);
  }

  /// The session sees what has been committed.
  void show() {
    auto view = std::make_shared<broker_view>();
    view->image = core.image();
    session->on(view_update{view});
  }

  void create(std::string name, std::int32_t partitions = 1) {
    metadata::new_topic wanted;
    wanted.name = std::move(name);
    wanted.partitions = partitions;
    auto made = decide(metadata::create_topics{{std::move(wanted)}, false});
    CHECK(std::get<metadata::create_topics_reply>(made).topics.at(0).what.code == errc::none);
    show();
  }

  template <class Request>
  void send_as(std::string client, const Request& request, wire::api_version at) {
    sent_at = at;
    std::vector<char> out;
    wire::append_request({Request::api, at, ++correlation_id, std::move(client)}, request, out);
    session->receive({out.data(), out.size()});
  }
  template <class Request>
  void send(const Request& request, wire::api_version at) {
    send_as("test", request, at);
  }

  /// What the controller was asked is decided and answered.
  void answer_asked() {
    sched.run();
    for (auto& request : std::exchange(*asked, {})) {
      auto made = decide(request.what);
      controller_reply reply{request.tag, errc::none, std::move(made), core.image()->version()};
      session->on(reply);
    }
  }

  bool has_answer() {
    if (out.empty())
      session->drain(out, 100'000'000);
    return !out.empty();
  }

  /// The answer that is there.
  template <class Response>
  Response take() {
    CAF_REQUIRE(has_answer());
    auto frame = bytes::copy_of({out.data() + wire::frame_size_bytes, out.size() - wire::frame_size_bytes});
    out.clear();
    auto opened = wire::open_response(frame, Response::api, sent_at);
    CAF_REQUIRE(opened);
    CAF_REQUIRE_EQUAL(opened->correlation_id, correlation_id);
    auto response = wire::decode<Response>(opened->body, sent_at);
    CAF_REQUIRE(response);
    return std::move(*response);
  }

  /// From the request to its answer, with all that lies between.
  template <class Response, class Request>
  Response call(const Request& request, wire::api_version at) {
    send(request, at);
    if (!has_answer()) {
      answer_asked();
      show();
    }
    return take<Response>();
  }

  /// The error code of the first item of a list in an answer.
  template <class Items>
  static std::int16_t first_code(const Items& items) {
    CAF_REQUIRE(!items.empty());
    return items.front().error_code;
  }

  stopped_clock clock;
  broker_lease_ptr lease = std::make_shared<broker_lease>();
  lost_peers_ptr lost = std::make_shared<lost_peers>();
  std::shared_ptr<std::vector<controller_request>> asked = std::make_shared<std::vector<controller_request>>();
  metadata::controller_core core;
  metadata::metadata_version version{0};
  std::unique_ptr<kafka::session> session;
  std::vector<char> out;
  std::int32_t correlation_id = 0;
  wire::api_version sent_at = 0;
};

} // namespace troupe
