// troupe produce: lines of standard input become records.
#include "actors/node/command/commands.hpp"
#include "actors/node/command/json_line.hpp"
#include "actors/node/command/line_input.hpp"
#include "actors/node/command/producer.hpp"
#include "actors/node/command/progress.hpp"
#include "actors/node/command/record_collector.hpp"
#include "runtime/record/partitioner.hpp"

#include <algorithm>
#include <ostream>

#include <unistd.h>

namespace troupe::command {

namespace {

/// Input waits while so much is unanswered.
constexpr std::size_t queued_max_bytes = 64 * limits::mib;
/// Refused records that are named one by one.
constexpr std::uint64_t failures_named_max = 20;

struct produce_arguments {
  connection_arguments connection;
  producer_options producing;
  collector_options collecting;
  std::optional<std::int32_t> partition;
  std::string key_separator;
  std::vector<std::string> headers;
  bool empty_is_null = false;
  bool is_not_idempotent = false;
  bool shows_records = false;
  bool is_json = false;
  bool shows_progress = false;
};

struct partition_total {
  std::uint64_t records = 0;
  std::int64_t first_offset = -1;
  std::int64_t last_offset = -1;
};

class produce_run {
public:
  produce_run(const produce_arguments& arguments, const streams& to, kafka_client& client)
      : arguments_(arguments), to_(to), producer_(client, arguments.producing),
        progress_(to.err, arguments.shows_progress) {}

  int run();

private:
  result<void> open();
  result<void> pump();
  void read_lines();
  void add_line(std::string_view line);
  void hand_over();
  void take_outcomes();
  void take_success(partition_id partition, const delivery_outcome& outcome);
  void take_failure(partition_id partition, const delivery_outcome& outcome);
  void refuse_record(std::uint64_t line, const std::string& why);
  std::vector<std::uint64_t> lines_of(partition_id partition, const delivery_outcome& outcome);
  int summary(const result<void>& ended);

