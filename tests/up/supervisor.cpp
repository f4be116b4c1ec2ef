#define CAF_SUITE up_supervisor

#include "actors/node/command/up/process_supervisor.hpp"

#include "caf/test/unit_test.hpp"

#include <csignal>

using namespace troupe::command;

namespace {

using kind = process_order::kind;

constexpr std::int64_t stop_timeout_ms = 1000;

std::string in_words(const std::vector<process_order>& orders) {
  std::string text;
  for (auto& order : orders)
    text += std::string{text.empty() ? "" : " "}
            + (order.what == kind::start       ? "start"
               : order.what == kind::terminate ? "terminate"
                                               : "kill")
            + std::to_string(order.process);
  return text;
}

/// Three nodes: two controllers, and a broker that stops before them.
struct fixture {
  process_supervisor it = make({});
  std::int64_t now = 1000;
  int next_pid = 100;

  static process_supervisor make(supervision_options options) {
    options.stop_timeout_ms = stop_timeout_ms;
    std::vector<supervised_process> processes(3);
    for (std::size_t i = 0; i < 3; ++i) {
      processes[i].name = "n" + std::to_string(i);
      processes[i].stop_wave = i == 1 ? 0 : 1;
    }
    return process_supervisor{processes, options};
  }

  /// Carries out what is to be started; gives all orders in words.
  std::string step() {
    auto orders = it.orders(now);
    for (auto& order : orders)
      if (order.what == kind::start)
        it.started(order.process, next_pid++, now);
    return in_words(orders);
  }

  void come_up() {
    CAF_CHECK_EQUAL(step(), "start0 start1 start2");
    for (std::size_t i = 0; i < 3; ++i)
      it.ready(i, now);
    CAF_CHECK(it.has_come_up());
    it.events();
  }

  void ends(std::size_t process, process_end how, const std::string& words = {}) { it.ended(process, how, words, now); }

  std::string last_event() {
    auto events = it.events();
    return events.empty() ? "" : it.processes()[events.back().process].name + ": " + events.back().text;
  }

  process_state state(std::size_t process) const { return it.processes()[process].state; }
};

constexpr process_end in_order{0, 0};
constexpr process_end failed{1, 0};
constexpr process_end refused{2, 0};
constexpr process_end killed{0, SIGKILL};

} // namespace

CAF_TEST_FIXTURE_SCOPE(supervisor_tests, fixture)

CAF_TEST(all are started once) {
  CAF_CHECK_EQUAL(step(), "start0 start1 start2");
  CAF_CHECK_EQUAL(step(), "");
  CAF_CHECK(!it.next_due_ms().has_value());
  now += 50;
  it.ready(0, now);
  CAF_CHECK_EQUAL(last_event(), "n0: ready after 50 ms");
  it.ready(0, now); // said twice
  CAF_CHECK_EQUAL(last_event(), "");
  it.ready(2, now);
  CAF_CHECK(!it.has_come_up());
  it.ready(1, now);
  CAF_CHECK(it.has_come_up());
  CAF_CHECK(!it.is_over());
}

CAF_TEST(who dies is started again with a back off that doubles) {
  come_up();
  std::vector<std::int64_t> delays;
  for (int i = 0; i < 8; ++i) {
    now += 10;
    ends(1, killed);
    auto due = it.next_due_ms();
    CAF_REQUIRE(due.has_value());
    delays.push_back(*due - now);
    now = *due - 1;
    CAF_CHECK_EQUAL(step(), "");
    now = *due;
    CAF_CHECK_EQUAL(step(), "start1");
  }
  CAF_CHECK_EQUAL(delays, (std::vector<std::int64_t>{250, 500, 1000, 2000, 4000, 5000, 5000, 5000}));
  CAF_CHECK_EQUAL(it.processes()[1].restarts, 8);
  CAF_CHECK_EQUAL(it.processes()[1].last_end, "killed by SIGKILL");
  CAF_CHECK(!it.is_stopping());
}

