#include "actors/node/command/up/process_supervisor.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>
#include <csignal>
#include <string_view>

namespace troupe::command {

namespace {

constexpr int code_forced = 130;

std::string signal_name(int signal) {
  for (auto [number, word] : {std::pair{SIGKILL, "SIGKILL"}, {SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"},
                              {SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"},
                              {SIGFPE, "SIGFPE"}, {SIGHUP, "SIGHUP"}, {SIGTRAP, "SIGTRAP"}})
    if (signal == number)
      return word;
  return "signal " + std::to_string(signal);
}

} // namespace

std::string_view name(process_state state) noexcept {
  switch (state) {
  case process_state::waiting:
    return "waiting";
  case process_state::starting:
    return "starting";
  case process_state::ready:
    return "ready";
  case process_state::stopping:
    return "stopping";
  case process_state::stopped:
    return "stopped";
  case process_state::failed:
    return "failed";
  }
  return {};
}

std::string process_end::in_words() const {
  if (signal != 0)
    return "killed by " + signal_name(signal);
  return code == 0 ? "ended in order" : "ended with code " + std::to_string(code);
}

process_supervisor::process_supervisor(std::vector<supervised_process> processes, supervision_options options)
    : processes_(std::move(processes)), attempts_(processes_.size()), options_(options) {
  CHECK(!processes_.empty());
}

bool process_supervisor::is_running(std::size_t process) const noexcept { return processes_[process].pid != 0; }

void process_supervisor::tell(std::size_t process, std::string text) { events_.push_back({process, std::move(text)}); }

void process_supervisor::started(std::size_t process, int pid, std::int64_t now_ms) {
  auto& it = processes_[process];
  CHECK(it.state == process_state::starting && it.pid == 0 && pid > 0);
  it.pid = pid;
  it.started_ms = now_ms;
  tell(process, "started, process " + std::to_string(pid));
}

void process_supervisor::start_failed(std::size_t process, const std::string& why, std::int64_t now_ms) {
  CHECK(processes_[process].state == process_state::starting && processes_[process].pid == 0);
  processes_[process].last_end = why;
  if (is_stopping())
    processes_[process].state = process_state::failed;
  else
    start_later(process, why, now_ms);
}

void process_supervisor::ready(std::size_t process, std::int64_t now_ms) {
  auto& it = processes_[process];
  if (it.state != process_state::starting || it.pid == 0)
    return;
  it.state = process_state::ready;
  it.was_ready = true;
  tell(process, "ready after " + std::to_string(now_ms - it.started_ms) + " ms");
  has_come_up_ = has_come_up_ || std::all_of(processes_.begin(), processes_.end(), [](auto& one) {
                   return one.state == process_state::ready;
                 });
}

void process_supervisor::ended(std::size_t process, const process_end& how, const std::string& last_words,
                               std::int64_t now_ms) {
  auto& it = processes_[process];
  CHECK(it.pid != 0, "only who runs can end");
  auto why = how.in_words();
  // Who is killed from outside has no last words, only a last line.
  if (!last_words.empty() && !how.is_in_order() && how.signal != SIGKILL)
    why += ": " + last_words;
  it.pid = 0;
  it.last_end = why;
  auto ran_ms = now_ms - it.started_ms;
  if (is_stopping() || options_.only_once) {
    it.state = how.is_in_order() ? process_state::stopped : process_state::failed;
    tell(process, attempts_[process].was_told && how.is_in_order() ? "stopped" : why);
    end_if_in_vain(process, now_ms);
    return;
  }
  if (how.signal == 0 && how.code == refused_code)
    give_up(process, why, now_ms);
  else if (it.was_ready && ran_ms >= calm_after_ms)
    start_again(process, why, now_ms);
  else
    start_later(process, why, now_ms);
}

void process_supervisor::start_again(std::size_t process, const std::string& why, std::int64_t now_ms) {
  auto& it = processes_[process];
  attempts_[process].failures = 0;
  it.state = process_state::waiting;
  it.start_due_ms = now_ms;
  ++it.restarts;
  tell(process, why + "; starts again");
}

void process_supervisor::start_later(std::size_t process, const std::string& why, std::int64_t now_ms) {
  auto& it = processes_[process];
  auto& attempt = attempts_[process];
  ++attempt.failures;
  if (!it.was_ready && attempt.failures >= attempts_max)
    return give_up(process, why + "; that was attempt " + std::to_string(attempt.failures), now_ms);
  attempt.delay_ms = attempt.failures == 1 ? first_delay_ms : std::min(attempt.delay_ms * 2, longest_delay_ms);
  it.state = process_state::waiting;
  it.start_due_ms = now_ms + attempt.delay_ms;
  ++it.restarts;
  tell(process, why + "; starts again in " + std::to_string(attempt.delay_ms) + " ms");
}

void process_supervisor::give_up(std::size_t process, const std::string& why, std::int64_t now_ms) {
  processes_[process].state = process_state::failed;
  tell(process, why + ". It is not started again");
  end_if_in_vain(process, now_ms);
}

void process_supervisor::end_if_in_vain(std::size_t process, std::int64_t now_ms) {
  // A cluster that has not come up is of no use to whoever waits for it; one that has goes on without this node.
  if (has_come_up_ || is_stopping())
    return;
  tell(process, "the cluster cannot come up without it: all stop");
  stop(now_ms);
}

void process_supervisor::stop(std::int64_t now_ms) {
  kills_ = kills_ || (stop_asked_ms_ && now_ms - *stop_asked_ms_ >= same_stop_ms);
  if (!stop_asked_ms_)
    stop_asked_ms_ = now_ms;
  for (auto& it : processes_)
    if (it.state == process_state::waiting)
      it.state = process_state::stopped;
}

std::optional<int> process_supervisor::stopping_wave() const {
  std::optional<int> wave;
  for (auto& it : processes_)
    if (it.pid != 0 && (!wave || it.stop_wave < *wave))
      wave = it.stop_wave;
  return wave;
}

void process_supervisor::order_stop(std::vector<process_order>& orders, std::int64_t now_ms) {
  auto wave = stopping_wave();
  if (wave != wave_)
    kill_due_ms_ = now_ms + options_.stop_timeout_ms;
  wave_ = wave;
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    auto& it = processes_[i];
    auto& attempt = attempts_[i];
    if (it.pid == 0 || (it.stop_wave != wave && !kills_))
      continue;
    it.state = process_state::stopping;
    if (!attempt.was_told && !kills_)
      orders.push_back({process_order::kind::terminate, i});
    attempt.was_told = true;
    if (attempt.was_killed || (!kills_ && now_ms < kill_due_ms_))
      continue;
    attempt.was_killed = true;
    orders.push_back({process_order::kind::kill, i});
    if (!kills_)
      tell(i, "still there after " + std::to_string(options_.stop_timeout_ms) + " ms: killed");
  }
}

std::vector<process_order> process_supervisor::orders(std::int64_t now_ms) {
  std::vector<process_order> orders;
  if (is_stopping()) {
    order_stop(orders, now_ms);
    return orders;
  }
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    auto& it = processes_[i];
    if (it.state != process_state::waiting || it.start_due_ms > now_ms)
      continue;
    it.state = process_state::starting;
    orders.push_back({process_order::kind::start, i});
  }
  return orders;
}

std::optional<std::int64_t> process_supervisor::next_due_ms() const {
  if (is_stopping())
    return wave_ ? std::optional{kill_due_ms_} : std::nullopt;
  std::optional<std::int64_t> due;
  for (auto& it : processes_)
    if (it.state == process_state::waiting && (!due || it.start_due_ms < *due))
      due = it.start_due_ms;
  return due;
}

std::vector<process_event> process_supervisor::events() { return std::exchange(events_, {}); }

bool process_supervisor::is_over() const noexcept {
  return std::all_of(processes_.begin(), processes_.end(), [](auto& it) {
    return it.state == process_state::stopped || it.state == process_state::failed;
  });
}

int process_supervisor::exit_code() const noexcept {
  if (kills_)
    return code_forced;
  auto any_failed = std::any_of(processes_.begin(), processes_.end(),
                                [](auto& it) { return it.state == process_state::failed; });
  return any_failed || !has_come_up_ ? 1 : 0;
}

} // namespace troupe::command
