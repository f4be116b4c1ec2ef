// Asks a cluster's nodes for what cluster_status.hpp describes.
#include "actors/node/command/cluster_status.hpp"
#include "actors/node/command/http_get.hpp"
#include "runtime/wire/describe_cluster.hpp"
#include "runtime/wire/describe_log_dirs.hpp"

#include <algorithm>
#include <type_traits>

#include <nlohmann/json.hpp>

namespace troupe::command {

namespace {

/// An admin listener is on this machine or near it.
constexpr std::int64_t admin_timeout_ms = 2000;

result<void> ask_for_nodes(kafka_client& client, cluster_status& into) {
  auto answer = client.call_any<wire::describe_cluster_response>(wire::describe_cluster_request{});
  if (!answer)
    return fail(std::move(answer));
  if (answer->error_code != wire::number(wire::error_code::none))
    return fail(errc::invalid_request, "the node does not describe its cluster: "
                                           + describe(answer->error_code, answer->error_message));
  into.cluster_id = answer->cluster_id;
  into.controller = answer->controller_id;
  for (auto& broker : answer->brokers)
    into.nodes.push_back({broker.broker_id, broker.host, broker.port, broker.is_fenced, {}, {}});
  std::sort(into.nodes.begin(), into.nodes.end(), [](auto& a, auto& b) { return a.id < b.id; });
  return {};
}

void take_disk(const wire::describe_log_dirs_response::describe_log_dirs_result& from, node_status& node) {
  if (from.error_code != wire::number(wire::error_code::none)) {
    node.disk_problem = "the data directory " + from.log_dir + " has failed: " + describe(from.error_code);
    return;
  }
  disk_status disk{from.log_dir, 0, from.total_bytes, from.usable_bytes};
  for (auto& topic : from.topics)
    for (auto& partition : topic.partitions)
      disk.record_bytes += partition.partition_size;
  node.disks.push_back(std::move(disk));
}

void ask_for_disks(kafka_client& client, node_status& node) {
  auto answer = client.call_node<wire::describe_log_dirs_response>(node.id, wire::describe_log_dirs_request{});
  if (!answer) {
    // A node that does not tell of its disks is no ill node.
    if (!(answer.error() == errc::unsupported_version))
      node.disk_problem = sentence_of(answer.error());
    return;
  }
  if (answer->error_code != wire::number(wire::error_code::none))
    node.disk_problem = "it does not tell of its disks: " + describe(answer->error_code);
  for (auto& directory : answer->results)
    take_disk(directory, node);
}

/// What stands at a place such as "node/version", if it is of that type.
template <class T>
std::optional<T> part(const nlohmann::json& body, const std::string& place) {
  nlohmann::json::json_pointer where{'/' + place};
  if (!body.contains(where))
    return std::nullopt;
  auto& found = body.at(where);
  if constexpr (std::is_same_v<T, bool>)
    return found.is_boolean() ? std::optional{found.get<T>()} : std::nullopt;
  else if constexpr (std::is_same_v<T, std::string>)
    return found.is_string() ? std::optional{found.get<T>()} : std::nullopt;
  else
    return found.is_number() ? std::optional{found.get<T>()} : std::nullopt;
}

/// An object, or null for whatever else came.
nlohmann::json object_at(const config::address& where, std::string_view path, std::int64_t deadline_ms) {
  auto answer = http_get(where, path, deadline_ms);
  auto body = answer ? nlohmann::json::parse(answer->body, nullptr, false) : nlohmann::json{};
  return body.is_object() ? body : nlohmann::json{};
}

/// Nothing: nobody is there, or something else than a node of this cluster.
std::optional<admin_status> ask_admin(const config::address& where, const std::string& cluster_id) {
  auto deadline_ms = monotonic_ms() + admin_timeout_ms;
  auto health = object_at(where, "/health", deadline_ms);
  auto is_live = part<bool>(health, "live");
  auto overview = is_live ? object_at(where, "/v1/overview", deadline_ms) : nlohmann::json{};
  // Another node of this machine may have taken the usual port.
  if (!is_live || part<std::string>(overview, "node/cluster_id").value_or(cluster_id) != cluster_id)
    return std::nullopt;
  admin_status admin{to_string(where), *is_live, part<bool>(health, "ready").value_or(false),
                     part<std::string>(overview, "node/version").value_or(""), -1,
                     part<std::int64_t>(health, "restarting").value_or(0)};
  auto started_s = part<double>(overview, "metrics/process_start_time_seconds/0/value");
  auto now_ms = part<std::int64_t>(overview, "node/now_ms");
  if (started_s && now_ms)
    admin.uptime_ms = std::max<std::int64_t>(0, *now_ms - static_cast<std::int64_t>(*started_s * 1000));
  return admin;
}

} // namespace

result<cluster_status> look_at_cluster(kafka_client& client, const std::optional<config::address>& admin) {
  cluster_status status;
  if (auto asked = ask_for_nodes(client, status); !asked)
    return fail(std::move(asked));
  // This also tells the client where the nodes are.
  auto topics = client.topics();
  if (!topics)
    return fail(std::move(topics));
  count_topics(*topics, status);
  for (auto& node : status.nodes)
    ask_for_disks(client, node);
  if (admin)
    status.admin = ask_admin(*admin, status.cluster_id);
  return status;
}

} // namespace troupe::command
