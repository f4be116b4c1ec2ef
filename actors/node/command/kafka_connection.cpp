#include "actors/node/command/kafka_connection.hpp"

#include "actors/node/command/moment.hpp"
#include "runtime/wire/api_versions.hpp"
#include "runtime/wire/error_code.hpp"

#include <algorithm>

namespace troupe::command {

namespace {

constexpr std::size_t read_size_bytes = 256 * limits::kib;
/// So much is received in one go at the most, so that sending is not forgotten.
constexpr int reads_at_once_max = 16;

/// Topics are named, not numbered, by this client: the last versions that take names.
constexpr wire::api_version last_with_names(wire::api_key key) noexcept {
  return key == wire::api_key::produce || key == wire::api_key::fetch ? 12 : INT16_MAX;
}

} // namespace

kafka_connection::kafka_connection(config::address peer, std::string client_id, kafka_socket socket)
    : peer_(std::move(peer)), client_id_(std::move(client_id)), socket_(std::move(socket)),
      incoming_(read_size_bytes) {}

result<std::unique_ptr<kafka_connection>>
kafka_connection::open(const config::address& to, std::string client_id, std::int64_t deadline_ms) {
  auto socket = kafka_socket::connect(to, deadline_ms);
  if (!socket)
    return fail(std::move(socket));
  std::unique_ptr<kafka_connection> opened{
      new kafka_connection(to, std::move(client_id), std::move(*socket))};
  if (auto learned = opened->learn_versions(deadline_ms); !learned) {
    auto why = std::move(learned).error();
    return fail(why.code, to_string(to) + " does not answer as a Kafka node does: " + why.detail);
  }
  return opened;
}

result<void> kafka_connection::learn_versions(std::int64_t deadline_ms) {
  // Version 0 is known to every node, and says all that is needed here.
  versions_[wire::api_key::api_versions] = 0;
  auto answer = call<wire::api_versions_response>(wire::api_versions_request{}, deadline_ms);
  if (!answer)
    return fail(std::move(answer));
  for (auto& range : answer->api_keys) {
    auto* known = wire::find_api(range.api_key);
    if (!known)
      continue;
    auto highest = std::min({known->max, range.max_version, last_with_names(known->key)});
    if (highest >= known->min && highest >= range.min_version)
      versions_[known->key] = highest;
  }
  return {};
}

std::optional<wire::api_version> kafka_connection::version_of(wire::api_key key) const noexcept {
  auto known = versions_.find(key);
  return known == versions_.end() ? std::nullopt : std::optional{known->second};
}

result<std::vector<kafka_answer>> kafka_connection::exchange() {
  if (auto sent = send_some(); !sent)
    return fail(std::move(sent));
  std::vector<kafka_answer> answers;
  if (auto received = receive_some(answers); !received)
    return fail(std::move(received));
  return answers;
}

result<void> kafka_connection::send_some() {
  while (wants_to_write()) {
    auto sent = socket_.send({outgoing_.data() + sent_, unsent_bytes()});
    if (!sent)
      return fail(std::move(sent));
    if (*sent == 0)
      return {};
    sent_ += *sent;
  }
  outgoing_.clear();
  sent_ = 0;
  return {};
}

result<void> kafka_connection::receive_some(std::vector<kafka_answer>& answers) {
  for (auto reads = 0; reads < reads_at_once_max; ++reads) {
    auto received = socket_.receive(incoming_.data(), incoming_.size());
    if (!received)
      // What came before the end counts.
      return answers.empty() ? result<void>{fail(std::move(received))} : result<void>{};
    if (!*received)
      return {};
    std::string_view data{incoming_.data(), **received};
    while (!data.empty()) {
      auto frame = frames_.next(data);
      if (!frame)
        return fail(std::move(frame));
      if (!*frame)
        break;
      auto answer = take_answer(**frame);
      if (!answer)
        return fail(std::move(answer));
      answers.push_back(std::move(*answer));
    }
  }
  return {};
}

result<kafka_answer> kafka_connection::take_answer(const bytes& frame) {
  if (expected_.empty())
    return fail(errc::malformed, "the node answered something that was not asked");
  auto expected = expected_.front();
  expected_.pop_front();
  auto opened = wire::open_response(frame, expected.key, expected.version);
  if (!opened)
    return fail(std::move(opened));
  if (opened->correlation_id != expected.correlation_id)
    return fail(errc::malformed, "the node's answers are not in the order of the requests");
  return kafka_answer{expected.correlation_id, expected.version, std::move(opened->body)};
}

result<kafka_answer> kafka_connection::wait_for_answer(std::int64_t deadline_ms) {
  while (true) {
    auto answers = exchange();
    if (!answers)
      return fail(std::move(answers));
    if (!answers->empty())
      return std::move(answers->back());
    if (!socket_.wait(wants_to_write(), deadline_ms))
      return fail(errc::timed_out, to_string(peer_) + " did not answer in time");
  }
}

tl::unexpected<error> kafka_connection::no_common_version(wire::api_key key) {
  return fail(errc::unsupported_version,
              "the node has no version of " + std::string{wire::info(key).name} + " that this client knows");
}

} // namespace troupe::command
