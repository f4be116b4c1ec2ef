#include "actors/admin/v1_pages.hpp"

#include "actors/admin/v1_cluster.hpp"
#include "runtime/metrics/process.hpp"
#include "runtime/metrics/snapshot.hpp"

#include <array>

#include <nlohmann/json.hpp>
#include <sys/statvfs.h>

namespace troupe::admin {

namespace {

using nlohmann::json;

constexpr std::uint64_t list_default = 100;
constexpr std::uint64_t list_max = 1'000;

/// The families that the dashboard draws.
std::vector<std::string_view> drawn_families() {
  return {"troupe_kafka_requests_total",
          "troupe_kafka_request_duration_seconds",
          "troupe_kafka_received_bytes_total",
          "troupe_kafka_sent_bytes_total",
          "troupe_kafka_connections",
          "troupe_kafka_waiting_request_bytes",
          "troupe_kafka_unsent_bytes",
          "troupe_cache_bytes",
          "troupe_cache_limit_bytes",
          "troupe_journal_writes_total",
          "troupe_journal_written_bytes_total",
          "troupe_journal_write_duration_seconds",
          "troupe_journal_files",
          "troupe_journal_files_limit",
          "troupe_flushed_bytes_total",
          "process_cpu_seconds_total",
          "process_resident_memory_bytes",
          "process_start_time_seconds",
          "process_open_fds"};
}

json to_json(const metrics::sample_data& sample, metrics::family_kind kind) {
  json out;
  for (auto& [name, value] : sample.labels)
    out["labels"][name] = value;
  if (kind != metrics::family_kind::histogram) {
    out["value"] = sample.value;
    return out;
  }
  out["sum"] = static_cast<double>(sample.histogram.sum) * sample.histogram.unit;
  out["counts"] = sample.histogram.counts;
  return out;
}

json metrics_of(const metrics::registry& registry, std::vector<std::string_view> names) {
  metrics::snapshot found{std::move(names)};
  registry.collect(found);
  auto out = json::object();
  for (auto& family : found.families()) {
    auto& samples = out[family.name] = json::array();
    for (auto& sample : family.samples)
      samples.push_back(to_json(sample, family.kind));
  }
  return out;
}

json to_json(const metrics::topic_totals& totals) {
  return {{"partitions", totals.partitions},         {"records", totals.records},
          {"size_bytes", totals.size_bytes},         {"appended_records", totals.appended_records},
          {"appended_bytes", totals.appended_bytes}, {"appended_batches", totals.appended_batches},
          {"refused_batches", totals.refused_batches}, {"fetches", totals.fetches},
          {"fetched_bytes", totals.fetched_bytes},   {"expired_records", totals.expired_records},
          {"unflushed_bytes", totals.unflushed_bytes}, {"cached_bytes", totals.cached_bytes},
          {"segments", totals.segments},             {"appended_at_ms", totals.appended_at_ms}};
}

json to_json(const metrics::partition_facts& one) {
  auto& counters = one.counters;
  return {{"topic", one.topic},
          {"partition", one.partition.value()},
          {"log_start", counters.log_start.value()},
          {"high_watermark", counters.high_watermark.value()},
          {"log_end", counters.log_end.value()},
          {"size_bytes", counters.size_bytes.value()},
          {"segments", counters.segments.value()},
          {"unflushed_bytes", counters.unflushed_bytes.value()},
          {"cached_bytes", counters.cached_bytes.value()},
          {"appended_bytes", counters.appended_bytes.value()},
          {"appended_records", counters.appended_records.value()},
          {"fetched_bytes", counters.fetched_bytes.value()},
          {"appended_at_ms", counters.appended_at_ms.value()}};
}

json to_json(const supervision_event& event) {
  json out{{"number", event.number}, {"when_ms", event.when.value()},     {"what", name(event.what)},
           {"actor", event.actor},   {"supervisor", event.supervisor}};
  if (event.what == supervision_change::ended) {
    out["why"] = event.why;
    out["restart_in_ms"] = event.delay_ms < 0 ? json() : json(event.delay_ms);
  }
  return out;
}

json events_json(const admin_environment& environment, std::uint64_t limit, std::uint64_t after) {
  auto out = json::array();
  for (auto& event : environment.supervision->events(limit, after))
    out.push_back(to_json(event));
  return out;
}

json supervision_json(const admin_environment& environment, std::uint64_t limit) {
  auto totals = environment.supervision->count();
  auto actors = json::array();
  for (auto& one : environment.supervision->actors(limit))
    actors.push_back({{"actor", one.actor},
                      {"supervisor", one.supervisor},
                      {"state", one.state == supervision_change::ended ? "waiting" : "running"},
                      {"since_ms", one.since.value()},
                      {"restarts", one.restarts},
                      {"why", one.why}});
  return {{"actors", std::move(actors)},
          {"known", totals.actors},
          {"waiting", totals.waiting},
          {"restarts", totals.restarts},
          {"partitions", environment.partitions->all().partitions},
          {"connections", environment.connections->size()}};
}

json disk_json(const admin_environment& environment) {
  json out{{"data_directory", environment.data_directory}};
  struct statvfs facts {};
  if (::statvfs(environment.data_directory.c_str(), &facts) == 0) {
    out["total_bytes"] = static_cast<std::uint64_t>(facts.f_blocks) * facts.f_frsize;
    out["available_bytes"] = static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
  }
  auto totals = environment.partitions->all();
  out["logs_bytes"] = totals.size_bytes;
  out["unflushed_bytes"] = totals.unflushed_bytes;
  out["segments"] = totals.segments;
  out["metrics"] = metrics_of(*environment.registry,
                              {"troupe_journal_files", "troupe_journal_files_limit", "troupe_journal_file_bytes",
                               "troupe_journal_writes_total", "troupe_journal_written_bytes_total",
                               "troupe_flushed_bytes_total", "troupe_recovery_replayed_batches",
                               "troupe_recovery_replayed_bytes", "troupe_recovery_duration_seconds"});
  return out;
}

json node_json(const admin_environment& environment) {
  return {{"node", environment.self.value()},
          {"version", environment.version},
          {"cluster_id", environment.cluster_id},
          {"phase", name(environment.phase->load())},
          {"now_ms", environment.clock->wall().value()}};
}

json topics_json(const admin_environment& environment, std::uint64_t limit, std::string_view after, bool& more) {
  auto out = json::array();
  auto topics = environment.partitions->topics();
  auto at = topics.upper_bound(std::string{after});
  for (; at != topics.end() && out.size() < limit; ++at) {
    auto entry = to_json(at->second);
    entry["name"] = at->first;
    out.push_back(std::move(entry));
  }
  more = at != topics.end();
  return out;
}

json overview(const admin_environment& environment, const broker_view& view, const http_request& request) {
  bool more = false;
  auto topics = topics_json(environment, list_max, {}, more);
  return {{"node", node_json(environment)},
          {"totals", to_json(environment.partitions->all())},
          {"topics", std::move(topics)},
          {"topics_left_out", more},
          {"connections", environment.connections->size()},
          {"disk", disk_json(environment)},
          {"cluster", cluster_json(environment, view)},
          {"supervision", supervision_json(environment, list_default)},
          {"events", events_json(environment, list_default, request.number("events_after", 0, UINT64_MAX))},
          {"duration_bounds_ns", metrics::duration_bounds_ns},
          {"metrics", metrics_of(*environment.registry, drawn_families())}};
}

json cluster(const admin_environment& environment, const broker_view& view, const http_request&) {
  return cluster_json(environment, view);
}

json topics(const admin_environment& environment, const broker_view&, const http_request& request) {
  bool more = false;
  auto found = topics_json(environment, request.number("limit", list_default, list_max), request.text("after"), more);
  return {{"topics", std::move(found)}, {"more", more}};
}

json partitions(const admin_environment& environment, const broker_view&, const http_request& request) {
  auto limit = request.number("limit", list_default, list_max);
  auto after = request.number("after", 0, UINT64_MAX);
  auto out = json::array();
  std::uint64_t seen = 0;
  environment.partitions->for_each([&](const metrics::partition_facts& one) {
    if (seen++ >= after && out.size() < limit)
      out.push_back(to_json(one));
  });
  return {{"partitions", std::move(out)}, {"count", seen}};
}

json replicas(const admin_environment& environment, const broker_view& view, const http_request& request) {
  auto topic = request.text("topic");
  return replicas_json(environment, view,
                       {topic, request.number("lacking", 0, 1) == 1, request.number("after", 0, UINT64_MAX),
                        request.number("limit", list_default, list_max)});
}

json connections(const admin_environment& environment, const broker_view&, const http_request& request) {
  auto out = json::array();
  for (auto& one : environment.connections->list(request.number("limit", list_default, list_max),
                                                 request.number("after", 0, UINT64_MAX)))
    out.push_back({{"number", one.number},
                   {"peer", one.peer},
                   {"client", one.client},
                   {"since_ms", one.since.value()},
                   {"requests", one.requests},
                   {"received_bytes", one.received_bytes},
                   {"sent_bytes", one.sent_bytes},
                   {"waiting_requests", one.waiting_requests},
                   {"unsent_bytes", one.unsent_bytes}});
  return {{"connections", std::move(out)}, {"count", environment.connections->size()}};
}

json disk(const admin_environment& environment, const broker_view&, const http_request&) {
  return disk_json(environment);
}

json supervision(const admin_environment& environment, const broker_view&, const http_request& request) {
  return supervision_json(environment, request.number("limit", 500, list_max));
}

json events(const admin_environment& environment, const broker_view&, const http_request& request) {
  return {{"events", events_json(environment, request.number("limit", list_default, list_max),
                                 request.number("after", 0, UINT64_MAX))}};
}

using page_maker = json (*)(const admin_environment&, const broker_view&, const http_request&);

constexpr std::array<std::pair<std::string_view, page_maker>, 9> pages_by_path{{{"/v1/overview", overview},
                                                                               {"/v1/cluster", cluster},
                                                                               {"/v1/topics", topics},
                                                                               {"/v1/partitions", partitions},
                                                                               {"/v1/replicas", replicas},
                                                                               {"/v1/connections", connections},
                                                                               {"/v1/disk", disk},
                                                                               {"/v1/supervision", supervision},
                                                                               {"/v1/events", events}}};

http_response as_response(const json& body) {
  return {200, "application/json", body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"};
}

std::optional<http_response> topic_page(const admin_environment& environment, const http_request& request) {
  constexpr std::string_view prefix = "/v1/topics/";
  if (!request.path.starts_with(prefix))
    return std::nullopt;
  auto name = std::string_view{request.path}.substr(prefix.size());
  auto limit = request.number("limit", list_default, list_max);
  auto after = request.text("after");
  auto first = after.empty() ? 0 : request.number("after", 0, INT32_MAX) + 1;
  auto list = json::array();
  auto known = environment.partitions->for_each_of(name, [&](const metrics::partition_facts& one) {
    if (static_cast<std::uint64_t>(one.partition.value()) >= first && list.size() < limit)
      list.push_back(to_json(one));
  });
  metrics::topic_totals totals;
  if (!known || !environment.partitions->totals_of(name, totals))
    return std::nullopt;
  auto body = to_json(totals);
  body["name"] = name;
  body["list"] = std::move(list);
  return as_response(body);
}

} // namespace

std::optional<http_response> v1_page(const admin_environment& environment, const broker_view& view,
                                     const http_request& request) {
  for (auto& [path, make] : pages_by_path)
    if (path == request.path)
      return as_response(make(environment, view, request));
  return topic_page(environment, request);
}

} // namespace troupe::admin