CAF_TEST(who was well for a while is started again at once) {
  come_up();
  for (auto calm_ms : {process_supervisor::calm_after_ms - 1, process_supervisor::calm_after_ms}) {
    ends(0, failed);
    now = *it.next_due_ms();
    step();
    now += calm_ms;
    ends(0, failed);
    CAF_CHECK_EQUAL(*it.next_due_ms() - now, calm_ms == process_supervisor::calm_after_ms ? 0 : 500);
    now = *it.next_due_ms();
    step();
    now += process_supervisor::calm_after_ms;
  }
  ends(0, killed);
  CAF_CHECK_EQUAL(last_event(), "n0: killed by SIGKILL; starts again");
  CAF_CHECK_EQUAL(step(), "start0");
  now += 10; // again, and this time it was not well
  ends(0, killed);
  CAF_CHECK_EQUAL(*it.next_due_ms() - now, 250);
}

CAF_TEST(who was never ready was never well) {
  step();
  for (int attempt = 1; attempt < process_supervisor::attempts_max; ++attempt) {
    now += process_supervisor::calm_after_ms;
    ends(0, failed);
    CAF_CHECK(*it.next_due_ms() - now >= 250);
    now = *it.next_due_ms();
    CAF_CHECK_EQUAL(step(), "start0");
  }
  now += process_supervisor::calm_after_ms;
  ends(0, failed);
  CAF_CHECK(state(0) == process_state::failed);
}

CAF_TEST(the end has its reason and the last words) {
  come_up();
  ends(0, failed, "troupe: the disk is full");
  CAF_CHECK_EQUAL(last_event(), "n0: ended with code 1: troupe: the disk is full; starts again in 250 ms");
  CAF_CHECK_EQUAL(it.processes()[0].last_end, "ended with code 1: troupe: the disk is full");
  CAF_CHECK_EQUAL(it.processes()[0].pid, 0);
  CAF_CHECK_EQUAL(it.processes()[2].last_end, "");
  // As an operator does it, one node after the other.
  ends(1, in_order, "stopped");
  CAF_CHECK_EQUAL(last_event(), "n1: ended in order; starts again in 250 ms");
  ends(2, {0, 64});
  CAF_CHECK_EQUAL(it.processes()[2].last_end, "killed by signal 64");
  now += 250;
  CAF_CHECK_EQUAL(step(), "start0 start1 start2");
  ends(0, killed, "node: all is well");
  CAF_CHECK_EQUAL(it.processes()[0].last_end, "killed by SIGKILL");
  ends(1, {0, SIGABRT}, "CHECK failed");
  CAF_CHECK_EQUAL(it.processes()[1].last_end, "killed by SIGABRT: CHECK failed");
}

CAF_TEST(a node that refuses its configuration is not started again and ends all) {
  step();
  it.ready(0, now);
  it.ready(2, now);
  ends(1, refused, "troupe: unknown key 'x'");
  CAF_CHECK(it.is_stopping());
  CAF_CHECK(state(1) == process_state::failed);
  auto events = it.events();
  CAF_REQUIRE(events.size() >= 2);
  CAF_CHECK_EQUAL(events[events.size() - 2].text, "ended with code 2: troupe: unknown key 'x'. It is not started again");
  CAF_CHECK_EQUAL(events.back().text, "the cluster cannot come up without it: all stop");
  CAF_CHECK_EQUAL(step(), "terminate0 terminate2");
  ends(0, in_order);
  ends(2, in_order);
  CAF_CHECK(it.is_over());
  CAF_CHECK_EQUAL(it.exit_code(), 1);
}

CAF_TEST(a cluster that was up goes on without one that refuses) {
  come_up();
  ends(1, refused);
  CAF_CHECK(!it.is_stopping());
  CAF_CHECK_EQUAL(step(), "");
  CAF_CHECK(!it.next_due_ms().has_value());
  it.stop(now);
  step();
  ends(0, in_order);
  ends(2, in_order);
  CAF_CHECK(it.is_over());
  CAF_CHECK_EQUAL(it.exit_code(), 1);
}

CAF_TEST(who was never ready has five attempts) {
  step();
  for (int attempt = 1; attempt < process_supervisor::attempts_max; ++attempt) {
    ends(0, failed);
    now = *it.next_due_ms();
    CAF_CHECK_EQUAL(step(), "start0");
  }
  ends(0, failed);
  CAF_CHECK(state(0) == process_state::failed);
  CAF_CHECK(it.is_stopping());
}

CAF_TEST(a process that the system does not give is an attempt as well) {
  CAF_REQUIRE_EQUAL(it.orders(now).size(), 3u);
  it.start_failed(0, "no memory", now);
  CAF_CHECK_EQUAL(last_event(), "n0: no memory; starts again in 250 ms");
  CAF_CHECK(state(0) == process_state::waiting);
}

