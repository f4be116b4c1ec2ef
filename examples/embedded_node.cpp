// A durable log inside of your own process: no server to install, no socket, no second program.
//
//     embedded_node DIRECTORY
//
// Counts how often it was started in that directory. The counter is nothing but the number of records in a
// topic, so it survives whatever happens to the process: kill -9 it, pull the plug, start it again.
#include <troupe/consumer.hpp>
#include <troupe/embedded_node.hpp>
#include <troupe/producer.hpp>

#include <ctime>
#include <iostream>

#include <caf/all.hpp>

using namespace troupe;

namespace {

/// Prints each start, and tells `boss` how many there were.
client::batch_handler::behavior_type historian(client::batch_handler::pointer self, caf::actor boss) {
  return {
      [self](const client::handed_batch& batch) {
        for (auto& record : batch.records)
          std::cout << "start " << record.offset.value() + 1 << ": " << record.value.value_or("?") << "\n";
        self->send(batch.from, client::batch_done{batch.id});
      },
      [boss](const client::partition_notice& notice) {
        if (notice.what == client::partition_notice::kind::end_of_partition)
          caf::anon_send(boss, notice.next.value());
      },
  };
}

std::string now() {
  char text[32];
  auto seconds = std::time(nullptr);
  std::strftime(text, sizeof text, "%F %T", std::gmtime(&seconds));
  return text;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: embedded_node DIRECTORY\n";
    return 2;
  }
  embedded_node node{{.data_directory = argv[1]}};
  if (auto started = node.start(); !started) {
    std::cerr << started.error().message() << "\n"; // one sentence: what is wrong, and with what
    return 1;
  }

  // From here on it is the same as with a cluster elsewhere: access() is all that producers and consumers
  // need.
  caf::scoped_actor self{node.system()};
  auto producer = client::spawn_producer(node.system(), node.access(),
                                         {.topic = "starts", .allow_auto_create_topics = true});
  self->send(*producer, client::send_records{0,
                                             {client::make_record(now())},
                                             caf::actor_cast<client::delivery_listener>(self)});
  bool written = false;
  self->receive(
      [&](const client::delivery_report& report) { written = report.deliveries.at(0).is_written(); });
  if (!written)
    return 1; // it is on disk, or we have been told that it is not

  auto boss = caf::actor_cast<caf::actor>(self);
  client::consumer_options options;
  options.assignments = {{.topic = "starts"}};
  auto consumer =
      client::spawn_consumer(node.system(), node.access(), options, [boss](caf::actor_system& system) {
        return client::batch_handler{system.spawn(historian, boss)};
      });
  self->receive([](std::int64_t starts) {
    std::cout << "started " << starts << (starts == 1 ? " time\n" : " times\n");
  });

  self->request(*consumer, caf::infinite, client::close_consumer{})
      .receive([](client::consumer_closed) {}, [](caf::error&) {});
  self->request(*producer, caf::infinite, client::close_producer{})
      .receive([](client::producer_closed) {}, [](caf::error&) {});
  return node.stop() ? 0 : 1;
}
