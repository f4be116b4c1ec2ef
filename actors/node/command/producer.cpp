#include "actors/node/command/producer.hpp"

#include "actors/remote/error_codes.hpp"
#include "runtime/wire/init_producer_id.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include <poll.h>

namespace troupe::command {

namespace {

constexpr std::int64_t refresh_interval_ms = 100;
/// Deadlines are looked at in between.
constexpr std::int64_t search_patience_ms = 200;
constexpr std::int64_t retry_interval_us = 20'000;
/// The connection of an answer that is overdue goes first, then what was sent on it is taken for lost.
constexpr std::int64_t connection_grace_ms = 100;

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
  client::delivery_rules rules;
  rules.is_idempotent = options_.is_idempotent;
  rules.is_unacknowledged = options_.acks == 0;
  rules.request_timeout_ms = options_.request_timeout_ms + 2 * connection_grace_ms;
  for (auto& partition : topic->partitions)
    partitions_.push_back({client::delivery_queue{rules}, partition.leader});
  return {};
}

void producer::add(partition_id to, std::uint64_t first_record, std::uint32_t record_count, bytes batch) {
  client::outgoing_batch added;
  added.record_count = record_count;
  added.runs = {{client::no_sender, first_record, record_count, client::account::open, batch.size()}};
  added.deadline_ms = monotonic_ms() + options_.delivery_timeout_ms;
  added.data = std::move(batch);
  queued_bytes_ += added.data.size();
  partitions_[static_cast<std::size_t>(to.value())].delivery.add(std::move(added));
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
    for (auto& other : partitions_)
      if (other.delivery.in_flight() == 0
          && (other.delivery.needs_identity() || !other.delivery.has_identity()))
        other.delivery.set_identity(producer_id{answer->producer_id}, producer_epoch{answer->producer_epoch});
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
  sent_request sent{{}, now_ms + options_.request_timeout_ms + connection_grace_ms};
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
    without_answer(sent, now_ms);
  else
    requests_[leader].emplace(*submitted, std::move(sent));
  return submitted.has_value();
}

void producer::without_answer(const sent_request& request, std::int64_t now_ms) {
  client::delivery_queue::answer handed_over;
  for (auto& batch : request.batches) {
    handed_over.number = batch.number;
    partitions_[static_cast<std::size_t>(batch.partition)].delivery.answered(handed_over, now_ms);
  }
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
  client::delivery_queue::answer answer;
  answer.number = batch.number;
  answer.base = offset{from.base_offset};
  answer.append_time = timestamp_ms{from.log_append_time_ms};
  if (from.error_code != wire::number(wire::error_code::none)) {
    answer.what = {remote::errc_of(from.error_code), describe(from.error_code, from.error_message)};
    is_stale_ = is_stale_ || is_about_leader(from.error_code);
  }
  for (auto& record : from.record_errors) {
    auto& said = record.batch_index_error_message ? record.batch_index_error_message : from.error_message;
    answer.refused.push_back({static_cast<std::uint32_t>(record.batch_index), describe(from.error_code, said)});
  }
  partitions_[static_cast<std::size_t>(batch.partition)].delivery.answered(std::move(answer), now_ms);
}

/// Everything that was under way on this connection has an unknown fate.
void producer::lose(std::int32_t node, std::int64_t now_ms) {
  if (auto* connection = client_.open_connection(node)) {
    client_.drop(connection);
    ++reconnects_;
  }
  std::set<std::int32_t> touched;
  for (auto& [id, request] : requests_[node])
    for (auto& batch : request.batches)
      touched.insert(batch.partition);
  for (auto partition : touched) {
    auto& delivery = partitions_[static_cast<std::size_t>(partition)].delivery;
    delivery.lost();
    delivery.back_off(now_ms);
  }
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
  wait_us = std::min(wait_us, is_stale_ || (entries.empty() && !idle()) ? retry_interval_us : patience_us(monotonic_ms()));
  if (also >= 0)
    entries.push_back({also, POLLIN, 0});
  timespec limit{wait_us / 1'000'000, wait_us % 1'000'000 * 1000};
  ::ppoll(entries.data(), entries.size(), &limit, nullptr);
}

/// How long something may be waited for from outside before a partition has to be looked at again.
std::int64_t producer::patience_us(std::int64_t now_ms) const noexcept {
  auto patience = std::numeric_limits<std::int64_t>::max();
  for (auto& partition : partitions_) {
    auto due = partition.delivery.due_at_ms();
    if (due && partition.leader < 0)
      return retry_interval_us;
    if (due)
      patience = std::min(patience, std::max((*due - now_ms) * 1000, retry_interval_us));
  }
  return patience;
}

std::vector<std::pair<partition_id, delivery_outcome>> producer::take_outcomes() {
  std::vector<std::pair<partition_id, delivery_outcome>> all;
  for (std::size_t i = 0; i < partitions_.size(); ++i)
    for (auto& outcome : partitions_[i].delivery.take_outcomes()) {
      auto& run = outcome.runs.front(); // of the batch, or of the half, that `add` was given
      queued_bytes_ -= run.cost_bytes;
      all.emplace_back(partition_id{static_cast<std::int32_t>(i)},
                       delivery_outcome{run.first_id, outcome.record_count, outcome.base.value(), std::move(outcome.what),
                                        outcome.may_be_written, std::move(outcome.refused)});
    }
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

std::size_t producer::queued_batches(partition_id of) const noexcept {
  return partitions_[static_cast<std::size_t>(of.value())].delivery.size();
}

} // namespace troupe::command
