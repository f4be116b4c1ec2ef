// troupe bench produce|consume|latency
#include "actors/node/command/bench_load.hpp"
#include "actors/node/command/commands.hpp"
#include "actors/node/command/json_line.hpp"
#include "actors/node/command/offsets.hpp"
#include "actors/node/command/progress.hpp"
#include "runtime/wire/create_topics.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <ostream>
#include <thread>

namespace troupe::command {

namespace {

struct bench_arguments {
  connection_arguments connection;
  bench_options load;
  bool is_json = false;
  bool shows_progress = false;
};

/// Makes the topic with so many partitions unless it is there; then it stays as it is.
result<topic_info> ready_topic(kafka_client& client, const bench_arguments& arguments) {
  auto& name = arguments.load.producing.topic;
  wire::create_topics_request request;
  auto& wanted = request.topics.emplace_back();
  wanted.name = name;
  wanted.num_partitions = arguments.load.partitions;
  wanted.replication_factor = -1;
  auto controller = client.controller();
  if (!controller)
    return fail(std::move(controller));
  if (auto made = client.call_node<wire::create_topics_response>(*controller, request); !made)
    return fail(std::move(made));
  return client.topic(name, true);
}

std::string milliseconds(std::int64_t ns) {
  char text[40];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(ns) / 1e6);
  return text;
}

constexpr std::pair<const char*, double> percentiles[] = {
    {"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}};

std::string latency_text(const latency_histogram& latency) {
  std::string text;
  for (auto& [name, share] : percentiles)
    text += std::string{name} + ' ' + milliseconds(latency.at_ns(share)) + "  ";
  return text + "max " + milliseconds(latency.max_ns()) + " ms";
}

std::string latency_json(const latency_histogram& latency) {
  json_line line;
  for (auto& [name, share] : percentiles)
    line.raw(name, milliseconds(latency.at_ns(share)));
  return line.raw("max", milliseconds(latency.max_ns())).str();
}

double per_second(std::uint64_t amount, std::int64_t duration_ns) {
  return static_cast<double>(amount) * 1e9 / static_cast<double>(std::max<std::int64_t>(duration_ns, 1));
}

void throughput_json(json_line& line, const bench_result& result) {
  line.number("records", static_cast<std::int64_t>(result.records))
      .number("failed", static_cast<std::int64_t>(result.failed));
  line.real("seconds", static_cast<double>(result.duration_ns) / 1e9);
  line.real("records_per_second", per_second(result.records, result.duration_ns));
  line.real("mb_per_second", per_second(result.bytes, result.duration_ns) / 1e6);
}

std::string throughput_text(const bench_result& result) {
  char seconds[40];
  std::snprintf(seconds, sizeof seconds, "%.2f s", static_cast<double>(result.duration_ns) / 1e9);
  auto text = with_commas(result.records) + " records in " + seconds + ": "
              + with_commas(static_cast<std::uint64_t>(per_second(result.records, result.duration_ns)))
              + " records/s, " + bytes_for_people(per_second(result.bytes, result.duration_ns)) + "/s";
  return result.failed == 0 ? text : text + "; " + with_commas(result.failed) + " failed";
}

/// Each producer in a thread of its own, with connections of its own.
bench_result run_producers(const bench_arguments& arguments, const client_options& connecting,
                           std::int64_t start_ns, progress& shown) {
  std::vector<std::unique_ptr<kafka_client>> clients;
  std::vector<std::unique_ptr<bench_producer>> producers;
  for (std::int32_t i = 0; i < arguments.load.producers; ++i) {
    clients.push_back(std::make_unique<kafka_client>(connecting));
    producers.push_back(std::make_unique<bench_producer>(*clients.back(), arguments.load, start_ns));
  }
  std::vector<bench_result> results(producers.size());
  std::vector<std::thread> threads;
  std::atomic<std::size_t> running = producers.size();
  for (std::size_t i = 0; i < producers.size(); ++i)
    threads.emplace_back([&, i] {
      results[i] = producers[i]->run();
      --running;
    });
  while (running > 0) {
    sleep_ms(20);
    shown.show([&] {
      std::uint64_t acknowledged = 0;
      for (auto& producer : producers)
        acknowledged += producer->acknowledged();
      return with_commas(acknowledged) + " records acknowledged";
    });
  }
  bench_result total;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i].join();
    total.add(results[i]);
  }
  return total;
}

int finish(const streams& to, const bench_result& result) {
  to.out.flush();
  return result.problem.empty() && result.failed == 0 ? int{exit_done} : report(to, result.problem);
}

int bench_produce(const bench_arguments& arguments, const streams& to, kafka_client& client) {
  auto topic = ready_topic(client, arguments);
  if (!topic)
    return report(to, topic.error());
  progress shown{to.err, arguments.shows_progress};
  auto result = run_producers(arguments, client.options(), monotonic_ns(), shown);
  if (arguments.is_json) {
    json_line line;
    line.text("bench", "produce").number("partitions", static_cast<std::int64_t>(topic->partitions.size()));
    line.number("producers", arguments.load.producers).number("size", arguments.load.record_size_bytes);
    throughput_json(line.number("acks", arguments.load.producing.acks).real("rate", arguments.load.rate),
                    result);
    to.out << line.raw("latency_ms", latency_json(result.latency)).str() << '\n';
  } else {
    to.out << throughput_text(result) << '\n'
           << "until acknowledged: " << latency_text(result.latency) << '\n';
  }
  return finish(to, result);
}

int bench_consume(const bench_arguments& arguments, const streams& to, kafka_client& client) {
  auto topic = client.topic(arguments.load.producing.topic, false);
  if (!topic)
    return report(to, topic.error());
  auto from = list_offsets(client, *topic, earliest_offset);
  auto ends = list_offsets(client, *topic, latest_offset);
  if (!from || !ends)
    return report(to, from ? ends.error() : from.error());
  progress shown{to.err, arguments.shows_progress};
  auto result =
      measure_reading(client, *topic, *from, *ends, arguments.load.duration_ms, [&](std::uint64_t records) {
        shown.show([&] { return with_commas(records) + " records read"; });
      });
  if (arguments.is_json) {
    json_line line;
    line.text("bench", "consume").number("partitions", static_cast<std::int64_t>(topic->partitions.size()));
    throughput_json(line, result);
    to.out << line.str() << '\n';
  } else {
    to.out << throughput_text(result) << '\n';
  }
  return finish(to, result);
}

int bench_latency(const bench_arguments& arguments, const streams& to, kafka_client& client) {
  auto topic = ready_topic(client, arguments);
  if (!topic)
    return report(to, topic.error());
  auto ends = list_offsets(client, *topic, latest_offset);
  if (!ends)
    return report(to, ends.error());
  progress shown{to.err, arguments.shows_progress};
  std::atomic<bool> is_over = false;
  bench_result arrived;
  auto start_ns = monotonic_ns();
  std::thread reader{[&] {
    kafka_client own{client.options()};
    auto known = own.topic(topic->name, false);
    auto count_from_ns = start_ns + arguments.load.warmup_ms * 1'000'000;
    if (known)
      arrived = measure_arrivals(own, *known, *ends, count_from_ns, is_over);
    else
      arrived.problem = sentence_of(known.error());
  }};
  auto sent = run_producers(arguments, client.options(), start_ns, shown);
  is_over = true;
  reader.join();
  auto missing = sent.records > arrived.records ? sent.records - arrived.records : 0;
  if (arguments.is_json) {
    json_line line;
    line.text("bench", "latency").number("partitions", static_cast<std::int64_t>(topic->partitions.size()));
    throughput_json(line.number("size", arguments.load.record_size_bytes).real("rate", arguments.load.rate),
                    sent);
    line.number("arrived", static_cast<std::int64_t>(arrived.records))
        .raw("acknowledged_ms", latency_json(sent.latency));
    to.out << line.raw("arrived_ms", latency_json(arrived.latency)).str() << '\n';
  } else {
    to.out << throughput_text(sent) << '\n'
           << "until acknowledged: " << latency_text(sent.latency) << '\n'
           << "until consumed:     " << latency_text(arrived.latency) << '\n';
  }
  if (missing > 0 && sent.problem.empty())
    sent.problem = with_commas(missing) + " acknowledged records did not arrive";
  if (sent.problem.empty())
    sent.problem = arrived.problem;
  return finish(to, sent);
}

/// For an option that is a number: neither a word nor one without a bound.
CLI::Validator between(double low, double high) {
  return CLI::Validator{[low, high](std::string& text) {
                          double value = 0;
                          auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
                          auto is_number = problem == std::errc{} && end == text.data() + text.size();
                          return is_number && value >= low && value <= high
                                     ? std::string{}
                                     : "'" + text + "' is no number from " + CLI::detail::to_string(low) + " to "
                                           + CLI::detail::to_string(high);
                        },
                        ""};
}

using bench_action = int (*)(const bench_arguments&, const streams&, kafka_client&);

std::pair<CLI::App*, std::shared_ptr<bench_arguments>>
add_bench(CLI::App& parent, invocation& chosen, const std::string& name, const std::string& description,
          const std::string& example, bench_action action) {
  auto arguments = std::make_shared<bench_arguments>();
  arguments->load.producing.topic = "bench";
  auto* app = add_command(parent, name, description, example);
  arguments->connection.add_to(*app);
  app->add_option("-t,--topic", arguments->load.producing.topic, "The topic [bench]")->type_name("NAME");
  app->add_option_function<double>(
         "--seconds",
         [arguments](double seconds) {
           arguments->load.duration_ms = static_cast<std::int64_t>(seconds * 1000);
         },
         "How long to measure [10]")
      ->check(between(0.001, 1e6))
      ->type_name("S");
  add_json_flag(*app, arguments->is_json, "The result as one JSON object");
  add_progress_flag(*app, arguments->shows_progress);
  app->callback([arguments, action, &chosen] {
    chosen = [arguments, action](const streams& to) {
      auto& producing = arguments->load.producing;
      producing.is_idempotent = producing.is_idempotent && producing.acks == -1;
      return with_client(to, arguments->connection,
                         [&](kafka_client& client) { return action(*arguments, to, client); });
    };
  });
  return {app, arguments};
}

void add_load_options(CLI::App& app, bench_arguments& arguments) {
  auto& load = arguments.load;
  app.add_option("--rate", load.rate, "Records a second, of all producers together; 0 is as fast as they can")
      ->check(between(0, 1e9))
      ->type_name("N [" + std::to_string(static_cast<std::int64_t>(load.rate)) + "]");
  add_size(app, "--size", load.record_size_bytes, "Bytes of a record's value", load.has_stamps ? std::int64_t{stamp_bytes} : 0);
  app.add_option("--partitions", load.partitions, "Partitions, if the topic is not there yet [1]")
      ->check(CLI::Range(1, limits::partitions_per_topic_max))
      ->type_name("N");
  app.add_option("--producers", load.producers, "Producers, each with connections of its own [1]")
      ->check(CLI::Range(1, 64))
      ->type_name("N");
  add_choice(app, "--acks", load.producing.acks, acks_by_name(), "all, 1 or 0 [all]")->type_name("WHO");
  add_choice(app, "-z,--compression", load.collecting.compression, compressions_by_name(),
             "none, gzip, snappy, lz4 or zstd [none]")
      ->type_name("CODEC");
  add_size(app, "--batch-size", load.collecting.batch_max_bytes, "The largest batch before compression");
  add_duration(app, "--linger", load.collecting.linger_ms, "How long a batch waits for more records");
  add_duration(app, "--warmup", load.warmup_ms, "At the beginning, not counted");
}

} // namespace

