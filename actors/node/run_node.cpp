#include "actors/node/run_node.hpp"

#include "actors/node/logging.hpp"
#include "actors/node/node_supervisor.hpp"
#include "actors/node/node_system.hpp"
#include "actors/node/service_manager.hpp"
#include "runtime/base/check.hpp"
#include "runtime/base/random.hpp"

#include <csignal>
#include <cstdio>

#include <caf/all.hpp>
#include <malloc.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace troupe {

namespace {

constexpr int exit_failed = 1;
constexpr int exit_forced = 130;

/// The signals that end a node, as something to wait for. Made before any thread, so that all of them block these.
class stop_signals {
public:
  stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
    descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC);
    CHECK(descriptor_ >= 0, "the kernel has signalfd");
  }
  ~stop_signals() { ::close(descriptor_); }
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  int descriptor() const { return descriptor_; }
  void take() const {
    signalfd_siginfo info;
    CHECK(::read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info));
  }

private:
  int descriptor_;
};

/// Told by the supervisor that the node has ended, and why.
class ending {
public:
  ending() : descriptor_(::eventfd(0, EFD_CLOEXEC)) { CHECK(descriptor_ >= 0, "the kernel has eventfd"); }
  ~ending() { ::close(descriptor_); }
  ending(const ending&) = delete;
  ending& operator=(const ending&) = delete;

  void set(const std::string& why) {
    why_ = why;
    std::uint64_t one = 1;
    CHECK(::write(descriptor_, &one, sizeof one) == static_cast<ssize_t>(sizeof one));
  }
  int descriptor() const { return descriptor_; }
  /// Only once the descriptor can be read.
  const std::string& why() const { return why_; }

private:
  int descriptor_;
  std::string why_;
};

// Batches come and go by the megabyte: giving their memory back to the system each time would cost more than it saves.
// 32 MiB is the largest threshold that glibc takes for mappings.
void keep_memory() {
  CHECK(::mallopt(M_MMAP_THRESHOLD, 32 << 20) == 1);
  CHECK(::mallopt(M_TRIM_THRESHOLD, 1 << 30) == 1);
}

int refuse(const std::string& why) {
  std::fprintf(stderr, "troupe: %s\n", why.c_str());
  return exit_failed;
}

/// Waits for the end, which the first signal asks for in order and the second one brings about at once.
int wait_for_end(const stop_signals& signals, const ending& end, const std::function<void()>& stop) {
  for (bool asked = false;;) {
    pollfd wait[2] = {{signals.descriptor(), POLLIN, 0}, {end.descriptor(), POLLIN, 0}};
    if (::poll(wait, 2, -1) < 0)
      continue;
    if ((wait[1].revents & POLLIN) != 0)
      return end.why().empty() ? 0 : exit_failed;
    signals.take();
    if (std::exchange(asked, true)) {
      spdlog::warn("node: a second signal: ending at once");
      return exit_forced;
    }
    notify_service_manager("STOPPING=1");
    stop();
  }
}

} // namespace

int run_node(const config::node_options& options) {
  stop_signals signals;
  keep_memory();
  set_up_logging(options);
  system_clock clock;
  node_ports ports{&storage::posix_file_system(), &clock, system_seed()};
  auto parts = open_node(options, ports);
  if (!parts)
    return refuse(parts.error().message());
  ending end;
  node_system_config config;
  caf::actor_system system{config};
  node_events events;
  events.ready = [](const node_access&) {
    spdlog::info("node: ready");
    notify_service_manager("READY=1");
  };
  events.ended = [&end](const std::string& why) { end.set(why); };
  int code = 0;
  {
    auto supervisor = system.spawn(node_supervisor, std::make_shared<node_parts>(std::move(*parts)), events);
    code = wait_for_end(signals, end, [&supervisor] { caf::anon_send(supervisor, stop_node{}); });
  }
  if (!end.why().empty())
    refuse(end.why());
  else if (code == 0)
    spdlog::info("node: stopped");
  // All actors have ended, or what still runs must not be waited for: it may be what has failed. Nor for CAF: it keeps
  // brokers that a message still came for when they had ended, and with them the threads of actors that they know. What
  // still runs may log: the logger stays, and has written each line as it came.
  std::_Exit(code);
}

} // namespace troupe
