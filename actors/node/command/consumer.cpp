#include "actors/node/command/consumer.hpp"

#include "actors/node/command/offsets.hpp"

#include <algorithm>
#include <set>

#include <poll.h>

namespace troupe::command {

namespace {

constexpr std::int64_t ask_leaders_every_ms = 100;
/// Beyond the time that a fetch may wait at the node.
constexpr std::int64_t answer_slack_ms = 30'000;
constexpr std::int64_t patience_between_polls_ms = 200;
constexpr std::int64_t nothing_to_do_wait_ms = 20;

} // namespace

void consumer::open(const topic_info& topic, const std::map<partition_id, offset>& from) {
  heard_at_ms_ = monotonic_ms();
  client_.set_patience_ms(patience_between_polls_ms);
  for (auto& partition : topic.partitions)
    if (auto start = from.find(partition.partition); start != from.end())
      partitions_[partition.partition] = {start->second, partition.leader};
}

result<std::vector<fetched_batches>> consumer::step(std::int64_t wait_ms) {
  auto now = monotonic_ms();
  if (now - heard_at_ms_ > options_.give_up_ms)
    return fail(errc::timed_out,
                "no node has answered for " + std::to_string(options_.give_up_ms / 1000) + " s");
  if (is_stale_ && now >= refresh_at_ms_)
    refresh_leaders();
  send_to_leaders();
  std::vector<pollfd> entries;
  for (auto& [node, overdue_at] : under_way_)
    if (auto* connection = client_.open_connection(node))
      entries.push_back({connection->fd(),
                         static_cast<short>(connection->wants_to_write() ? POLLIN | POLLOUT : POLLIN), 0});
  if (entries.empty() || is_stale_)
    wait_ms = std::min(wait_ms, nothing_to_do_wait_ms);
  ::poll(entries.data(), entries.size(), static_cast<int>(wait_ms));
  std::vector<fetched_batches> fetched;
  if (auto done = exchange_all(fetched); !done)
    return fail(std::move(done));
  // The nodes prepare the next answers while the caller looks at these.
  send_to_leaders();
  if (auto done = exchange_all(fetched); !done)
    return fail(std::move(done));
  return fetched;
}

void consumer::send_to_leaders() {
  std::set<std::int32_t> leaders;
  for (auto& [which, state] : partitions_)
    if (state.leader >= 0 && !under_way_.contains(state.leader))
      leaders.insert(state.leader);
  for (auto leader : leaders) {
    auto connection = client_.node(leader);
    if (!connection || !send_request(leader, **connection))
      is_stale_ = true;
  }
}

bool consumer::send_request(std::int32_t leader, kafka_connection& connection) {
  wire::fetch_request request;
  request.max_wait_ms = options_.max_wait_ms;
  request.min_bytes = options_.min_bytes;
  request.max_bytes = options_.max_bytes;
  auto& topic = request.topics.emplace_back();
  topic.topic = options_.topic;
  for (auto& [which, state] : partitions_) {
    if (state.leader != leader)
      continue;
    auto& partition = topic.partitions.emplace_back();
    partition.partition = which.value();
    partition.fetch_offset = state.position.value();
    partition.partition_max_bytes = options_.partition_max_bytes;
  }
  if (!connection.submit(request))
    return false;
  under_way_[leader] = monotonic_ms() + options_.max_wait_ms + answer_slack_ms;
  return true;
}

result<void> consumer::exchange_all(std::vector<fetched_batches>& to) {
  std::vector<std::int32_t> nodes;
  for (auto& [node, overdue_at] : under_way_)
    nodes.push_back(node);
  for (auto node : nodes)
    if (auto done = exchange(node, to); !done)
      return done;
  return {};
}

result<void> consumer::exchange(std::int32_t node, std::vector<fetched_batches>& to) {
  auto* connection = client_.open_connection(node);
  auto answers = connection ? connection->exchange() : fail(errc::io_error);
  if (!answers || (answers->empty() && monotonic_ms() > under_way_[node])) {
    lose(node);
    return {};
  }
  for (auto& answer : *answers) {
    under_way_.erase(node);
    heard_at_ms_ = monotonic_ms();
    if (auto taken = take_answer(answer, to); !taken)
      return taken;
  }
  return {};
}

result<void> consumer::take_answer(const kafka_answer& answer, std::vector<fetched_batches>& to) {
  auto decoded = wire::decode<wire::fetch_response>(answer.body, answer.version);
  if (!decoded)
    return fail(errc::malformed, "a node's answer cannot be read: " + decoded.error().detail);
  if (decoded->error_code != wire::number(wire::error_code::none))
    return fail(errc::invalid_request, "the node refuses to be read: " + describe(decoded->error_code));
  for (auto& topic : decoded->responses)
    for (auto& partition : topic.partitions) {
      auto state = partitions_.find(partition_id{partition.partition_index});
      if (state == partitions_.end())
        continue;
      auto is_good = partition.error_code == wire::number(wire::error_code::none);
      auto taken = is_good ? take_records(state->first, state->second, partition, to)
                           : take_error(state->first, state->second, partition);
      if (!taken)
        return taken;
    }
  return {};
}

result<void> consumer::take_records(partition_id which, partition_state& state, const partition_data& from,
                                    std::vector<fetched_batches>& to) {
  if (!from.records)
    return {};
  for (auto& slice : from.records->slices) {
    fetched_batches fetched{which, state.position, {}};
    record::batch_cursor batches{slice.view()};
    for (auto batch = batches.next(); batch; batch = batches.next()) {
      if (!batch->crc_ok())
        return fail(errc::corrupt, "the batch at offset " + std::to_string(batch->base_offset().value())
                                       + " of " + options_.topic + "/" + std::to_string(which.value())
                                       + " is damaged: its checksum does not match");
      state.position = std::max(state.position, batch->next_offset());
    }
    // A last batch that is not whole comes again.
    if (!batches.ok() && !(batches.error() == errc::end_of_input))
      return fail(errc::corrupt, "what the node sent of " + options_.topic + "/"
                                     + std::to_string(which.value())
                                     + " is no record batch: " + batches.error().message());
    if (batches.position() == 0)
      continue;
    fetched.data = slice.slice(0, batches.position());
    to.push_back(std::move(fetched));
  }
  return {};
}

result<void> consumer::take_error(partition_id which, partition_state& state, const partition_data& from) {
  auto code = static_cast<wire::error_code>(from.error_code);
  if (code == wire::error_code::offset_out_of_range)
    return out_of_range(which, state);
  if (wire::is_retriable(code)) {
    is_stale_ = true;
    return {};
  }
  return fail(errc::invalid_request, "cannot read " + options_.topic + "/" + std::to_string(which.value())
                                         + ": " + describe(from.error_code));
}

/// Records that retention has deleted are skipped; an offset that is not there yet is a mistake.
result<void> consumer::out_of_range(partition_id which, partition_state& state) {
  auto topic = client_.topic(options_.topic, false);
  if (!topic)
    return fail(std::move(topic));
  std::erase_if(topic->partitions, [&](auto& p) { return p.partition != which; });
  auto first = list_offsets(client_, *topic, earliest_offset);
  auto end = list_offsets(client_, *topic, latest_offset);
  if (!first || !end)
    return fail(first ? std::move(end) : std::move(first));
  auto name = options_.topic + "/" + std::to_string(which.value());
  auto wanted = std::to_string(state.position.value());
  if (state.position > end->at(which))
    return fail(errc::offset_out_of_range, "offset " + wanted + " of " + name + " is behind its end, "
                                               + std::to_string(end->at(which).value()));
  warnings_.push_back("offset " + wanted + " of " + name + " has been deleted; going on at "
                      + std::to_string(first->at(which).value()));
  state.position = std::max(first->at(which), state.position);
  return {};
}

void consumer::lose(std::int32_t node) {
  if (auto* connection = client_.open_connection(node))
    client_.drop(connection);
  under_way_.erase(node);
  is_stale_ = true;
}

void consumer::refresh_leaders() {
  refresh_at_ms_ = monotonic_ms() + ask_leaders_every_ms;
  auto topic = client_.topic_now(options_.topic, false);
  if (!topic)
    return;
  is_stale_ = false;
  heard_at_ms_ = monotonic_ms();
  for (auto& partition : topic->partitions)
    if (auto state = partitions_.find(partition.partition); state != partitions_.end())
      state->second.leader = partition.leader;
}

} // namespace troupe::command
