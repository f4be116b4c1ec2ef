// troupe consume: prints the records of a topic.
#include "actors/node/command/commands.hpp"
#include "actors/node/command/consumer.hpp"
#include "actors/node/command/offsets.hpp"
#include "actors/node/command/progress.hpp"
#include "actors/node/command/record_format.hpp"

#include <algorithm>
#include <ostream>

namespace troupe::command {

namespace {

struct consume_arguments {
  connection_arguments connection;
  consumer_options consuming;
  std::string from = "end";
  std::vector<std::int32_t> partitions;
  std::optional<std::uint64_t> count;
  bool until_end = false;
  std::string format = "%s\\n";
  bool is_json = false;
  bool shows_progress = false;
};

class consume_run {
public:
  consume_run(const consume_arguments& arguments, record_format format, const streams& to,
              kafka_client& client)
      : arguments_(arguments), format_(std::move(format)), to_(to), client_(client),
        consumer_(client, arguments.consuming), progress_(to.err, arguments.shows_progress) {}

  int run(const start_point& start);

private:
  result<void> open(const start_point& start);
  result<void> pump();
  result<void> print(const fetched_batches& fetched);
  result<void> print_batch(const fetched_batches& fetched, const record::batch_view& batch);
  void stop_at_ends();
  bool is_enough() const { return arguments_.count && printed_ >= *arguments_.count; }

