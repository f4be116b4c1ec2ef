// Follows log files into a topic, as they grow and through their rotation, and counts what comes out at the
// other end, until LINES have: log_aggregation DIRECTORY LINES FILE...
// A file that was renamed is read to its end before its successor is begun: no line is lost or read twice.
#include "actors/client/consumer.hpp"
#include "actors/client/producer.hpp"
#include "actors/node/embedded_node.hpp"

#include <caf/all.hpp>
#include <fstream>
#include <iostream>
#include <sys/stat.h>

using namespace troupe;
using look = caf::atom_constant<caf::atom("look")>;
using line_counts = std::map<std::string, int>; // by file
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(line_counts)

namespace {
constexpr std::size_t unreported_max = 10'000; // a slow disk slows the reading, memory stays bounded

struct follower_state {
  std::ifstream file;
  ino_t inode = 0;  // of `file`
  std::string line; // may still grow
  std::size_t unreported = 0;
};

/// The complete lines that are there now. The key keeps those of a file in one partition, in order.
std::vector<client::new_record> new_lines(follower_state& state, const std::string& path) {
  std::vector<client::new_record> lines;
  state.file.clear(); // of "end of file": there may be more by now
  auto room = unreported_max - state.unreported;
  for (std::string part; lines.size() < room && std::getline(state.file, part);) {
    state.line += part;
    if (!state.file.eof())
      lines.push_back(client::make_record(path, std::exchange(state.line, {})));
  }
  return lines;
}
caf::behavior follow(caf::stateful_actor<follower_state>* self, std::string path, client::producer_actor to) {
  self->link_to(to); // ends with the producer
  self->send(self, look::value);
  return {[=](look) {
            auto& state = self->state;
            struct stat facts;
            auto there = ::stat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
            auto lines = new_lines(state, path);
            if (lines.empty() && state.file.eof() && there != 0 && there != state.inode) {
              state.file = std::ifstream{path}; // the first file, or a successor
              state.inode = there;
            }
            state.unreported += lines.size();
            if (!lines.empty())
              self->send(to, client::send_records{0, lines, caf::actor_cast<client::delivery_listener>(self)});
            self->delayed_send(self, std::chrono::milliseconds{20}, look::value);
          },
          [=](const client::delivery_report& report) {
            for (auto& part : report.deliveries) {
              if (!part.is_written()) // better to stop than to lose a line
                std::cerr << path << ": " << part.what.message() << "\n", std::quick_exit(1);
              self->state.unreported -= part.count;
            }
          }};
}
client::batch_handler::behavior_type count(client::batch_handler::stateful_pointer<line_counts> self, int left,
                                           caf::actor boss) {
  return {[=](const client::handed_batch& batch) mutable {
            for (auto& record : batch.records) {
              ++self->state[std::string{record.key.value_or("")}];
              if (--left == 0)
                caf::anon_send(boss, self->state);
            }
            self->send(batch.from, client::batch_done{batch.id});
          },
          [](const client::partition_notice&) {}};
}
} // namespace
int main(int argc, char** argv) {
  if (argc < 4)
    return std::cerr << "usage: log_aggregation DIRECTORY LINES FILE...\n", 2;
  embedded_node node{{.data_directory = argv[1]}};
  if (auto started = node.start(); !started)
    return std::cerr << started.error().message() << "\n", 1;
  auto& system = node.system();
  caf::scoped_actor self{system};
  auto start_counter = [boss = caf::actor_cast<caf::actor>(self), lines = std::stoi(argv[2])](auto& where) {
    return client::batch_handler{where.spawn(count, lines, boss)};
  };
  auto producer = client::spawn_producer(system, node.access(), {.topic = "logs", .allow_auto_create_topics = true});
  auto consumer = client::spawn_consumer(system, node.access(), {.assignments = {{.topic = "logs"}}}, start_counter);
  for (int i = 3; i < argc; ++i)
    system.spawn(follow, argv[i], *producer);
  self->receive([](const line_counts& counts) {
    for (auto& [file, lines] : counts)
      std::cout << file << ": " << lines << " lines\n";
  });
  self->send_exit(*consumer, caf::exit_reason::user_shutdown);
  self->send_exit(*producer, caf::exit_reason::user_shutdown);
}
