// Windowed counts over a stream, drawn as they change: page views of a shop, in windows of one second of the
// views' own time. On a terminal a chart is redrawn; elsewhere each window becomes a line when it closes:
// realtime_analytics DIRECTORY [SECONDS]
#include <troupe/consumer.hpp>
#include <troupe/embedded_node.hpp>
#include <troupe/producer.hpp>

#include <iostream>
#include <map>
#include <random>

#include <caf/all.hpp>
#include <unistd.h>

using namespace troupe;
namespace {
constexpr std::int64_t window_ms = 1'000;
constexpr int views_per_beat = 50;
constexpr auto beat = std::chrono::milliseconds{20};
constexpr const char* pages[] = {"/home  ", "/search", "/basket", "/pay   "};
/// Visitors: most look, few pay.
caf::behavior visit(caf::event_based_actor* self, client::producer_actor producer, int beats) {
  self->send(self, beats);
  return {[=, random = std::minstd_rand{}](int left) mutable {
            std::vector<client::new_record> views;
            for (int i = 0; i < views_per_beat; ++i)
              views.push_back(client::make_record("visitor", pages[std::min(random() % 4, random() % 4)]));
            self->send(producer, client::send_records{0, std::move(views), caf::actor_cast<client::delivery_listener>(self)});
            if (left > 1)
              self->delayed_send(self, beat, left - 1);
          },
          [](const client::delivery_report& report) {
            for (auto& part : report.deliveries)
              if (!part.is_written()) // the count would never be full
                std::cerr << part.what.message() << "\n", std::quick_exit(1);
          }};
}

/// The open window. One is enough: a partition's records come in order, and this topic has one partition.
struct window_state {
  std::int64_t number = 0;
  std::map<std::string, int, std::less<>> counts;
  int total = 0; // of all windows
};

/// Over what was drawn before, or as one line.
void draw(const window_state& window, bool live) {
  std::cout << (live ? "\x1b[H\x1b[2J" : "") << "second " << window.number % 3'600;
  for (auto& [page, count] : window.counts) {
    std::cout << (live ? "\n  " : "  ") << page << " " << count;
    if (live)
      std::cout << "\t" << std::string(static_cast<std::size_t>(count / 20), '#');
  }
  std::cout << std::endl;
}

client::batch_handler::behavior_type analyse(client::batch_handler::stateful_pointer<window_state> self,
                                             int expected, caf::actor boss) {
  return {
      [=, live = ::isatty(STDOUT_FILENO) != 0](const client::handed_batch& batch) {
        auto& window = self->state;
        for (auto& view : batch.records) {
          if (auto number = view.timestamp.value() / window_ms; number > window.number) {
            if (!live && !window.counts.empty())
              draw(window, live);
            window = {number, {}, window.total};
          }
          ++window.counts[std::string{view.value.value_or("?")}];
          ++window.total;
        }
        if (live || window.total == expected)
          draw(window, live);
        if (window.total == expected)
          caf::anon_send(boss, expected);
        self->send(batch.from, client::batch_done{batch.id});
      },
      [](const client::partition_notice&) {},
  };
}
} // namespace
int main(int argc, char** argv) {
  if (argc < 2)
    return std::cerr << "usage: realtime_analytics DIRECTORY [SECONDS]\n", 2;
  embedded_node node{{.data_directory = argv[1]}};
  if (auto started = node.start(); !started)
    return std::cerr << started.error().message() << "\n", 1;
  caf::scoped_actor self{node.system()};
  auto beats = (argc > 2 ? std::stoi(argv[2]) : 10) * static_cast<int>(std::chrono::seconds{1} / beat);
  auto start_analyst = [=, boss = caf::actor_cast<caf::actor>(self)](caf::actor_system& where) {
    return client::batch_handler{where.spawn(analyse, beats * views_per_beat, boss)};
  };
  auto now = client::start_point::at(system_clock{}.wall()); // what was there before this run is history
  auto producer = client::spawn_producer(node.system(), node.access(), {.topic = "views", .allow_auto_create_topics = true});
  auto consumer = client::spawn_consumer(node.system(), node.access(), {.assignments = {{.topic = "views", .from = now}}}, start_analyst);
  self->spawn<caf::linked>(visit, *producer, beats);
  self->receive([](int views) { std::cout << "counted " << views << " views\n"; });
  self->send_exit(*consumer, caf::exit_reason::user_shutdown);
  self->send_exit(*producer, caf::exit_reason::user_shutdown);
}
