#include "actors/node/command/up/run_cluster.hpp"

#include "actors/node/command/moment.hpp"
#include "actors/node/command/up/child_process.hpp"
#include "actors/node/command/up/status_board.hpp"
#include "config/listener.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <ostream>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::command {

namespace {

constexpr std::int64_t redraw_interval_ms = 500;
constexpr std::size_t columns_by_default = 160;
/// A node has its own deadline for stopping; this comes on top.
constexpr std::int64_t stop_grace_ms = 2'000;

/// SIGINT, SIGTERM, SIGHUP and SIGCHLD as something to wait for, as long as this exists.
class awaited_signals {
public:
  awaited_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD})
      sigaddset(&set, signal);
    CHECK(::pthread_sigmask(SIG_BLOCK, &set, &before_) == 0);
    pipe_before_ = ::signal(SIGPIPE, SIG_IGN);
    descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    CHECK(descriptor_ >= 0, "the kernel has signalfd");
  }
  ~awaited_signals() {
    ::close(descriptor_);
    ::signal(SIGPIPE, pipe_before_);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  awaited_signals(const awaited_signals&) = delete;
  awaited_signals& operator=(const awaited_signals&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  /// How many of those that came ask for the end.
  int take() const {
    int ends = 0;
    signalfd_siginfo info;
    while (::read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      ends += info.ssi_signo != SIGCHLD;
    return ends;
  }

private:
  int descriptor_ = -1;
  sigset_t before_{};
  void (*pipe_before_)(int) = SIG_DFL;
};

/// "2026-01-31T12:00:00.123Z", as in the logs of nodes.
std::string time_of_day() {
  auto ms = wall_time().value();
  auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  auto size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(ms % 1000));
  return std::string{text, size} + fraction;
}

std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : columns_by_default;
}

/// Where clients of this machine reach a node; nothing if the system chooses its port, or if it takes no clients.
std::optional<config::address> client_address(const config::node_options& node) {
  for (auto& listener : node.listeners)
    if (listener.port != 0)
      return config::address{config::is_unspecified(listener.host) ? "127.0.0.1" : listener.host, listener.port};
  return std::nullopt;
}

std::string log_path(const config::node_options& node) { return node.data_directory + "/log"; }

std::vector<supervised_process> processes_for(const cluster_run& run) {
  std::vector<supervised_process> processes;
  for (auto& node : run.nodes) {
    auto& process = processes.emplace_back();
    process.name = node.name;
    // Brokers go first, and hand over what they lead while there are controllers.
    process.stop_wave = node.is_controller() ? 1 : 0;
  }
  return processes;
}

supervision_options options_for(const cluster_run& run) {
  supervision_options options;
  options.only_once = run.only_once;
  options.stop_timeout_ms = 0;
  for (auto& node : run.nodes)
    options.stop_timeout_ms = std::max(options.stop_timeout_ms, node.shutdown_timeout_ms + stop_grace_ms);
  return options;
}

std::vector<config::address> servers_of(const cluster_run& run) {
  std::vector<config::address> servers;
  for (auto& node : run.nodes)
    if (auto where = client_address(node))
      servers.push_back(*where);
  return servers;
}

std::vector<board_node> board_nodes(const cluster_run& run) {
  std::vector<board_node> nodes;
  for (auto& node : run.nodes) {
    auto where = client_address(node);
    nodes.push_back({node.node_id, node.roles, where ? to_string(*where) : node.peer_listener});
  }
  return nodes;
}

class cluster_shell {
public:
  cluster_shell(const cluster_run& run, const streams& to)
      : run_(run), to_(to), supervisor_(processes_for(run), options_for(run)), log_begins_(run.nodes.size()),
        nodes_(board_nodes(run)), watch_(servers_of(run), run.topics),
        has_table_(!run.is_plain && ::isatty(STDOUT_FILENO) == 1) {}

