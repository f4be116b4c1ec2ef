#include "actors/node/command/offsets.hpp"

#include "config/quantity.hpp"
#include "runtime/wire/list_offsets.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::command {

namespace {

constexpr std::int64_t try_again_after_ms = 100;

/// "2026-01-31", "2026-01-31T12:00:00" with an optional "Z"; UTC.
std::optional<std::int64_t> parse_date(std::string_view text) {
  if (text.ends_with('Z'))
    text.remove_suffix(1);
  auto number = [&](std::size_t at, std::size_t size) {
    auto digits = text.size() < at + size ? std::string_view{} : text.substr(at, size);
    auto all_digits = digits.find_first_not_of("0123456789") == std::string_view::npos;
    return all_digits ? config::parse_integer(digits).value_or(-1) : -1;
  };
  if ((text.size() != 10 && text.size() != 19) || text[4] != '-' || text[7] != '-')
    return std::nullopt;
  std::chrono::year_month_day day{std::chrono::year{static_cast<int>(number(0, 4))},
                                  std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                  std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  if (number(0, 4) < 0 || !day.ok())
    return std::nullopt;
  std::int64_t seconds = std::chrono::sys_days{day}.time_since_epoch() / std::chrono::seconds{1};
  if (text.size() == 19) {
    auto hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    auto is_time = (text[10] == 'T' || text[10] == ' ') && text[13] == ':' && text[16] == ':';
    if (!is_time || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
      return std::nullopt;
    seconds += hour * 3600 + minute * 60 + second;
  }
  return seconds * 1000;
}

using offsets_by_partition = std::map<partition_id, offset>;

wire::list_offsets_request request_for(const topic_info& topic, const std::vector<partition_id>& partitions,
                                       timestamp_ms time) {
  wire::list_offsets_request request;
  request.topics.push_back({topic.name, {}});
  for (auto partition : partitions) {
    auto& entry = request.topics.back().partitions.emplace_back();
    entry.partition_index = partition.value();
    entry.timestamp = time.value();
  }
  return request;
}

/// Takes what was answered; says about the rest why there is no answer.
result<void> take_offsets(const wire::list_offsets_response& answer, offsets_by_partition& to) {
  result<void> missing;
  for (auto& topic : answer.topics)
    for (auto& partition : topic.partitions) {
      auto code = static_cast<wire::error_code>(partition.error_code);
      auto where = topic.name + "/" + std::to_string(partition.partition_index);
      if (code == wire::error_code::none)
        to[partition_id{partition.partition_index}] = offset{partition.offset};
      else
        missing = fail(wire::is_retriable(code) ? errc::busy : errc::invalid_request,
                       "no offset of " + where + ": " + describe(partition.error_code));
    }
  return missing;
}

/// One round of questions to the leaders of the partitions that `known` lacks.
result<void> ask_leaders(kafka_client& client, const topic_info& topic, timestamp_ms time,
                         offsets_by_partition& known) {
  std::map<std::int32_t, std::vector<partition_id>> by_leader;
  for (auto& partition : topic.partitions)
    if (!known.contains(partition.partition))
      by_leader[partition.leader].push_back(partition.partition);
  result<void> missing;
  for (auto& [leader, partitions] : by_leader) {
    auto answer = client.call_node<wire::list_offsets_response>(leader, request_for(topic, partitions, time));
    if (!answer)
      missing = fail(errc::busy, answer.error().message());
    else if (auto taken = take_offsets(*answer, known); !taken)
      missing = std::move(taken);
  }
  return missing;
}

} // namespace

result<start_point> parse_start(std::string_view text) {
  using enum start_point::kind;
  if (text == "beginning" || text == "end")
    return start_point{text == "end" ? end : beginning, 0};
  if (text.starts_with('@')) {
    auto time = config::parse_integer(text.substr(1));
    if (!time)
      time = parse_date(text.substr(1));
    if (time && *time >= 0)
      return start_point{at_time, *time};
  } else if (auto number = config::parse_integer(text); number && *number != INT64_MIN) {
    return *number < 0 ? start_point{before_end, -*number} : start_point{at_offset, *number};
  }
  return fail(errc::invalid_argument,
              "'" + std::string{text}
                  + "' is no place to begin: write beginning, end, an offset, -N for the last N, "
                    "@MILLISECONDS or @2026-01-31T12:00:00Z");
}

result<offsets_by_partition> list_offsets(kafka_client& client, const topic_info& topic, timestamp_ms time) {
  auto deadline = monotonic_ms() + client.options().timeout_ms;
  offsets_by_partition known;
  auto now = topic;
  while (true) {
    auto asked = ask_leaders(client, now, time, known);
    if (asked && known.size() == topic.partitions.size())
      return known;
    if (!asked && (!(asked.error() == errc::busy) || monotonic_ms() >= deadline))
      return fail(std::move(asked));
    sleep_ms(try_again_after_ms);
    if (auto refreshed = client.topic_now(topic.name, false))
      now = std::move(*refreshed);
  }
}

result<offsets_by_partition> resolve_start(kafka_client& client, const topic_info& topic,
                                           const start_point& start) {
  using enum start_point::kind;
  if (start.where == at_offset) {
    offsets_by_partition same;
    for (auto& partition : topic.partitions)
      same[partition.partition] = offset{start.number};
    return same;
  }
  if (start.where == beginning)
    return list_offsets(client, topic, earliest_offset);
  auto ends = list_offsets(client, topic, latest_offset);
  if (!ends || start.where == end)
    return ends;
  auto found =
      list_offsets(client, topic, start.where == at_time ? timestamp_ms{start.number} : earliest_offset);
  if (!found)
    return found;
  for (auto& [partition, first] : *found) {
    if (start.where == before_end)
      first = std::max(first, (*ends)[partition] - start.number);
    else if (first == no_offset)
      first = (*ends)[partition];
  }
  return found;
}

} // namespace troupe::command
