#include "actors/node/command/producer.hpp"

#include "runtime/wire/init_producer_id.hpp"

#include <algorithm>

#include <poll.h>

namespace troupe::command {

namespace {

constexpr std::int64_t refresh_interval_ms = 100;
/// Deadlines are looked at in between.
constexpr std::int64_t search_patience_ms = 200;
constexpr std::int64_t retry_interval_us = 20'000;

bool is_about_leader(std::int16_t code) {
  switch (static_cast<wire::error_code>(code)) {
  case wire::error_code::unknown_topic_or_partition:
  case wire::error_code::leader_not_available:
  case wire::error_code::not_leader_or_follower:
  case wire::error_code::fenced_leader_epoch:
  case wire::error_code::kafka_storage_error:
    return true;
  default:
    return false;
  }
}

} // namespace

result<void> producer::open() {
  auto topic = client_.topic(options_.topic, options_.make_topic_if_missing);
  if (!topic)
    return fail(std::move(topic));
  client_.set_patience_ms(search_patience_ms);
  delivery_options per_partition;
  per_partition.is_idempotent = options_.is_idempotent;
  for (auto& partition : topic->partitions)
    partitions_.push_back({partition_delivery{per_partition}, partition.leader});
  return {};
}

void producer::add(partition_id to, std::uint64_t first_record, std::int32_t record_count, bytes batch) {
  auto deadline = monotonic_ms() + options_.delivery_timeout_ms;
  partitions_[static_cast<std::size_t>(to.value())].delivery.add(
      {first_record, record_count, std::move(batch), deadline});
}

result<void> producer::step(std::int64_t wait_us, int also) {
  auto now = monotonic_ms();
  for (auto& partition : partitions_)
    partition.delivery.expire(now);
  if (is_stale_ && now >= refresh_at_ms_)
    refresh_leaders();
  if (auto given = give_identities(); !given)
    return given;
  send_to_leaders(now);
  wait(wait_us, also);
  now = monotonic_ms();
  std::vector<std::int32_t> nodes;
  for (auto& [node, requests] : requests_)
    nodes.push_back(node);
  for (auto node : nodes)
    exchange(node, now);
  return {};
}

result<void> producer::give_identities() {
  for (auto& partition : partitions_) {
    if (!partition.delivery.needs_identity())
      continue;
    // A partition that lost a sequence number gets an id that no other partition has used.
    auto answer = client_.call_any<wire::init_producer_id_response>(wire::init_producer_id_request{});
    if (!answer)
      return answer.error() == errc::unsupported_version ? fail(std::move(answer)) : result<void>{};
    auto code = static_cast<wire::error_code>(answer->error_code);
    if (wire::is_retriable(code))
      return {};
    if (code != wire::error_code::none)
      return fail(errc::invalid_request, "the node gives no producer id: " + describe(answer->error_code));
    identity_ = {producer_id{answer->producer_id}, producer_epoch{answer->producer_epoch}};
    for (auto& other : partitions_)
      if (other.delivery.in_flight() == 0
          && (other.delivery.needs_identity() || !other.delivery.has_identity()))
        other.delivery.set_identity(identity_);
  }
  return {};
}

void producer::refresh_leaders() {
  refresh_at_ms_ = monotonic_ms() + refresh_interval_ms;
  auto topic = client_.topic_now(options_.topic, options_.make_topic_if_missing);
  if (!topic)
    return;
  is_stale_ = false;
  for (auto& partition : topic->partitions) {
    auto index = static_cast<std::size_t>(partition.partition.value());
    if (index < partitions_.size())
      partitions_[index].leader = partition.leader;
    is_stale_ = is_stale_ || partition.leader < 0;
  }
}

void producer::send_to_leaders(std::int64_t now_ms) {
  std::vector<std::int32_t> leaders;
  for (auto& partition : partitions_)
    if (!partition.delivery.empty() && partition.leader >= 0)
      leaders.push_back(partition.leader);
  std::sort(leaders.begin(), leaders.end());
  leaders.erase(std::unique(leaders.begin(), leaders.end()), leaders.end());
  for (auto leader : leaders) {
    if (!client_.open_connection(leader)) {
      if (auto opened = client_.node(leader); !opened) {
        is_stale_ = true;
        continue;
      }
    }
    while (requests_[leader].size() < options_.requests_in_flight_max && send_request(leader, now_ms))
      ;
  }
}

/// One batch of each partition that has one ready. False if there was none.
bool producer::send_request(std::int32_t leader, std::int64_t now_ms) {
  auto* connection = client_.open_connection(leader);
  if (!connection || connection->unsent_bytes() > options_.request_max_bytes)
    return false;
  wire::produce_request request;
  request.acks = options_.acks;
  request.timeout_ms = static_cast<std::int32_t>(options_.request_timeout_ms);
  wire::produce_request::topic_produce_data topic;
  topic.name = options_.topic;
  sent_request sent{{}, now_ms + options_.request_timeout_ms + refresh_interval_ms};
  std::size_t size = 0;
  for (std::size_t i = 0; i < partitions_.size() && size < options_.request_max_bytes; ++i) {
    auto index = (first_partition_ + i) % partitions_.size();
    auto& partition = partitions_[index];
    if (partition.leader != leader)
      continue;
    auto order = partition.delivery.next(now_ms);
    if (!order)
      continue;
    size += order->data.size();
    topic.partition_data.push_back({static_cast<std::int32_t>(index), std::move(order->data)});
    sent.batches.push_back({static_cast<std::int32_t>(index), order->number});
  }
  if (sent.batches.empty())
    return false;
  first_partition_ = (static_cast<std::size_t>(sent.batches.back().partition) + 1) % partitions_.size();
  request.topic_data.push_back(std::move(topic));
  auto submitted = connection->submit(request, options_.acks != 0);
  if (!submitted)
    lose(leader, now_ms);
  else if (options_.acks == 0)
    without_answer(sent);
  else
    requests_[leader].emplace(*submitted, std::move(sent));
  return submitted.has_value();
}

void producer::without_answer(const sent_request& request) {
  for (auto& batch : request.batches)
    partitions_[static_cast<std::size_t>(batch.partition)].delivery.succeeded(batch.number, -1);
}

void producer::exchange(std::int32_t node, std::int64_t now_ms) {
  auto* connection = client_.open_connection(node);
  if (!connection)
    return lose(node, now_ms);
  auto answers = connection->exchange();
  if (!answers)
    return lose(node, now_ms);
  for (auto& answer : *answers)
    take_answer(node, answer, now_ms);
  auto& requests = requests_[node];
  if (!requests.empty() && requests.begin()->second.deadline_ms <= now_ms)
    lose(node, now_ms);
}

void producer::take_answer(std::int32_t node, const kafka_answer& answer, std::int64_t now_ms) {
  auto& requests = requests_[node];
  auto request = requests.find(answer.correlation_id);
  if (request == requests.end())
    return;
  auto decoded = wire::decode<wire::produce_response>(answer.body, answer.version);
  if (!decoded)
    return lose(node, now_ms);
  std::map<std::int32_t, const wire::produce_response::partition_produce_response*> by_partition;
  for (auto& topic : decoded->responses)
    for (auto& partition : topic.partition_responses)
      by_partition[partition.index] = &partition;
  for (auto& batch : request->second.batches) {
    auto found = by_partition.find(batch.partition);
    if (found != by_partition.end()) {
      take_result(*found->second, batch, now_ms);
      continue;
    }
    wire::produce_response::partition_produce_response missing;
    missing.error_code = wire::number(wire::error_code::unknown_server_error);
    missing.error_message = "the node did not say what became of the batch";
    take_result(missing, batch, now_ms);
  }
  requests.erase(request);
}

void producer::take_result(const wire::produce_response::partition_produce_response& from,
                           const sent_batch& batch, std::int64_t now_ms) {
  auto& delivery = partitions_[static_cast<std::size_t>(batch.partition)].delivery;
  if (from.error_code == wire::number(wire::error_code::none))
    return delivery.succeeded(batch.number, from.base_offset);
  is_stale_ = is_stale_ || is_about_leader(from.error_code);
  auto said = from.error_message.value_or("");
  for (auto& record : from.record_errors)
    said += (said.empty() ? "record " : "; record ") + std::to_string(record.batch_index) + ": "
            + record.batch_index_error_message.value_or("refused");
  delivery.failed(batch.number, from.error_code, said, now_ms);
}

/// Everything that was under way on this connection has an unknown fate.
void producer::lose(std::int32_t node, std::int64_t now_ms) {
  if (auto* connection = client_.open_connection(node)) {
    client_.drop(connection);
    ++reconnects_;
  }
  for (auto& [id, request] : requests_[node])
    for (auto& batch : request.batches)
      partitions_[static_cast<std::size_t>(batch.partition)].delivery.lost(now_ms);
  requests_[node].clear();
  is_stale_ = true;
}

void producer::wait(std::int64_t wait_us, int also) {
  std::vector<pollfd> entries;
  for (auto& [node, requests] : requests_)
    if (auto* connection = client_.open_connection(node);
        connection && !(requests.empty() && !connection->wants_to_write()))
      entries.push_back({connection->fd(),
                         static_cast<short>(connection->wants_to_write() ? POLLIN | POLLOUT : POLLIN), 0});
  // Something waits for its leader, or for its next try.
  auto waits = [](auto& p) { return !p.delivery.empty() && (p.leader < 0 || p.delivery.retry_at_ms() > 0); };
  if (is_stale_ || (entries.empty() && !idle()) || std::any_of(partitions_.begin(), partitions_.end(), waits))
    wait_us = std::min(wait_us, retry_interval_us);
  if (also >= 0)
    entries.push_back({also, POLLIN, 0});
  timespec limit{wait_us / 1'000'000, wait_us % 1'000'000 * 1000};
  ::ppoll(entries.data(), entries.size(), &limit, nullptr);
}

std::vector<std::pair<partition_id, delivery_outcome>> producer::take_outcomes() {
  std::vector<std::pair<partition_id, delivery_outcome>> all;
  for (std::size_t i = 0; i < partitions_.size(); ++i)
    for (auto& outcome : partitions_[i].delivery.take_outcomes())
      all.emplace_back(partition_id{static_cast<std::int32_t>(i)}, std::move(outcome));
  return all;
}

bool producer::idle() const noexcept {
  auto nothing_to_send = [this](auto& entry) {
    auto* connection = client_.open_connection(entry.first);
    return !connection || !connection->wants_to_write();
  };
  return std::all_of(partitions_.begin(), partitions_.end(), [](auto& p) { return p.delivery.empty(); })
         && std::all_of(requests_.begin(), requests_.end(), nothing_to_send);
}

std::size_t producer::queued_bytes() const noexcept {
  std::size_t total = 0;
  for (auto& partition : partitions_)
    total += partition.delivery.queued_bytes();
  return total;
}

std::size_t producer::queued_batches(partition_id of) const noexcept {
  return partitions_[static_cast<std::size_t>(of.value())].delivery.queued_batches();
}

} // namespace troupe::command