  int run() {
    while (true) {
      carry_out(supervisor_.orders(monotonic_ms()));
      report_news();
      if (supervisor_.is_over())
        break;
      wait();
      reap();
    }
    show_table();
    return watch_.now().topic_refused ? std::max<int>(supervisor_.exit_code(), exit_failed) : supervisor_.exit_code();
  }

private:
  void carry_out(const std::vector<process_order>& orders) {
    for (auto& order : orders) {
      if (order.what == process_order::kind::start)
        start(order.process);
      else
        ::kill(supervisor_.processes()[order.process].pid,
               order.what == process_order::kind::terminate ? SIGTERM : SIGKILL);
    }
  }

  void start(std::size_t process) {
    auto& node = run_.nodes[process];
    child_command command;
    command.arguments = {"node", run_.file, "--name", node.name};
    if (run_.data_is_elsewhere)
      command.arguments.insert(command.arguments.end(), {"--data", node.data_directory});
    command.log_path = log_path(node);
    command.notify_socket = ready_.address();
    auto child = start_child(command);
    if (!child)
      return supervisor_.start_failed(process, command::sentence_of(child.error()), monotonic_ms());
    log_begins_[process] = child->log_begin;
    supervisor_.started(process, child->pid, monotonic_ms());
  }

  void wait() {
    auto due = supervisor_.next_due_ms();
    auto now = monotonic_ms();
    auto until = has_table_ ? now + redraw_interval_ms : due.value_or(now + 3'600'000);
    pollfd descriptors[] = {{signals_.descriptor(), POLLIN, 0}, {ready_.descriptor(), POLLIN, 0},
                            {watch_.descriptor(), POLLIN, 0}};
    auto deadline = std::min(until, due.value_or(until));
    // Rounded up, so that it is due when poll comes back.
    ::poll(descriptors, std::size(descriptors), static_cast<int>(std::max<std::int64_t>(0, deadline - now)));
    for (auto pid : ready_.take())
      for (std::size_t i = 0; i < supervisor_.processes().size(); ++i)
        if (supervisor_.processes()[i].pid == pid)
          supervisor_.ready(i, monotonic_ms());
    for (auto ends = signals_.take(); ends > 0; --ends)
      stop();
  }

  void stop() {
    if (!supervisor_.is_stopping())
      print("stopping");
    supervisor_.stop(monotonic_ms());
    if (supervisor_.is_killing())
      print("a further signal: all are killed");
    watch_.stop();
  }

  void reap() {
    for (std::size_t i = 0; i < supervisor_.processes().size(); ++i) {
      auto pid = supervisor_.processes()[i].pid;
      int status = 0;
      if (pid == 0 || ::waitpid(pid, &status, WNOHANG) != pid)
        continue;
      process_end how{WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
      supervisor_.ended(i, how, last_line(log_path(run_.nodes[i]), log_begins_[i]), monotonic_ms());
    }
  }

  void report_news() {
    for (auto& event : supervisor_.events())
      print(supervisor_.processes()[event.process].name + ": " + event.text);
    for (auto& text : watch_.news())
      if (!supervisor_.is_stopping())
        print(text);
    if (!came_up_ && supervisor_.has_come_up()) {
      came_up_ = true;
      print("all nodes are ready");
    }
    if (has_table_)
      show_table();
  }

  /// Above the table, where there is one.
  void print(const std::string& text) {
    if (lines_drawn_ > 0)
      to_.out << redraw({}, lines_drawn_, 0);
    lines_drawn_ = 0;
    to_.out << time_of_day() << ' ' << text << std::endl;
  }

  void show_table() {
    if (!has_table_)
      return;
    auto lines = status_board(nodes_, supervisor_.processes(), watch_.now(), monotonic_ms());
    to_.out << redraw(lines, lines_drawn_, terminal_columns()) << std::flush;
    lines_drawn_ = lines.size();
  }

  const cluster_run& run_;
  const streams& to_;
  // Before the thread of the watch: it inherits what is blocked.
  awaited_signals signals_;
  ready_socket ready_;
  process_supervisor supervisor_;
  std::vector<std::int64_t> log_begins_;
  std::vector<board_node> nodes_;
  cluster_watch watch_;
  bool has_table_;
  bool came_up_ = false;
  std::size_t lines_drawn_ = 0;
};

} // namespace

int run_cluster(const cluster_run& run, const streams& to) {
  cluster_shell shell{run, to};
  return shell.run();
}

} // namespace troupe::command
