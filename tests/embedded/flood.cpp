#define CAF_SUITE flood
#include "caf/test/unit_test.hpp"

#include "actors/client/producer.hpp"
#include "actors/node/embedded_node.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <caf/all.hpp>
#include <stdlib.h>

using namespace troupe;

namespace {

constexpr std::uint64_t sends = 1'000'000;
constexpr std::uint64_t sends_of_two = 200'000; ///< each
constexpr std::uint64_t burst = 10'000;
constexpr std::size_t value_bytes = 1'000;

/// Of this process, now.
std::size_t memory_bytes() {
  std::ifstream facts{"/proc/self/statm"};
  std::size_t total = 0;
  std::size_t resident = 0;
  facts >> total >> resident;
  return resident * 4096;
}

struct account_of_all {
  std::uint64_t written = 0;
  std::uint64_t refused = 0;
  std::uint64_t other = 0;
  std::size_t highest_memory = 0;

  void take(const client::delivery_report& report) {
    refused += report.refused_unnamed;
    for (auto& part : report.deliveries)
      (part.is_written() ? written : part.what.code == errc::busy ? refused : other) += part.count;
  }
  std::uint64_t sum() const { return written + refused + other; }
};

/// Sends everything in one go, without credit and without looking at its mailbox.
template <class Self>
void flood(Self* self, const client::producer_actor& to, const client::delivery_listener& me, account_of_all& all) {
  for (std::uint64_t i = 0; i < sends; ++i) {
    self->send(to, client::send_records{i, {client::make_record(std::string(value_bytes, 'x'))}, me});
    if (i % 10'000 == 0)
      all.highest_memory = std::max(all.highest_memory, memory_bytes());
  }
}

/// In bursts of twice what there is memory for; between them others on its thread get on.
caf::behavior bursts(caf::event_based_actor* self, client::producer_actor to, caf::actor boss,
                     std::shared_ptr<account_of_all> all) {
  self->send(self, std::uint64_t{0});
  return {[=](std::uint64_t first) {
            auto me = caf::actor_cast<client::delivery_listener>(self);
            for (auto i = first; i < first + burst; ++i)
              self->send(to, client::send_records{i, {client::make_record(std::string(value_bytes, 'x'))}, me});
            all->highest_memory = std::max(all->highest_memory, memory_bytes());
            if (first + burst < sends_of_two)
              self->delayed_send(self, std::chrono::milliseconds{1}, first + burst);
          },
          [=](const client::delivery_report& report) {
            all->take(report);
            if (all->sum() == sends_of_two)
              caf::anon_send(boss, std::int32_t{1});
          }};
}

caf::behavior flooder(caf::event_based_actor* self, client::producer_actor to, caf::actor boss,
                      std::shared_ptr<account_of_all> all) {
  flood(self, to, caf::actor_cast<client::delivery_listener>(self), *all);
  return {[=](const client::delivery_report& report) {
    all->take(report);
    if (all->sum() == sends)
      caf::anon_send(boss, std::int32_t{1});
  }};
}

struct fixture {
  fixture() {
    char name[] = "/tmp/troupe-flood-XXXXXX";
    CAF_REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
    embedded_options options;
    options.data_directory = path + "/data";
    options.log_level = "error";
    options.node.journal_file_bytes = 32 << 20;
    options.node.cache_bytes = 32 << 20;
    node.emplace(options);
    CAF_REQUIRE(node->start());
    producer = *client::spawn_producer(node->system(), node->access(), {.topic = "t", .allow_auto_create_topics = true});
    // The topic is made.
    caf::scoped_actor self{node->system()};
    self->send(producer, client::send_records{0, {client::make_record("first")}, {}});
    self->request(producer, caf::infinite, client::flush_producer{})
        .receive([](client::producer_flushed) {}, [](const caf::error&) {});
    before = memory_bytes();
  }
  ~fixture() {
    caf::anon_send_exit(producer, caf::exit_reason::user_shutdown);
    producer = nullptr;
    node.reset();
    std::filesystem::remove_all(path);
  }

  void check_bounded() const {
    CAF_MESSAGE(all->written << " written, " << all->refused << " refused, "
                             << (all->highest_memory - before) / 1'000'000 << " MB more");
    CAF_CHECK_EQUAL(all->other, 0u);
    CAF_CHECK_EQUAL(all->sum(), sends);
    CAF_CHECK(all->highest_memory - before < 400'000'000); // all that was sent would be 1,500
  }

  std::string path;
  std::optional<embedded_node> node;
  client::producer_actor producer;
  std::size_t before = 0;
  std::shared_ptr<account_of_all> all = std::make_shared<account_of_all>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(flood_tests, fixture)

CAF_TEST(an actor that sends a million records at once leaves memory bounded) {
  caf::scoped_actor self{node->system()};
  node->system().spawn(flooder, producer, caf::actor_cast<caf::actor>(self), all);
  self->receive([](std::int32_t) {}, caf::after(std::chrono::seconds{100}) >> [] {});
  check_bounded();
  CAF_CHECK(all->written > 50'000); // what there is memory for at a time is 5,000
}

CAF_TEST(two actors that send without credit let the producer get on) {
  caf::scoped_actor self{node->system()};
  std::vector<std::shared_ptr<account_of_all>> accounts;
  for (int i = 0; i < 2; ++i) {
    accounts.push_back(std::make_shared<account_of_all>());
    node->system().spawn(bursts, producer, caf::actor_cast<caf::actor>(self), accounts.back());
  }
  for (int i = 0; i < 2; ++i)
    self->receive([](std::int32_t) {}, caf::after(std::chrono::seconds{100}) >> [] {});
  std::uint64_t written = 0;
  for (auto& one : accounts) {
    CAF_CHECK_EQUAL(one->sum(), sends_of_two);
    CAF_CHECK_EQUAL(one->other, 0u);
    CAF_CHECK(one->highest_memory - before < 400'000'000);
    written += one->written;
  }
  CAF_MESSAGE(written << " written");
  CAF_CHECK(written > 20'000); // what there is memory for at a time is 5,000
}

CAF_TEST(a thread that sends a million records is slowed) {
  caf::scoped_actor self{node->system()};
  flood(&*self, producer, caf::actor_cast<client::delivery_listener>(self), *all);
  for (bool waits = true; waits && all->sum() < sends;)
    self->receive([&](const client::delivery_report& report) { all->take(report); },
                  caf::after(std::chrono::seconds{100}) >> [&] { waits = false; });
  check_bounded();
  CAF_CHECK(all->written > 50'000); // what there is memory for at a time is 5,000
}

CAF_TEST_FIXTURE_SCOPE_END()
