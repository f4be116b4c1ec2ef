// troupe topic offsets and troupe topic delete-records: where the records of a topic begin and end.
#include "actors/node/command/json_line.hpp"
#include "actors/node/command/offsets.hpp"
#include "actors/node/command/text_table.hpp"
#include "actors/node/command/topic_actions.hpp"
#include "runtime/wire/delete_records.hpp"

#include <algorithm>
#include <ostream>

namespace troupe::command {

namespace {

using offset_map = std::map<partition_id, offset>;

/// The topic with only the partitions of --partition, if there are any. not_found: it has no such partition.
result<topic_info> chosen_part(kafka_client& client, const topic_arguments& arguments, const std::string& name) {
  auto topic = client.topic(name, false);
  if (!topic || arguments.only_partitions.empty())
    return topic;
  auto all = std::move(topic->partitions);
  topic->partitions.clear();
  for (auto number : arguments.only_partitions) {
    auto found = std::find_if(all.begin(), all.end(), [&](auto& p) { return p.partition.value() == number; });
    if (found == all.end())
      return fail(errc::not_found, "topic '" + name + "' has no partition " + std::to_string(number)
                                       + ": it has " + std::to_string(all.size()));
    topic->partitions.push_back(*found);
  }
  return topic;
}

struct topic_offsets {
  offset_map first;
  offset_map end;
  offset_map at; // only with --at
};

result<topic_offsets> offsets_of(kafka_client& client, const topic_info& topic,
                                 const std::optional<start_point>& where) {
  topic_offsets found;
  auto ask = [&](offset_map& into, timestamp_ms time) -> result<void> {
    auto offsets = list_offsets(client, topic, time);
    if (!offsets)
      return fail(std::move(offsets));
    into = std::move(*offsets);
    return {};
  };
  auto asked = ask(found.first, earliest_offset);
  if (asked)
    asked = ask(found.end, latest_offset);
  if (!asked)
    return fail(std::move(asked));
  if (where) {
    auto at = resolve_start(client, topic, *where);
    if (!at)
      return fail(std::move(at));
    found.at = std::move(*at);
  }
  return found;
}

std::vector<std::string> cells_of(const std::string& topic, partition_id partition, const topic_offsets& all) {
  auto first = all.first.at(partition).value();
  auto end = all.end.at(partition).value();
  std::vector<std::string> cells{topic, std::to_string(partition.value()), std::to_string(first),
                                 std::to_string(end), std::to_string(end - first)};
  if (auto at = all.at.find(partition); at != all.at.end())
    cells.push_back(std::to_string(at->second.value()));
  return cells;
}

std::string to_json(const std::string& topic, partition_id partition, const topic_offsets& all) {
  json_line line;
  line.text("topic", topic).number("partition", partition.value());
  line.number("first_offset", all.first.at(partition).value());
  line.number("end_offset", all.end.at(partition).value());
  if (auto at = all.at.find(partition); at != all.at.end())
    line.number("at_offset", at->second.value());
  return line.str();
}

result<wire::delete_records_response> ask_to_delete(kafka_client& client, const topic_arguments& arguments,
                                                    const std::string& topic, std::int32_t leader,
                                                    const offset_map& before) {
  wire::delete_records_request request;
  request.timeout_ms = arguments.wire_timeout_ms();
  auto& wanted = request.topics.emplace_back();
  wanted.name = topic;
  for (auto& [partition, first_kept] : before)
    wanted.partitions.push_back({partition.value(), first_kept.value()});
  return client.call_node<wire::delete_records_response>(leader, request);
}

int report_deletion(const topic_arguments& arguments, const streams& to, const std::string& topic,
                    const wire::delete_records_response::delete_records_partition_result& about) {
  auto is_done = about.error_code == wire::number(wire::error_code::none);
  if (arguments.is_json) {
    json_line line;
    line.text("topic", topic).number("partition", about.partition_index).boolean("ok", is_done);
    if (is_done)
      line.number("first_offset", about.low_watermark);
    else
      line.text("error", wire::name(static_cast<wire::error_code>(about.error_code)));
    to.out << line.str() << '\n';
  } else if (is_done) {
    to.out << topic << " partition " << about.partition_index << " begins at " << about.low_watermark << '\n';
  } else {
    report(to, "topic '" + topic + "' partition " + std::to_string(about.partition_index) + ": "
                   + describe(about.error_code));
  }
  return is_done ? exit_done : exit_failed;
}

int delete_records_of(const topic_info& topic, const topic_arguments& arguments, const start_point& where,
                      const streams& to, kafka_client& client) {
  auto before = resolve_start(client, topic, where);
  if (!before)
    return report(to, before.error());
  std::map<std::int32_t, offset_map> by_leader;
  for (auto& partition : topic.partitions)
    by_leader[partition.leader][partition.partition] = before->at(partition.partition);
  int code = exit_done;
  for (auto& [leader, offsets] : by_leader) {
    auto answer = ask_to_delete(client, arguments, topic.name, leader, offsets);
    if (!answer) {
      code = report(to, answer.error());
      continue;
    }
    for (auto& about : answer->topics)
      for (auto& partition : about.partitions)
        code = std::max(code, report_deletion(arguments, to, about.name, partition));
  }
  return code;
}

} // namespace

int show_offsets(const topic_arguments& arguments, const streams& to, kafka_client& client) {
  std::optional<start_point> where;
  if (!arguments.where.empty()) {
    auto parsed = parse_start(arguments.where);
    if (!parsed) {
      report(to, parsed.error());
      return exit_usage;
    }
    where = *parsed;
  }
  auto names = chosen_topics(arguments, client);
  if (!names)
    return report(to, names.error());
  int code = exit_done;
  text_table table;
  auto is_empty = true;
  table.row({"TOPIC", "PARTITION", "FIRST", "END", "RECORDS", where ? "AT " + arguments.where : ""});
  for (auto& name : *names) {
    auto topic = chosen_part(client, arguments, name);
    auto found = topic ? offsets_of(client, *topic, where) : result<topic_offsets>{fail(std::move(topic))};
    if (!found) {
      code = report(to, found.error());
      continue;
    }
    is_empty = false;
    for (auto& partition : topic->partitions)
      if (arguments.is_json)
        to.out << to_json(name, partition.partition, *found) << '\n';
      else
        table.row(cells_of(name, partition.partition, *found));
  }
  if (!arguments.is_json && !is_empty)
    to.out << table.str();
  return code;
}

int delete_records(const topic_arguments& arguments, const streams& to, kafka_client& client) {
  auto where = parse_start(arguments.where);
  if (!where) {
    report(to, where.error());
    return exit_usage;
  }
  int code = exit_done;
  for (auto& name : arguments.names) {
    auto topic = chosen_part(client, arguments, name);
    code = std::max(code, topic ? delete_records_of(*topic, arguments, *where, to, client)
                                : report(to, topic.error()));
  }
  return code;
}

} // namespace troupe::command