void add_bench_commands(CLI::App& app, invocation& chosen) {
  auto* bench = add_command(
      app, "bench",
      "Measure a node. With a rate the loop is open: each record is due at its time whatever became\n"
      "of the others, and its latency counts from then.",
      "  troupe bench latency --rate 1000 --seconds 10\n");
  bench->require_subcommand(1);
  auto [produce, of_produce] =
      add_bench(*bench, chosen, "produce", "Throughput and latency of producing.",
                "  troupe bench produce --size 1KiB --partitions 8 --producers 2\n", bench_produce);
  of_produce->load.collecting.batch_max_bytes = 1000 * 1000;
  add_load_options(*produce, *of_produce);
  add_bench(*bench, chosen, "consume", "Throughput of reading a topic from its beginning to its end.",
            "  troupe bench consume --topic bench --json\n", bench_consume);
  auto [latency, of_latency] =
      add_bench(*bench, chosen, "latency", "Time from when a record is due until it is consumed.",
                "  troupe bench latency --rate 20000 --size 100B\n", bench_latency);
  of_latency->load.rate = 1000;
  of_latency->load.has_stamps = true;
  of_latency->load.record_size_bytes = 100;
  of_latency->load.collecting.linger_ms = 0;
  add_load_options(*latency, *of_latency);
}

} // namespace troupe::command
