#include "actors/node/command/kafka_client.hpp"

#include <algorithm>

namespace troupe::command {

namespace {

constexpr std::int64_t connect_timeout_ms = 3000;
constexpr std::int64_t retry_after_ms = 100;

topic_info to_topic_info(const wire::metadata_response::metadata_response_topic& from) {
  topic_info topic{from.name.value_or(""), from.topic_id, from.is_internal, {}};
  for (auto& p : from.partitions) {
    auto has_leader = p.error_code == wire::number(wire::error_code::none)
                      || p.error_code == wire::number(wire::error_code::replica_not_available);
    topic.partitions.push_back({partition_id{p.partition_index}, has_leader ? p.leader_id : -1,
                                p.leader_epoch, p.replica_nodes, p.isr_nodes});
  }
  std::sort(topic.partitions.begin(), topic.partitions.end(),
            [](auto& a, auto& b) { return a.partition < b.partition; });
  return topic;
}

bool has_all_leaders(const topic_info& topic) {
  return !topic.partitions.empty()
         && std::all_of(topic.partitions.begin(), topic.partitions.end(),
                        [](auto& p) { return p.leader >= 0; });
}

} // namespace

std::string describe(std::int16_t code, const std::optional<std::string>& said) {
  auto text = wire::name(static_cast<wire::error_code>(code));
  if (said && !said->empty())
    text += ": " + *said;
  return text;
}

result<kafka_connection*> kafka_client::any() {
  if (control_)
    return control_.get();
  // Nobody listens: before the first contact that is an answer, later the node is probably being started
  // again.
  auto start = monotonic_ms();
  auto give_up_at = start + (was_connected_ ? patience_ms_ : options_.wait_ms);
  auto deadline = std::max(give_up_at, start + std::min(connect_timeout_ms, options_.timeout_ms));
  while (true) {
    auto connection = connect_control(deadline);
    if (connection || monotonic_ms() >= give_up_at)
      return connection;
    sleep_ms(std::min<std::int64_t>(retry_after_ms, remaining_ms(give_up_at)));
  }
}

result<kafka_connection*> kafka_client::connect_control(std::int64_t deadline_ms) {
  auto candidates = options_.servers;
  for (auto& [id, known] : nodes_)
    candidates.push_back(known.where);
  result<kafka_connection*> last = fail(errc::invalid_argument, "there is no address to connect to");
  for (auto& candidate : candidates) {
    auto opened = kafka_connection::open(candidate, options_.client_id, deadline_ms);
    if (opened) {
      control_ = std::move(*opened);
      was_connected_ = true;
      return control_.get();
    }
    last = fail(std::move(opened));
  }
  return last;
}

result<kafka_connection*> kafka_client::node(std::int32_t id) {
  auto entry = nodes_.find(id);
  if (entry == nodes_.end())
    return fail(errc::not_found, "node " + std::to_string(id) + " is not in the cluster's metadata");
  auto& known = entry->second;
  if (known.connection)
    return known.connection.get();
  auto now = monotonic_ms();
  if (now < known.retry_at_ms)
    return fail(errc::busy, "node " + std::to_string(id) + " at " + to_string(known.where) + " is not there");
  auto opened = kafka_connection::open(known.where, options_.client_id, now + connect_timeout_ms);
  if (!opened) {
    known.retry_at_ms = monotonic_ms() + retry_after_ms;
    return fail(std::move(opened));
  }
  known.connection = std::move(*opened);
  return known.connection.get();
}

kafka_connection* kafka_client::open_connection(std::int32_t id) noexcept {
  auto entry = nodes_.find(id);
  return entry == nodes_.end() ? nullptr : entry->second.connection.get();
}

void kafka_client::drop(const kafka_connection* connection) noexcept {
  if (control_.get() == connection)
    control_.reset();
  for (auto& [id, known] : nodes_)
    if (known.connection && known.connection.get() == connection) {
      known.connection.reset();
      known.retry_at_ms = monotonic_ms() + retry_after_ms;
    }
}

void kafka_client::learn_nodes(const wire::metadata_response& answer) {
  for (auto& broker : answer.brokers) {
    config::address where{broker.host, static_cast<std::uint16_t>(broker.port)};
    auto& known = nodes_[broker.node_id];
    if (known.where.host != where.host || known.where.port != where.port)
      known.connection.reset();
    known.where = std::move(where);
  }
}

result<wire::metadata_response> kafka_client::metadata(const std::optional<std::string>& topic,
                                                       bool make_if_missing) {
  wire::metadata_request request;
  if (topic)
    request.topics.emplace(1, wire::metadata_request::metadata_request_topic{{}, *topic});
  request.allow_auto_topic_creation = make_if_missing;
  auto answer = call_any<wire::metadata_response>(request);
  if (answer)
    learn_nodes(*answer);
  return answer;
}

result<std::vector<topic_info>> kafka_client::topics() {
  auto answer = metadata(std::nullopt, false);
  if (!answer)
    return fail(std::move(answer));
  std::vector<topic_info> topics;
  for (auto& topic : answer->topics)
    topics.push_back(to_topic_info(topic));
  std::sort(topics.begin(), topics.end(), [](auto& a, auto& b) { return a.name < b.name; });
  return topics;
}

result<topic_info> kafka_client::topic_now(const std::string& name, bool make_if_missing) {
  auto answer = metadata(name, make_if_missing);
  if (!answer)
    return fail(std::move(answer));
  if (answer->topics.size() != 1)
    return fail(errc::malformed, "the node did not say anything about topic '" + name + "'");
  auto& topic = answer->topics[0];
  auto code = static_cast<wire::error_code>(topic.error_code);
  if (code == wire::error_code::unknown_topic_or_partition)
    return fail(errc::not_found,
                "there is no topic '" + name + "': make it with `troupe topic create " + name + "`");
  if (code == wire::error_code::invalid_topic_exception)
    return fail(errc::invalid_topic,
                "'" + name + "' cannot be a topic's name: use letters, digits, '.', '_' and '-'");
  if (code == wire::error_code::leader_not_available)
    return fail(errc::busy, "topic '" + name + "' has no leader yet");
  if (code != wire::error_code::none)
    return fail(errc::invalid_topic, "topic '" + name + "': " + describe(topic.error_code));
  return to_topic_info(topic);
}

result<topic_info> kafka_client::topic(const std::string& name, bool make_if_missing) {
  auto deadline = monotonic_ms() + options_.timeout_ms;
  while (true) {
    auto found = topic_now(name, make_if_missing);
    if (found && has_all_leaders(*found))
      return found;
    // A topic that is being made is first unknown, then without leaders.
    auto may_come =
        found || found.error() == errc::busy || (found.error() == errc::not_found && make_if_missing);
    if (!may_come || monotonic_ms() >= deadline)
      return found ? fail(errc::busy, "topic '" + name + "' has partitions without a leader")
                   : std::move(found);
    sleep_ms(retry_after_ms);
  }
}

result<std::int32_t> kafka_client::controller() {
  wire::metadata_request none;
  none.topics.emplace();
  auto answer = call_any<wire::metadata_response>(none);
  if (!answer)
    return fail(std::move(answer));
  learn_nodes(*answer);
  if (answer->controller_id < 0)
    return fail(errc::busy, "the cluster has no controller at the moment");
  return answer->controller_id;
}

} // namespace troupe::command
