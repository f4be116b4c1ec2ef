// The ceiling of a load on this machine: a broker that answers every request and keeps nothing durable.
// It is librdkafka's own mock cluster, run as a process of its own: what a client reaches against it is what the
// client and loopback allow.
//
//   null-broker TOPIC:PARTITIONS...     prints "HOST:PORT" once it answers; ends with its standard input

#include "tests/support_cpp/rdkafka.hpp"

#include <librdkafka/rdkafka_mock.h>

#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 2)
    outside::give_up("usage: null-broker TOPIC:PARTITIONS...");
  auto client = outside::make(RD_KAFKA_PRODUCER, outside::settings({{"log_level", "0"}}));
  auto* cluster = rd_kafka_mock_cluster_new(client.get(), 1);
  if (!cluster)
    outside::give_up("the mock cluster did not start");
  for (int i = 1; i < argc; ++i) {
    const std::string given = argv[i];
    const auto colon = given.find(':');
    const auto partitions = colon == std::string::npos ? 1 : std::stoi(given.substr(colon + 1));
    if (rd_kafka_mock_topic_create(cluster, given.substr(0, colon).c_str(), partitions, 1) != RD_KAFKA_RESP_ERR_NO_ERROR)
      outside::give_up("topic refused: " + given);
  }
  std::printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
  std::fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  rd_kafka_mock_cluster_destroy(cluster);
  return 0;
}
