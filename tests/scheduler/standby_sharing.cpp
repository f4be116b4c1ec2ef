#define CAF_SUITE standby_sharing

#include "actors/scheduler/blocking_section.hpp"

#include <caf/test/unit_test.hpp>

#include <atomic>
#include <future>

#include <caf/all.hpp>

namespace {

using namespace troupe;

struct threads : caf::actor_system_config {
  explicit threads(std::size_t working) {
    load<standby_coordinator>();
    set("scheduler.max-threads", working + standby_threads);
  }
};

/// Waits for a promise of another actor; with a deadline, lest a bug stops the tests.
bool comes(std::future<void>& what, std::chrono::milliseconds within) {
  return what.wait_for(within) == std::future_status::ready;
}

constexpr std::chrono::milliseconds forever{20'000};
constexpr std::chrono::milliseconds moment{50};

} // namespace

CAF_TEST(an actor that waits for something outside stops nobody else) {
  threads config{1};
  caf::actor_system system{config};
  std::promise<void> done, seen;
  auto done_future = done.get_future();
  auto seen_future = seen.get_future();
  bool came = false;
  auto waiter = system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](int) {
      CAF_CHECK(is_worker(self->context()));
      blocking_section waiting{self->context()};
      came = comes(done_future, forever);
      seen.set_value();
    }};
  });
  auto other = system.spawn(
      [&](caf::event_based_actor*) -> caf::behavior { return {[&](int) { done.set_value(); }}; });
  caf::anon_send(waiter, 1);
  caf::anon_send(other, 1);
  CAF_CHECK(comes(seen_future, forever));
  CAF_CHECK(came);
}

CAF_TEST(as many may wait as stand by) {
  threads config{1};
  caf::actor_system system{config};
  std::promise<void> done;
  auto done_future = done.get_future().share();
  std::atomic<std::size_t> waiting{0};
  std::atomic<std::size_t> came{0};
  std::promise<void> all;
  for (std::size_t i = 0; i < standby_threads; ++i)
    caf::anon_send(system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      return {[&, self](int) {
        ++waiting;
        {
          blocking_section apart{self->context()};
          came += done_future.wait_for(forever) == std::future_status::ready;
        }
        if (--waiting == 0)
          all.set_value();
        self->quit();
      }};
    }),
                   1);
  caf::anon_send(system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](int) {
      if (waiting < standby_threads) // the others are before this one in the queue, but may not have begun
        self->send(self, 1);
      else
        done.set_value();
    }};
  }),
                 1);
  auto all_future = all.get_future();
  CAF_CHECK(comes(all_future, forever));
  CAF_CHECK_EQUAL(came.load(), standby_threads);
}

CAF_TEST(whoever does not say that it waits is not relieved) {
  threads config{1};
  caf::actor_system system{config};
  std::promise<void> done, seen;
  auto done_future = done.get_future();
  auto seen_future = seen.get_future();
  bool came = true;
  auto waiter = system.spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](int) {
      came = comes(done_future, moment);
      seen.set_value();
    }};
  });
  auto other = system.spawn(
      [&](caf::event_based_actor*) -> caf::behavior { return {[&](int) { done.set_value(); }}; });
  caf::anon_send(waiter, 1);
  caf::anon_send(other, 1);
  CAF_CHECK(comes(seen_future, forever));
  CAF_CHECK(!came);
}

CAF_TEST(no more work at a time than are wanted) {
  threads config{2};
  caf::actor_system system{config};
  std::atomic<int> working{0}, most{0}, left{20'000};
  std::promise<void> all;
  auto all_future = all.get_future();
  for (int i = 0; i < 8; ++i) {
    auto busy = system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      return {[&, self](int) {
        auto now = ++working;
        for (auto known = most.load(); now > known && !most.compare_exchange_weak(known, now);) {
        }
        --working;
        if (auto rest = --left; rest == 0)
          all.set_value();
        else if (rest > 0)
          self->send(self, 1);
      }};
    });
    caf::anon_send(busy, 1);
  }
  CAF_CHECK(comes(all_future, forever));
  CAF_CHECK(most.load() <= 2);
}

CAF_TEST(a section does nothing outside of the threads of the scheduler) {
  CAF_CHECK(!is_worker(nullptr));
  blocking_section waiting{nullptr};
}
