// How to test an actor of your own: with a whole node, but on a disk in memory, under a virtual clock, from a
// seed. Hundreds of orders of events, power cuts included, in less time than one broker takes to start.
//
//     test_your_actor
#include <troupe/consumer.hpp>
#include <troupe/test_node.hpp>

#include <iostream>
#include <map>

#include <caf/all.hpp>

using namespace troupe;

namespace {

// --- the actor under test: how much has each customer spent? ---

/// What it knows, and up to where: kept together, so that a record that is handed out again counts once.
struct ledger {
  std::map<std::string, int, std::less<>> spent;
  offset next{0};
};

client::batch_handler::behavior_type accountant(client::batch_handler::pointer self,
                                                std::shared_ptr<ledger> books) {
  return {
      [=](const client::handed_batch& batch) {
        for (auto& order : batch.records)
          if (order.offset >= books->next) {
            books->spent[std::string{*order.key}] += std::stoi(std::string{*order.value});
            books->next = order.offset + 1;
          }
        self->send(batch.from, client::batch_done{batch.id});
      },
      [](const client::partition_notice&) {},
  };
}

// --- the test ---

constexpr int orders = 1'000;
constexpr const char* customers[] = {"alice", "bob", "carol"};

bool books_are_right(std::uint64_t seed) {
  testing::test_node node{{.seed = seed}};
  random_source random{seed};
  auto books = std::make_shared<ledger>();
  std::map<std::string, int, std::less<>> expected;
  if (!node.create_topic("orders"))
    return false;
  caf::actor handler;
  auto consumer = client::spawn_consumer(node.system(), node.access(), {.assignments = {{.topic = "orders"}}},
                                         [&](caf::actor_system& system) {
                                           client::batch_handler made = system.spawn(accountant, books);
                                           handler = caf::actor_cast<caf::actor>(made);
                                           return made;
                                         });
  for (int i = 0; i < orders; ++i) {
    auto* customer = customers[random.below(3)];
    if (!node.write("orders", {{customer, std::to_string(i)}}))
      return false;
    expected[customer] += i;
    if (random.one_in(50)) // the handler dies, in the middle of whatever it does
      caf::anon_send_exit(handler, caf::exit_reason::kill);
    if (random.one_in(200)) { // and so does the machine
      node.power_cut();
      if (!node.start())
        return false;
    }
  }
  auto all_counted = node.run_until([&] { return books->next == offset{orders}; });
  caf::anon_send_exit(*consumer, caf::exit_reason::user_shutdown);
  node.run();
  handler = nullptr;
  return all_counted && books->spent == expected;
}

} // namespace

int main() {
  constexpr std::uint64_t seeds = 20;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    if (!books_are_right(seed)) {
      std::cout << "seed " << seed
                << ": the books are wrong\n"; // and will be each time that it is run with this seed
      return 1;
    }
  std::cout << seeds << " runs of " << orders << " orders: the books are right\n";
}