  const produce_arguments& arguments_;
  streams to_;
  producer producer_;
  progress progress_;
  line_input input_{STDIN_FILENO};
  std::optional<record_collector> collector_;
  std::optional<record::partitioner> partitioner_;
  std::vector<record::header_view> headers_;
  std::uint64_t lines_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t failed_ = 0;
  std::int64_t started_ms_ = monotonic_ms();
  /// The lines of the batches that are under way: by partition and number of the first record.
  std::map<std::pair<partition_id, std::uint64_t>, std::vector<std::uint64_t>> under_way_;
  std::vector<std::uint64_t> next_number_; // by partition
  std::map<partition_id, partition_total> totals_;
};

int produce_run::run() {
  if (auto opened = open(); !opened)
    return report(to_, opened.error());
  result<void> ended;
  while (ended) {
    ended = pump();
    take_outcomes();
    if (input_.ended() && producer_.idle() && under_way_.empty() && !collector_->due_at_ms())
      break;
    progress_.show([&] {
      return with_commas(lines_) + " records read, "
             + bytes_for_people(static_cast<double>(producer_.queued_bytes())) + " not acknowledged yet";
    });
  }
  return summary(ended);
}

result<void> produce_run::open() {
  for (auto& header : arguments_.headers) {
    auto equals = header.find('=');
    headers_.push_back(
        {std::string_view{header}.substr(0, equals), std::string_view{header}.substr(equals + 1)});
  }
  if (auto opened = producer_.open(); !opened)
    return opened;
  auto count = producer_.partition_count();
  if (arguments_.partition && *arguments_.partition >= count)
    return fail(errc::unknown_topic_or_partition,
                "topic '" + arguments_.producing.topic + "' has no partition "
                    + std::to_string(*arguments_.partition) + ": its partitions are 0 to "
                    + std::to_string(count - 1));
  collector_.emplace(count, arguments_.collecting);
  partitioner_.emplace(count);
  next_number_.resize(static_cast<std::size_t>(count));
  return {};
}

/// Reads, sends and receives once.
result<void> produce_run::pump() {
  auto may_read =
      !input_.ended() && producer_.queued_bytes() + collector_->collected_bytes() < queued_max_bytes;
  if (may_read) {
    if (auto filled = input_.fill(); !filled)
      return filled;
    read_lines();
  }
  hand_over();
  std::int64_t wait_ms = 1000;
  if (auto due = collector_->due_at_ms())
    wait_ms = remaining_ms(*due);
  else if (input_.ended() && producer_.idle())
    wait_ms = 0;
  return producer_.step(wait_ms * 1000, may_read && !input_.ended() ? input_.fd() : -1);
}

void produce_run::read_lines() {
  while (auto line = input_.next()) {
    ++lines_;
    add_line(*line);
  }
}

void produce_run::add_line(std::string_view line) {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value = line;
  if (!arguments_.key_separator.empty()) {
    if (auto at = line.find(arguments_.key_separator); at != std::string_view::npos) {
      key = line.substr(0, at);
      value = line.substr(at + arguments_.key_separator.size());
    }
  }
  if (arguments_.empty_is_null && value->empty())
    value.reset();
  auto to = arguments_.partition ? partition_id{*arguments_.partition} : partitioner_->choose(key);
  bytes_ += line.size();
  if (auto added = collector_->add(to, lines_, wall_time(), key, value, headers_, monotonic_ms()); !added)
    refuse_record(lines_, added.error().message());
}

void produce_run::hand_over() {
  for (auto& batch : collector_->take_ready(monotonic_ms(), input_.ended())) {
    auto& number = next_number_[static_cast<std::size_t>(batch.partition.value())];
    auto count = batch.records.size();
    producer_.add(batch.partition, number, static_cast<std::uint32_t>(count), std::move(batch.data));
    under_way_.emplace(std::pair{batch.partition, number}, std::move(batch.records));
    number += count;
    partitioner_->next_batch();
  }
}

/// The lines of an outcome, which may be about a part of a batch.
std::vector<std::uint64_t> produce_run::lines_of(partition_id partition, const delivery_outcome& outcome) {
  auto batch = std::prev(under_way_.upper_bound({partition, outcome.first_record}));
  auto skip = outcome.first_record - batch->first.second;
  auto& lines = batch->second;
  std::vector<std::uint64_t> these{lines.begin() + static_cast<std::ptrdiff_t>(skip),
                                   lines.begin() + static_cast<std::ptrdiff_t>(skip) + outcome.record_count};
  if (these.size() == lines.size()) {
    under_way_.erase(batch);
    return these;
  }
  // What is left stays under the numbers that it has.
  if (auto rest = skip + these.size(); rest < lines.size())
    under_way_.emplace(
        std::pair{partition, outcome.first_record + these.size()},
        std::vector<std::uint64_t>{lines.begin() + static_cast<std::ptrdiff_t>(rest), lines.end()});
  lines.resize(skip);
  if (lines.empty())
    under_way_.erase(batch);
  return these;
}

void produce_run::take_outcomes() {
  for (auto& [partition, outcome] : producer_.take_outcomes())
    if (outcome.what.code == errc::none)
      take_success(partition, outcome);
    else
      take_failure(partition, outcome);
}

void produce_run::take_success(partition_id partition, const delivery_outcome& outcome) {
  auto lines = lines_of(partition, outcome);
  auto& total = totals_[partition];
  total.records += lines.size();
  if (outcome.base_offset >= 0) {
    total.first_offset =
        total.first_offset < 0 ? outcome.base_offset : std::min(total.first_offset, outcome.base_offset);
    total.last_offset = std::max(total.last_offset, outcome.base_offset + outcome.record_count - 1);
  }
  if (!arguments_.shows_records)
    return;
  auto offset_of_next = outcome.base_offset;
  for (auto line : lines)
    to_.out << line << ' ' << partition.value() << ' ' << (outcome.base_offset < 0 ? -1 : offset_of_next++)
            << '\n';
  to_.out.flush();
}

void produce_run::take_failure(partition_id partition, const delivery_outcome& outcome) {
  auto why = outcome.refused.empty() ? sentence_of(outcome.what) : "another record of its batch was refused";
  if (outcome.what.code == errc::timed_out)
    why = "not acknowledged within " + std::to_string(arguments_.producing.delivery_timeout_ms) + " ms; it may"
          + (outcome.may_be_written ? " or may not" : " not") + " be stored";
  else if (outcome.may_be_written)
    why += "; it may be stored nevertheless";
  std::uint32_t index = 0;
  for (auto line : lines_of(partition, outcome)) {
    auto blamed = std::find_if(outcome.refused.begin(), outcome.refused.end(),
                               [&](auto& refusal) { return refusal.index == index; });
    refuse_record(line, blamed == outcome.refused.end() ? why : blamed->why);
    ++index;
  }
}

void produce_run::refuse_record(std::uint64_t line, const std::string& why) {
  ++failed_;
  if (failed_ <= failures_named_max)
    report(to_, "line " + std::to_string(line) + ": " + why);
  else if (failed_ == failures_named_max + 1)
    report(to_, "further failures are only counted");
}

int produce_run::summary(const result<void>& ended) {
  // What is still under way will not be delivered any more.
  for (auto& [where, lines] : under_way_)
    failed_ += lines.size();
  if (!ended)
    report(to_, ended.error());
  auto seconds = static_cast<double>(monotonic_ms() - started_ms_) / 1000;
  std::uint64_t delivered = 0;
  std::vector<std::string> partitions;
  for (auto& [partition, total] : totals_) {
    delivered += total.records;
    json_line line;
    line.number("partition", partition.value()).number("records", static_cast<std::int64_t>(total.records));
    partitions.push_back(
        line.number("first_offset", total.first_offset).number("last_offset", total.last_offset).str());
  }
  auto code = failed_ == 0 && ended ? exit_done : exit_failed;
  auto& out = arguments_.shows_records ? to_.err : to_.out;
  if (arguments_.is_json) {
    json_line line;
    line.text("topic", arguments_.producing.topic).number("records", static_cast<std::int64_t>(delivered));
    line.number("failed", static_cast<std::int64_t>(failed_))
        .number("bytes", static_cast<std::int64_t>(bytes_));
    line.real("seconds", seconds).number("reconnects", static_cast<std::int64_t>(producer_.reconnects()));
    out << line.raw("partitions", to_json_array(partitions)).str() << std::endl;
    return code;
  }
  out << with_commas(delivered) << " records (" << bytes_for_people(static_cast<double>(bytes_))
      << ") to topic '" << arguments_.producing.topic << "' in " << seconds << " s";
  if (producer_.reconnects() > 0)
    out << ", connection lost " << producer_.reconnects()
        << (producer_.reconnects() == 1 ? " time" : " times") << " on the way";
  out << (failed_ > 0 ? "; " + with_commas(failed_) + " failed" : "") << '\n';
  for (auto& [partition, total] : totals_)
    out << "  partition " << partition.value() << ": " << with_commas(total.records) << " records, "
        << (total.first_offset < 0 ? "offsets not known"
                                   : "offsets " + std::to_string(total.first_offset) + " to "
                                         + std::to_string(total.last_offset))
        << '\n';
  out.flush();
  return code;
}

void add_options(CLI::App& produce, produce_arguments& arguments) {
  produce.add_option("TOPIC", arguments.producing.topic, "Made if it is not there and the node allows it")
      ->required();
  produce
      .add_option("-p,--partition", arguments.partition,
                  "All records to this one; by key, or in turns, if not given")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  produce
      .add_option("-k,--key-separator", arguments.key_separator,
                  "What stands between key and value in a line")
      ->type_name("TEXT");
  produce.add_option("-H,--header", arguments.headers, "A header of every record; may be repeated")
      ->check([](const std::string& text) {
        return text.find('=') == std::string::npos ? "'" + text + "' has no value: write NAME=VALUE" : std::string{};
      })
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  produce.add_flag("--empty-is-null", arguments.empty_is_null,
                   "An empty value is null (deletes the key when compacted)");
  add_choice(produce, "-z,--compression", arguments.collecting.compression, compressions_by_name(),
             "none, gzip, snappy, lz4 or zstd [none]")
      ->type_name("CODEC");
  add_choice(produce, "--acks", arguments.producing.acks, acks_by_name(),
             "all, 1 or 0: who must have a record before it counts [all]")
      ->type_name("WHO");
  produce.add_flag("--no-idempotence", arguments.is_not_idempotent, "A retry may store a record twice");
  add_size(produce, "--batch-size", arguments.collecting.batch_max_bytes,
           "The largest batch before compression");
  add_duration(produce, "--linger", arguments.collecting.linger_ms,
               "How long a batch waits for more records");
  add_duration(produce, "--delivery-timeout", arguments.producing.delivery_timeout_ms,
               "How long a record is tried; a node may go away and come back in this time");
  produce.add_flag(
      "--show-records", arguments.shows_records,
      "Print LINE PARTITION OFFSET for each acknowledged record; the summary goes to standard error");
  add_json_flag(produce, arguments.is_json, "The summary as one JSON object");
  add_progress_flag(produce, arguments.shows_progress);
}

} // namespace

void add_produce_command(CLI::App& app, invocation& chosen) {
  auto arguments = std::make_shared<produce_arguments>();
  auto* produce = add_command(
      app, "produce",
      "Send each line of standard input as a record; idempotent, so that each is stored once and\n"
      "in order even if the connection is lost. Refused records are named on standard error.",
      "  printf 'alice:1\\nbob:2\\n' | troupe produce orders --key-separator : --compression zstd\n");
  arguments->connection.add_to(*produce);
  add_options(*produce, *arguments);
  produce->callback([arguments, &chosen] {
    chosen = [arguments](const streams& to) {
      // Only what all replicas have can be told apart from a repetition.
      arguments->producing.is_idempotent = !arguments->is_not_idempotent && arguments->producing.acks == -1;
      return with_client(to, arguments->connection, [&](kafka_client& client) {
        return produce_run{*arguments, to, client}.run();
      });
    };
  });
}

} // namespace troupe::command
