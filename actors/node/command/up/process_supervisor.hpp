// Who of a cluster's processes is to be started, started again or stopped, and when. Decides only: what happened and
// the time come in, orders and events come out. The shell is run_cluster.cpp.
//
//   waiting   -> starting           its time has come: at once, or after the back-off if it dies again soon
//   waiting   -> stopped            all are to stop
//   starting  -> ready              it says so itself
//   starting, ready -> stopping     all are to stop
//   starting, ready -> waiting      it ended, and is to be started again
//   starting, ready -> stopped      it ended in order, and each is started only once
//   starting, ready -> failed       it ended, and is not to be started again
//   stopping  -> stopped            it ended in order
//   stopping  -> failed             it ended otherwise
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::command {

enum class process_state : std::uint8_t { waiting, starting, ready, stopping, stopped, failed };

std::string_view name(process_state state) noexcept;

/// How a process ended: with a code, or by a signal.
struct process_end {
  int code = 0;
  int signal = 0; ///< 0: none
  bool is_in_order() const noexcept { return code == 0 && signal == 0; }
  /// "ended in order", "ended with code 1", "killed by SIGKILL"
  std::string in_words() const;
};

/// A process as the supervisor sees it.
struct supervised_process {
  std::string name;
  /// Those with a lower number are stopped first.
  int stop_wave = 0;
  process_state state = process_state::waiting;
  int pid = 0; ///< 0: none
  std::int64_t started_ms = 0;
  std::int64_t start_due_ms = 0; ///< while it waits
  bool was_ready = false;        ///< ever
  std::int64_t restarts = 0;
  std::string last_end; ///< why it ended last, with its last words; empty if it never did
};

struct process_order {
  enum class kind : std::uint8_t { start, terminate, kill };
  kind what;
  std::size_t process;

  bool operator==(const process_order&) const = default;
};

/// For people: "n2", "killed by SIGKILL; starts again".
struct process_event {
  std::size_t process;
  std::string text;
};

struct supervision_options {
  /// Nobody is started again.
  bool only_once = false;
  /// From the order to stop to the kill, for each wave.
  std::int64_t stop_timeout_ms = 32'000;
};

class process_supervisor {
public:
  static constexpr std::int64_t first_delay_ms = 250;
  static constexpr std::int64_t longest_delay_ms = 5'000;
  /// Who was ready once and ran for so long is taken to be well and starts again at once: that cannot be more often than with
  /// the longest delay.
  static constexpr std::int64_t calm_after_ms = longest_delay_ms;
  /// Who was never ready and has ended so often is not started again.
  static constexpr int attempts_max = 5;
  /// Orders to stop that come closer to the first are the same one: `timeout` and shells send it to a whole group of
  /// processes and to its leader.
  static constexpr std::int64_t same_stop_ms = 300;
  /// The exit code of a process that refuses its configuration: to try again would change nothing.
  static constexpr int refused_code = 2;

  /// `processes`: names and waves.
  process_supervisor(std::vector<supervised_process> processes, supervision_options options);

  // --- what happened ---
  void started(std::size_t process, int pid, std::int64_t now_ms);
  /// The system gave no process.
  void start_failed(std::size_t process, const std::string& why, std::int64_t now_ms);
  void ready(std::size_t process, std::int64_t now_ms);
  /// `last_words`: the last line of its log, or nothing.
  void ended(std::size_t process, const process_end& how, const std::string& last_words, std::int64_t now_ms);
  /// All are to stop, in order; asked for again after a moment, at once.
  void stop(std::int64_t now_ms);

  // --- what is to be done ---
  /// Each order comes out once. To be called after everything that happened and when next_due_ms() has come.
  std::vector<process_order> orders(std::int64_t now_ms);
  /// When something is to be done that nothing else announces.
  std::optional<std::int64_t> next_due_ms() const;
  /// What happened since the last time.
  std::vector<process_event> events();

  const std::vector<supervised_process>& processes() const noexcept { return processes_; }
  /// Every one was ready at the same time.
  bool has_come_up() const noexcept { return has_come_up_; }
  bool is_stopping() const noexcept { return stop_asked_ms_.has_value(); }
  /// Asked for a second time.
  bool is_killing() const noexcept { return kills_; }
  /// Nobody runs, and nobody will be started.
  bool is_over() const noexcept;
  /// 0 if all came up and stopped in order; 130 if they were killed on demand; otherwise 1. Once it is over.
  int exit_code() const noexcept;

private:
  struct attempt {
    int failures = 0; ///< in a row
    std::int64_t delay_ms = 0;
    bool was_told = false; ///< to stop
    bool was_killed = false;
  };

  bool is_running(std::size_t process) const noexcept;
  void tell(std::size_t process, std::string text);
  void give_up(std::size_t process, const std::string& why, std::int64_t now_ms);
  void end_if_in_vain(std::size_t process, std::int64_t now_ms);
  void start_again(std::size_t process, const std::string& why, std::int64_t now_ms);
  void start_later(std::size_t process, const std::string& why, std::int64_t now_ms);
  void order_stop(std::vector<process_order>& orders, std::int64_t now_ms);
  /// The wave that is being stopped; nothing once all have ended.
  std::optional<int> stopping_wave() const;

  std::vector<supervised_process> processes_;
  std::vector<attempt> attempts_;
  supervision_options options_;
  std::vector<process_event> events_;
  bool has_come_up_ = false;
  std::optional<std::int64_t> stop_asked_ms_;
  bool kills_ = false;
  std::optional<int> wave_;
  std::int64_t kill_due_ms_ = 0;
};

} // namespace troupe::command
