// Follows log files into a topic, as they grow and through their rotation, and counts what comes out at the
// other end, until LINES have: log_aggregation DIRECTORY LINES FILE...
// A file that was renamed is read to its end before its successor is begun. So in one run no line is lost or
// read twice, if who writes a file is done with it when it is renamed, and that is seldom: not twice in a second.
#include <troupe/consumer.hpp>
#include <troupe/embedded_node.hpp>
#include <troupe/producer.hpp>

#include <caf/all.hpp>
#include <fstream>
#include <iostream>
#include <optional>
#include <sys/stat.h>

using namespace troupe;
using look = caf::atom_constant<caf::atom("look")>;
using line_counts = std::map<std::string, int>; // by file
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(line_counts)
namespace {
struct follower_state {
  std::ifstream file;
  ino_t inode = 0;                          // of `file`
  std::string line;                         // may still grow
  std::optional<client::new_record> next{}; // waits for credit
  std::size_t credit = 0;                   // a slow disk slows the reading, memory stays bounded
};

/// The next complete line, if it is there by now. The key keeps those of a file in one partition, in order.
std::optional<client::new_record> next_line(follower_state& state, const std::string& path) {
  state.file.clear(); // of "end of file": there may be more by now
  for (std::string part; std::getline(state.file, part);)
    if (state.line += part; !state.file.eof())
      return client::make_record(path, std::exchange(state.line, {}));
  return std::nullopt;
}
caf::behavior follow(caf::stateful_actor<follower_state>* self, std::string path, client::producer_actor to) {
  self->link_to(to); // ends with the producer
  self->send(to, client::join_sender{caf::actor_cast<client::delivery_listener>(self)});
  self->send(self, look::value);
  return {[=](look) {
            auto& state = self->state;
            struct stat facts; // before the reading: what was renamed is complete
            auto there = ::stat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
            std::vector<client::new_record> lines;
            while ((state.next || (state.next = next_line(state, path)))
                   && client::credit_cost_bytes(*state.next) <= state.credit) {
              state.credit -= client::credit_cost_bytes(*state.next);
              lines.push_back(*std::exchange(state.next, {}));
            }
            if (!state.next && there != 0 && there != state.inode) {
              if (!state.line.empty()) // the last one, without an end
                state.next = client::make_record(path, std::exchange(state.line, {}));
              state.file = std::ifstream{path}; // the first file, or a successor
              state.inode = there;
            }
            self->send(to, client::send_records{0, lines, caf::actor_cast<client::delivery_listener>(self)});
            self->delayed_send(self, std::chrono::milliseconds{20}, look::value);
          },
          [=](const client::delivery_report& report) {
            self->state.credit += report.credit_bytes;
            for (auto& part : report.deliveries)
              if (!part.is_written()) // better to stop than to lose a line
                std::cerr << path << ": " << part.what.message() << "\n", std::quick_exit(1);
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
  caf::scoped_actor self{node.system()};
  auto start_counter = [boss = caf::actor_cast<caf::actor>(self), lines = std::stoi(argv[2])](auto& where) {
    return client::batch_handler{where.spawn(count, lines, boss)};
  };
  auto producer = client::spawn_producer(node.system(), node.access(), {.topic = "logs", .allow_auto_create_topics = true});
  auto consumer = client::spawn_consumer(node.system(), node.access(), {.assignments = {{.topic = "logs"}}}, start_counter);
  for (int i = 3; i < argc; ++i)
    node.system().spawn(follow, argv[i], *producer);
  self->receive([](const line_counts& counts) {
    for (auto& [file, lines] : counts)
      std::cout << file << ": " << lines << " lines\n";
  });
  self->send_exit(*consumer, caf::exit_reason::user_shutdown);
  self->send_exit(*producer, caf::exit_reason::user_shutdown);
}
