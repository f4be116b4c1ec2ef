// What somebody else's project does with Troupe: records, a node inside of this process, a producer, a
// consumer, a test node.
#include <troupe/consumer.hpp>
#include <troupe/embedded_node.hpp>
#include <troupe/producer.hpp>
#include <troupe/remote_cluster.hpp>
#include <troupe/test_node.hpp>
#include "runtime/record/batch_view.hpp"
#include "runtime/record/builder.hpp"

#include <cstdio>
#include <filesystem>

#include <caf/all.hpp>

using namespace troupe;

namespace {

bool builds_records() {
  record::batch_builder builder;
  auto added = builder.add(timestamp_ms{1}, "key", "value");
  auto batch = builder.build();
  auto view = record::batch_view::parse(batch.view());
  return added && view && view->crc_ok() && view->record_count() == 1;
}

client::batch_handler::behavior_type reader(client::batch_handler::pointer self, caf::actor boss) {
  return {
      [=](const client::handed_batch& batch) {
        for (auto& record : batch.records)
          caf::anon_send(boss, std::string{record.value.value_or("")});
        self->send(batch.from, client::batch_done{batch.id});
      },
      [](const client::partition_notice&) {},
  };
}

bool produces_and_consumes(const std::string& folder) {
  embedded_node node{{.data_directory = folder}};
  if (!node.start())
    return false;
  caf::scoped_actor self{node.system()};
  auto producer =
      client::spawn_producer(node.system(), node.access(), {.topic = "t", .allow_auto_create_topics = true});
  auto consumer =
      client::spawn_consumer(node.system(), node.access(), {.assignments = {{.topic = "t"}}},
                             [boss = caf::actor_cast<caf::actor>(self)](caf::actor_system& system) {
                               return client::batch_handler{system.spawn(reader, boss)};
                             });
  self->send(*producer, client::send_records{0, {client::make_record("hello")}, {}});
  std::string read;
  self->receive([&](const std::string& value) { read = value; });
  self->send_exit(*producer, caf::exit_reason::user_shutdown);
  self->send_exit(*consumer, caf::exit_reason::user_shutdown);
  return read == "hello" && node.stop();
}

bool tests_without_a_disk() {
  testing::test_node node;
  return node.create_topic("t") && node.write("t", {{"key", "value"}}) && node.records("t").size() == 1;
}

bool says_what_is_wrong() {
  caf::actor_system_config config;
  caf::actor_system system{config};
  remote::remote_cluster cluster{system, {.servers = {"nowhere"}}};
  return cluster.wait(std::chrono::milliseconds{1}).error() == errc::invalid_argument;
}

} // namespace

int main() {
  auto folder = std::filesystem::temp_directory_path() / "troupe-outside";
  std::filesystem::remove_all(folder);
  auto passed =
      builds_records() && produces_and_consumes(folder) && tests_without_a_disk() && says_what_is_wrong();
  std::filesystem::remove_all(folder);
  std::puts(passed ? "ok" : "failed");
  return passed ? 0 : 1;
}
