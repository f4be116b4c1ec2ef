#define CAF_SUITE client_send_gate
#include "caf/test/unit_test.hpp"

#include "actors/client/send_gate.hpp"
#include "actors/client/wait_permit.hpp"

#include <future>
#include <memory>
#include <thread>

#include <caf/all.hpp>

using namespace troupe;
using namespace troupe::client;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t memory = 400'000; ///< a quarter is open

send_records message_of(std::size_t size_bytes) { return {0, {make_record(std::string(size_bytes, 'x'))}, {}}; }

std::size_t cost_of(const admitted_records& message) { return credit_cost_bytes(message.what.records.front()); }

} // namespace

CAF_TEST(only so much gets in until some is given back) {
  auto gate = std::make_shared<send_gate>(memory, 0ms);
  std::vector<admitted_records> inside;
  for (int i = 0; i < 1000; ++i) {
    auto message = message_of(1000);
    if (auto verdict = gate->admit(message); verdict.admitted)
      inside.push_back(std::move(*verdict.admitted));
    else
      CAF_CHECK_EQUAL(message.records.size(), 1u); // as it was
  }
  CAF_CHECK(inside.size() * (1048 + send_gate::message_frame_bytes) <= memory / 4);
  CAF_CHECK((inside.size() + 1) * (1048 + send_gate::message_frame_bytes) > memory / 4);
  gate->took(inside.back());
  gate->give_back(no_sender, account::open, cost_of(inside.back()));
  auto again = message_of(1000);
  CAF_CHECK(gate->admit(again).admitted.has_value());
}

CAF_TEST(what is larger than the open quarter goes alone) {
  auto gate = std::make_shared<send_gate>(memory, 0ms);
  auto huge = message_of(memory);
  auto small = message_of(1);
  CAF_CHECK(gate->admit(huge).admitted.has_value());
  CAF_CHECK(!gate->admit(small).admitted.has_value());
}

CAF_TEST(credit can be spent when it has been announced) {
  auto gate = std::make_shared<send_gate>(memory, 0ms);
  gate->join(7);
  auto grants = gate->take_grants();
  CAF_REQUIRE_EQUAL(grants.size(), 1u);
  // Without an actor there is no sender with the key 7: the open quarter it is.
  auto first = message_of(99'000);
  CAF_CHECK(gate->admit(first).admitted->paid_from == account::open);
  auto held = gate->report_goes_out(7, grants[0].second);
  CAF_CHECK(gate->reads(7));
}

CAF_TEST(a sender waits while others are let in) {
  auto gate = std::make_shared<send_gate>(memory, 60s);
  auto first = message_of(memory);
  auto inside = gate->admit(first);
  CAF_REQUIRE(inside.admitted);
  bool was_admitted = false;
  std::thread sender{[&] {
    auto second = message_of(memory);
    was_admitted = gate->admit(second).admitted.has_value();
  }};
  gate->took(*inside.admitted);
  gate->give_back(no_sender, account::open, cost_of(*inside.admitted));
  sender.join();
  CAF_CHECK(was_admitted);
}

CAF_TEST(nobody waits again before something has been given back) {
  auto gate = std::make_shared<send_gate>(memory, 50ms);
  auto first = message_of(memory);
  CAF_REQUIRE(gate->admit(first).admitted);
  auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) {
    auto more = message_of(1);
    CAF_CHECK(!gate->admit(more).admitted);
  }
  auto took = std::chrono::steady_clock::now() - begin;
  CAF_CHECK(took >= 50ms);
  CAF_CHECK(took < 25s); // the half of what all of them would have waited
}

CAF_TEST(nobody waits at a gate that is closed) {
  auto gate = std::make_shared<send_gate>(memory, 60s);
  auto first = message_of(memory);
  CAF_REQUIRE(gate->admit(first).admitted);
  std::thread sender{[&] {
    auto second = message_of(1);
    auto verdict = gate->admit(second);
    CAF_CHECK(!verdict.admitted);
    CAF_CHECK(verdict.is_closed); // so the sender is told in its own thread
  }};
  gate->close();
  sender.join();
}

CAF_TEST(one thread of a system gets no permit to wait) {
  caf::actor_system_config config;
  config.set("scheduler.max-threads", std::size_t{2});
  caf::actor_system system{config};
  auto given = [&](std::shared_future<void> until) {
    auto answer = std::make_shared<std::promise<bool>>();
    system.spawn([=](caf::event_based_actor* self) {
      wait_permit permit{self->context()};
      answer->set_value(static_cast<bool>(permit));
      until.wait();
    });
    return answer->get_future().get();
  };
  std::promise<void> end;
  std::promise<void> at_once;
  at_once.set_value();
  auto held = end.get_future().share();
  auto short_one = at_once.get_future().share();
  CAF_CHECK(given(held));
  CAF_CHECK(!given(short_one));
  CAF_CHECK(static_cast<bool>(wait_permit{nullptr})); // a thread that is none of the scheduler's
  end.set_value();
  system.await_all_actors_done();
  CAF_CHECK(given(short_one));
}
