// Reads the greetings that hello_producer wrote, from the first one to the last, and then goes home.
//
//     hello_consumer 127.0.0.1:9092
//
// A consumer is an actor, too. It hands batches of records to a handler, which is yours: when the handler
// dies, the consumer starts it anew and hands it what it had not answered again.
#include <troupe/consumer.hpp>
#include <troupe/remote_cluster.hpp>

#include <iostream>

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

using namespace troupe;

namespace {

/// Prints records. Tells `boss` when it has seen all there is.
client::batch_handler::behavior_type printer(client::batch_handler::pointer self, caf::actor boss) {
  return {
      [self](const client::handed_batch& batch) {
        // Views into what was fetched: nothing is copied, and all of it stays valid as long as the batch.
        for (auto& record : batch.records)
          std::cout << record.offset.value() << "  " << record.key.value_or("nobody") << ": "
                    << record.value.value_or("(nothing)") << "\n";
        self->send(batch.from, client::batch_done{batch.id});
      },
      [boss](const client::partition_notice& notice) {
        if (notice.what == client::partition_notice::kind::end_of_partition)
          caf::anon_send(boss, notice);
      },
  };
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: hello_consumer HOST:PORT\n";
    return 2;
  }
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system system{config};
  remote::remote_cluster cluster{system, {.servers = {argv[1]}}};
  if (auto reached = cluster.wait(std::chrono::seconds{10}); !reached) {
    std::cerr << reached.error().message() << "\n";
    return 1;
  }

  // From the beginning of partition 0; start_point::end() and at(time) are other places to begin.
  caf::scoped_actor self{system};
  auto boss = caf::actor_cast<caf::actor>(self);
  client::consumer_options options;
  options.assignments = {{.topic = "greetings", .partition = partition_id{0}}};
  auto consumer = client::spawn_consumer(system, cluster.access(), options, [boss](caf::actor_system& s) {
    return client::batch_handler{s.spawn(printer, boss)};
  });
  if (!consumer) {
    std::cerr << consumer.error().message() << "\n";
    return 1;
  }

  self->receive([](const client::partition_notice& end) {
    std::cout << "that was all: " << end.next.value() << " greetings\n";
  });
  self->request(*consumer, caf::infinite, client::close_consumer{})
      .receive([](const client::consumer_closed&) {}, [](const caf::error&) {});
}
