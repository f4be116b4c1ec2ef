// Writes greetings to a node elsewhere and says where each of them lies.
//
//     troupe node &
//     hello_producer 127.0.0.1:9092 alice bob carol
//
// A producer is an actor. Whoever sends it records is told what became of each one: here a scoped_actor,
// CAF's way to take part from a plain main().
#include <troupe/producer.hpp>
#include <troupe/remote_cluster.hpp>

#include <iostream>

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

using namespace troupe;

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: hello_producer HOST:PORT NAME...\n";
    return 2;
  }
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system system{config};

  // The cluster is known by one of its nodes; connections come, go and come back by themselves.
  remote::remote_cluster cluster{system, {.servers = {argv[1]}}};
  if (auto reached = cluster.wait(std::chrono::seconds{10}); !reached) {
    std::cerr << reached.error().message() << "\n";
    return 1;
  }
  auto producer = client::spawn_producer(system, cluster.access(),
                                         {.topic = "greetings", .allow_auto_create_topics = true});
  if (!producer) {
    std::cerr << producer.error().message() << "\n";
    return 1;
  }

  // Records have ids that mean something to us only: here the position of the name.
  std::vector<client::new_record> records;
  for (auto* name : std::vector<const char*>{argv + 2, argv + argc})
    records.push_back(client::make_record(name, std::string{"Hello, "} + name + "!"));
  caf::scoped_actor self{system};
  self->send(*producer, client::send_records{2, records, caf::actor_cast<client::delivery_listener>(self)});

  // One report may be about many records: those that lie side by side in a partition come together.
  bool all_written = true;
  for (std::size_t reported = 0; reported < records.size();)
    self->receive([&](const client::delivery_report& report) {
      for (auto& part : report.deliveries)
        for (std::uint32_t i = 0; i < part.count; ++i, ++reported) {
          std::cout << argv[part.first_id + i] << ": ";
          if (part.is_written())
            std::cout << "partition " << part.partition.value() << ", offset " << part.base_offset.value() + i
                      << "\n";
          else
            std::cout << "not written: " << part.what.message() << "\n";
          all_written &= part.is_written();
        }
    });

  self->request(*producer, caf::infinite, client::close_producer{})
      .receive([](const client::producer_closed&) {}, [](const caf::error&) {});
  return all_written ? 0 : 1;
}