CAF_TEST(brokers stop before controllers) {
  come_up();
  it.stop(now);
  CAF_CHECK_EQUAL(step(), "terminate1");
  CAF_CHECK(state(1) == process_state::stopping);
  CAF_CHECK(state(0) == process_state::ready);
  CAF_CHECK_EQUAL(step(), "");
  ends(1, in_order);
  CAF_CHECK_EQUAL(last_event(), "n1: stopped");
  CAF_CHECK_EQUAL(step(), "terminate0 terminate2");
  ends(2, in_order);
  CAF_CHECK_EQUAL(step(), "");
  CAF_CHECK(!it.is_over());
  ends(0, in_order);
  CAF_CHECK(it.is_over());
  CAF_CHECK_EQUAL(it.exit_code(), 0);
}

CAF_TEST(who does not stop in time is killed and each wave has its own time) {
  come_up();
  it.stop(now);
  step();
  CAF_CHECK_EQUAL(it.next_due_ms().value_or(0), now + stop_timeout_ms);
  now += stop_timeout_ms - 1;
  CAF_CHECK_EQUAL(step(), "");
  now += 1;
  CAF_CHECK_EQUAL(step(), "kill1");
  CAF_CHECK_EQUAL(last_event(), "n1: still there after 1000 ms: killed");
  CAF_CHECK_EQUAL(step(), "");
  ends(1, killed);
  CAF_CHECK(state(1) == process_state::failed);
  CAF_CHECK_EQUAL(step(), "terminate0 terminate2");
  CAF_CHECK_EQUAL(it.next_due_ms().value_or(0), now + stop_timeout_ms);
  ends(0, in_order);
  ends(2, in_order);
  CAF_CHECK_EQUAL(it.exit_code(), 1);
}

CAF_TEST(a second order kills all at once) {
  come_up();
  it.stop(now);
  step();
  now += process_supervisor::same_stop_ms - 1;
  it.stop(now); // the same one, for the group of processes
  CAF_CHECK(!it.is_killing());
  CAF_CHECK_EQUAL(step(), "");
  now += 1;
  it.stop(now);
  CAF_CHECK_EQUAL(step(), "kill0 kill1 kill2");
  CAF_CHECK_EQUAL(step(), "");
  for (std::size_t i = 0; i < 3; ++i)
    ends(i, killed);
  CAF_CHECK(it.is_over());
  CAF_CHECK_EQUAL(it.exit_code(), 130);
}

CAF_TEST(who waits for its next start is not started while all stop) {
  come_up();
  ends(0, killed);
  CAF_CHECK(state(0) == process_state::waiting);
  it.stop(now);
  CAF_CHECK(state(0) == process_state::stopped);
  now += 100'000;
  CAF_CHECK_EQUAL(step(), "terminate1");
}

CAF_TEST(who dies before its turn to stop stays down) {
  come_up();
  it.stop(now);
  step();
  ends(0, killed);
  CAF_CHECK(state(0) == process_state::failed);
  ends(1, in_order);
  CAF_CHECK_EQUAL(step(), "terminate2");
  it.ready(2, now); // too late
  CAF_CHECK(state(2) == process_state::stopping);
  ends(2, in_order);
  CAF_CHECK_EQUAL(it.exit_code(), 1);
}

CAF_TEST(only once is only once) {
  supervision_options options;
  options.only_once = true;
  it = make(options);
  come_up();
  ends(0, killed);
  CAF_CHECK(state(0) == process_state::failed);
  ends(1, in_order);
  CAF_CHECK(state(1) == process_state::stopped);
  CAF_CHECK_EQUAL(step(), "");
  CAF_CHECK(!it.is_stopping());
  ends(2, in_order);
  CAF_CHECK(it.is_over());
  CAF_CHECK_EQUAL(it.exit_code(), 1);
}

CAF_TEST(stopped before it came up is no success) {
  step();
  it.stop(now);
  step();
  ends(1, in_order);
  step();
  ends(0, in_order);
  ends(2, in_order);
  CAF_CHECK(it.is_over());
  CAF_CHECK_EQUAL(it.exit_code(), 1);
}

CAF_TEST_FIXTURE_SCOPE_END()
