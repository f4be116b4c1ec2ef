// What the file of a cluster says beside the options of its nodes.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe::config {

/// At the top of the file. Nodes that say nothing of their own get addresses from here, each host its own.
struct cluster_options {
  std::int32_t kafka_port = 9092;
  std::int32_t peer_port = 9192;
  std::int32_t admin_port = 9644;
  /// With ca.pem, node-1.pem, node-1.key and so on: for nodes that name no files of their own. Empty: none.
  std::string tls_directory;

  bool operator==(const cluster_options&) const = default;
};

/// Under [[node]], beside the options of a node.
struct member_options {
  std::int32_t id = 1;
  std::string host = "127.0.0.1";
  std::string listen = "127.0.0.1:9092";

  bool operator==(const member_options&) const = default;
};

/// A [[topic]] that the cluster is to have.
struct topic_entry {
  std::string name;
  std::int32_t partitions = 0;
  std::int32_t replication_factor = 0;
  /// Under Kafka's names, as the protocol has them: {"retention.ms", "604800000"}. By name.
  std::vector<std::pair<std::string, std::string>> options;

  bool operator==(const topic_entry&) const = default;
};

} // namespace troupe::config
