// troupe log dump|verify: reads the data directory of a node that does not run.
#include "actors/node/command/commands.hpp"
#include "actors/node/command/json_line.hpp"
#include "actors/node/command/progress.hpp"
#include "actors/node/command/record_format.hpp"
#include "config/quantity.hpp"
#include "runtime/record/compression.hpp"
#include "runtime/storage/directory_check.hpp"

#include <ostream>

namespace troupe::command {

namespace {

struct log_arguments {
  std::string directory;
  std::string partition; // "TOPIC_ID-N"
  bool with_records = false;
  bool only_journal = false;
  bool is_json = false;
  bool shows_progress = false;
};

void print_finding(const log_arguments& arguments, const streams& to, const storage::finding& found) {
  if (!arguments.is_json) {
    to.out << found.file << " at " << found.position << ": " << found.sentence << '\n';
    return;
  }
  json_line line;
  line.text("finding", found.sentence).text("file", found.file);
  to.out << line.number("position", static_cast<std::int64_t>(found.position)).str() << '\n';
}

int verify_log(const log_arguments& arguments, const streams& to) {
  progress shown{to.err, arguments.shows_progress};
  auto totals = storage::verify_directory(
      storage::posix_file_system(), arguments.directory,
      [&](const storage::finding& found) { print_finding(arguments, to, found); },
      [&](std::uint64_t read) {
        shown.show([&] { return bytes_for_people(static_cast<double>(read)) + " checked"; });
      });
  if (!totals)
    return report(to, "cannot check " + arguments.directory + ": " + totals.error().message());
  if (arguments.is_json) {
    json_line line;
    auto add = [&](std::string_view name, std::uint64_t value) {
      line.number(name, static_cast<std::int64_t>(value));
    };
    line.boolean("ok", totals->findings == 0);
    add("findings", totals->findings);
    add("partitions", totals->partitions);
    add("segments", totals->segments);
    add("segment_bytes", totals->segment_bytes);
    add("batches", totals->batches);
    add("journal_groups", totals->journal_groups);
    add("journal_entries", totals->journal_entries);
    to.out << line.str() << '\n';
  } else {
    to.out << (totals->findings == 0
                   ? "Everything is as it was written"
                   : "Not as it was written, in " + with_commas(totals->findings) + " places")
           << "; checked: " << with_commas(totals->partitions) << " partitions, "
           << with_commas(totals->segments) << " segments ("
           << bytes_for_people(static_cast<double>(totals->segment_bytes)) << ", "
           << with_commas(totals->batches) << " batches), " << with_commas(totals->journal_groups)
           << " journal groups (" << with_commas(totals->journal_entries) << " entries)\n";
  }
  return totals->findings == 0 ? exit_done : exit_failed;
}

std::string to_json(const storage::stored_batch& stored, const std::string& topic) {
  auto& batch = stored.batch;
  json_line line;
  line.text("topic_id", topic)
      .number("partition", stored.partition.partition.value())
      .text("file", stored.file);
  line.number("position", static_cast<std::int64_t>(stored.position))
      .number("first_offset", batch.base_offset().value());
  line.number("last_offset", batch.last_offset().value()).number("records", batch.record_count());
  line.number("size", static_cast<std::int64_t>(batch.size()))
      .number("leader_epoch", batch.partition_leader_epoch().value());
  line.number("max_timestamp", batch.max_timestamp().value())
      .text("compression", record::name(batch.compression()));
  line.number("producer_id", batch.producer_id().value())
      .number("producer_epoch", batch.producer_epoch().value());
  return line.number("base_sequence", batch.base_sequence()).boolean("checksum_ok", stored.checksum_ok).str();
}

std::string to_text(const storage::stored_batch& stored, const std::string& topic) {
  auto& batch = stored.batch;
  auto text = topic + "-" + std::to_string(stored.partition.partition.value()) + "  offsets "
              + std::to_string(batch.base_offset().value()) + " to "
              + std::to_string(batch.last_offset().value()) + "  " + std::to_string(batch.record_count())
              + " records  " + std::to_string(batch.size()) + " B  "
              + std::string{record::name(batch.compression())} + "  epoch "
              + std::to_string(batch.partition_leader_epoch().value());
  if (batch.has_producer_id())
    text += "  producer " + std::to_string(batch.producer_id().value()) + "/"
            + std::to_string(batch.producer_epoch().value()) + " from "
            + std::to_string(batch.base_sequence());
  text += "  " + stored.file + " at " + std::to_string(stored.position);
  return stored.checksum_ok ? text : text + "  DAMAGED: the checksum does not match";
}

/// False if the records cannot be read.
bool print_records(const log_arguments& arguments, const streams& to, const storage::stored_batch& stored,
                   const std::string& topic, const record_format& format) {
  record::decompression_budget budget;
  auto records = record::batch_records::open(stored.batch, budget);
  if (!records)
    return false;
  std::string text;
  for (auto r = records->next(); r; r = records->next()) {
    shown_record shown{topic,
                       stored.partition.partition,
                       records->offset_of(*r),
                       records->timestamp_of(*r),
                       r->key,
                       r->value,
                       r->headers()};
    text.clear();
    if (arguments.is_json)
      append_json(shown, text);
    else
      format.append(shown, text);
    to.out << text;
  }
  return records->ok();
}

result<std::optional<topic_partition>> chosen_partition(const std::string& text) {
  if (text.empty())
    return std::nullopt;
  auto dash = text.rfind('-');
  auto id = dash == std::string::npos ? std::nullopt : topic_id::parse(text.substr(0, dash));
  auto number = dash == std::string::npos ? std::nullopt : config::parse_integer(text.substr(dash + 1));
  if (!id || !number || *number < 0 || *number > INT32_MAX)
    return fail(errc::invalid_argument,
                "'" + text + "' is no partition: write TOPIC_ID-N as in the listing, for example "
                    + topic_partition{{}, partition_id{0}}.to_string());
  return topic_partition{*id, partition_id{static_cast<std::int32_t>(*number)}};
}

int dump_log(const log_arguments& arguments, const streams& to) {
  auto only = chosen_partition(arguments.partition);
  auto format = record_format::parse("    %o  %T  %k = %s\\n");
  if (!only || !format) {
    report(to, only ? format.error() : only.error());
    return exit_usage;
  }
  std::uint64_t damaged = 0;
  auto sink = [&](const storage::stored_batch& stored) {
    auto topic = stored.partition.topic.to_string();
    if (!arguments.with_records || !arguments.is_json)
      to.out << (arguments.is_json ? to_json(stored, topic) : to_text(stored, topic)) << '\n';
    damaged += stored.checksum_ok ? 0 : 1;
    // Damaged records are shown as damaged, not as if they were good.
    if (arguments.with_records && stored.checksum_ok && !print_records(arguments, to, stored, topic, *format))
      ++damaged;
  };
  auto on_finding = [&](const storage::finding& found) {
    ++damaged;
    print_finding(arguments, to, found);
  };
  auto& fs = storage::posix_file_system();
  auto dumped = arguments.only_journal
                    ? storage::dump_journal(fs, arguments.directory, *only, sink, on_finding)
                    : storage::dump_segments(fs, arguments.directory, *only, sink, on_finding);
  if (!dumped)
    return report(to, "cannot read " + arguments.directory + ": " + dumped.error().message());
  return damaged == 0 ? int{exit_done} : report(to, "damaged places: " + with_commas(damaged));
}

using log_action = int (*)(const log_arguments&, const streams&);

CLI::App* add_log_command(CLI::App& parent, invocation& chosen,
                          const std::shared_ptr<log_arguments>& arguments, const std::string& name,
                          const std::string& description, const std::string& example, log_action action) {
  auto* app = add_command(parent, name, description, example);
  app->add_option("DIR", arguments->directory, "The data directory of a node that does not run")->required();
  add_json_flag(*app, arguments->is_json, "One JSON object a line");
  app->callback([arguments, action, &chosen] {
    chosen = [arguments, action](const streams& to) { return action(*arguments, to); };
  });
  return app;
}

} // namespace

void add_log_commands(CLI::App& app, invocation& chosen) {
  auto* log = add_command(app, "log", "Look into the data directory of a node that does not run.",
                          "  troupe log verify ./troupe-data\n");
  log->require_subcommand(1);
  auto arguments = std::make_shared<log_arguments>();
  auto* verify =
      add_log_command(*log, chosen, arguments, "verify",
                      "Check every checksum in a data directory; damage is named with file and position.",
                      "  troupe log verify ./troupe-data --json\n", verify_log);
  add_progress_flag(*verify, arguments->shows_progress);

  arguments = std::make_shared<log_arguments>();
  auto* dump =
      add_log_command(*log, chosen, arguments, "dump", "List the record batches in a data directory.",
                      "  troupe log dump ./troupe-data --records\n", dump_log);
  dump->add_option("--topic-partition", arguments->partition, "Only this one")->type_name("TOPIC_ID-N");
  dump->add_flag("--records", arguments->with_records, "The records as well; with --json only them");
  dump->add_flag("--journal", arguments->only_journal, "What is in the journal, and not in the segments");
}

} // namespace troupe::command