  const consume_arguments& arguments_;
  record_format format_;
  streams to_;
  kafka_client& client_;
  consumer consumer_;
  progress progress_;
  std::map<partition_id, offset> ends_; // of the partitions that are not read to their end; only until_end
  std::uint64_t printed_ = 0;
  std::uint64_t bytes_ = 0;
  std::string text_;
};

int consume_run::run(const start_point& start) {
  if (auto opened = open(start); !opened)
    return report(to_, opened.error());
  while (consumer_.has_partitions() && !is_enough()) {
    if (auto pumped = pump(); !pumped)
      return report(to_, pumped.error());
    if (!to_.out)
      return exit_failed;
    progress_.show(
        [&] { return with_commas(printed_) + " records, " + bytes_for_people(static_cast<double>(bytes_)); });
  }
  return exit_done;
}

result<void> consume_run::open(const start_point& start) {
  auto topic = client_.topic(arguments_.consuming.topic, false);
  if (!topic)
    return fail(std::move(topic));
  auto count = topic->partitions.size();
  for (auto wanted : arguments_.partitions)
    if (static_cast<std::size_t>(wanted) >= count)
      return fail(errc::unknown_topic_or_partition,
                  "topic '" + topic->name + "' has no partition " + std::to_string(wanted)
                      + ": its partitions are 0 to " + std::to_string(count - 1));
  if (!arguments_.partitions.empty())
    std::erase_if(topic->partitions, [&](auto& p) {
      return std::find(arguments_.partitions.begin(), arguments_.partitions.end(), p.partition.value())
             == arguments_.partitions.end();
    });
  auto from = resolve_start(client_, *topic, start);
  if (!from)
    return fail(std::move(from));
  consumer_.open(*topic, *from);
  if (!arguments_.until_end)
    return {};
  auto ends = list_offsets(client_, *topic, latest_offset);
  if (!ends)
    return fail(std::move(ends));
  for (auto& [partition, first] : *from)
    if (first > ends->at(partition))
      return fail(errc::offset_out_of_range, "offset " + std::to_string(first.value()) + " of partition "
                                                 + std::to_string(partition.value()) + " is behind its end, "
                                                 + std::to_string(ends->at(partition).value()));
  ends_ = std::move(*ends);
  stop_at_ends();
  return {};
}

result<void> consume_run::pump() {
  auto fetched = consumer_.step(1000);
  for (auto& warning : consumer_.take_warnings())
    report(to_, warning);
  if (!fetched)
    return fail(std::move(fetched));
  for (auto& part : *fetched)
    if (auto printed = print(part); !printed)
      return printed;
  to_.out.flush();
  stop_at_ends();
  return {};
}

result<void> consume_run::print(const fetched_batches& fetched) {
  bytes_ += fetched.data.size();
  record::batch_cursor batches{fetched.data.view()};
  for (auto batch = batches.next(); batch && !is_enough(); batch = batches.next())
    if (!batch->is_control() && batch->last_offset() >= fetched.first)
      if (auto printed = print_batch(fetched, *batch); !printed)
        return printed;
  return {};
}

result<void> consume_run::print_batch(const fetched_batches& fetched, const record::batch_view& batch) {
  record::decompression_budget budget;
  auto records = record::batch_records::open(batch, budget);
  if (!records)
    return fail(records.error().code, "cannot decompress the batch at offset "
                                          + std::to_string(batch.base_offset().value()) + " of partition "
                                          + std::to_string(fetched.partition.value()) + ": "
                                          + records.error().message());
  auto end = ends_.find(fetched.partition);
  for (auto record = records->next(); record && !is_enough(); record = records->next()) {
    auto offset = records->offset_of(*record);
    if (offset < fetched.first || (end != ends_.end() && offset >= end->second))
      continue;
    shown_record shown{arguments_.consuming.topic,
                       fetched.partition,
                       offset,
                       records->timestamp_of(*record),
                       record->key,
                       record->value,
                       record->headers()};
    text_.clear();
    if (arguments_.is_json)
      append_json(shown, text_);
    else
      format_.append(shown, text_);
    to_.out.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    ++printed_;
  }
  if (!records->ok())
    return fail(errc::corrupt, "the batch at offset " + std::to_string(batch.base_offset().value())
                                   + " of partition " + std::to_string(fetched.partition.value())
                                   + " is damaged");
  return {};
}

void consume_run::stop_at_ends() {
  std::erase_if(ends_, [this](auto& entry) {
    if (consumer_.position(entry.first) < entry.second)
      return false;
    consumer_.stop(entry.first);
    return true;
  });
}

int run_consume(const consume_arguments& arguments, const streams& to) {
  auto start = parse_start(arguments.from);
  auto format = record_format::parse(arguments.format);
  if (!start || !format) {
    report(to, start ? format.error() : start.error());
    return exit_usage;
  }
  return with_client(to, arguments.connection, [&](kafka_client& client) {
    return consume_run{arguments, std::move(*format), to, client}.run(*start);
  });
}

} // namespace

void add_consume_command(CLI::App& app, invocation& chosen) {
  auto arguments = std::make_shared<consume_arguments>();
  auto* consume = add_command(
      app, "consume",
      "Print the records of a topic, from now on or from where --from says. Goes on until it has\n"
      "--count records, has reached the end (--until-end) or is interrupted.",
      "  troupe consume orders --from beginning --until-end --format '%p %o %k=%s\\n'\n");
  arguments->connection.add_to(*consume);
  consume->add_option("TOPIC", arguments->consuming.topic, "The topic")->required();
  consume
      ->add_option("-o,--from", arguments->from,
                   "beginning, end, an offset, -N for the last N of each partition (written --from=-N), "
                   "@MILLISECONDS or "
                   "@2026-01-31T12:00:00Z for a time [end]")
      ->type_name("WHERE");
  consume->add_option("-p,--partition", arguments->partitions, "Only this one; may be repeated")
      ->check(CLI::NonNegativeNumber)
      ->allow_extra_args(false)
      ->type_name("N");
  consume->add_option("-c,--count", arguments->count, "Stop after so many records")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  consume->add_flag("-e,--until-end", arguments->until_end, "Stop at what is the end of each partition now");
  consume
      ->add_option("-f,--format", arguments->format,
                   "%t topic, %p partition, %o offset, %T timestamp, %k key, %K its size, %s value, %S its "
                   "size, %h headers, "
                   "%% a percent sign; \\n \\t \\r \\0 \\\\ \\xHH ['%s\\n']")
      ->type_name("TEXT");
  add_json_flag(*consume, arguments->is_json, "Each record as one JSON object a line");
  add_duration(*consume, "--give-up", arguments->consuming.give_up_ms,
               "How long a node may be away before this fails");
  add_progress_flag(*consume, arguments->shows_progress);
  consume->callback([arguments, &chosen] {
    chosen = [arguments](const streams& to) { return run_consume(*arguments, to); };
  });
}

} // namespace troupe::command
