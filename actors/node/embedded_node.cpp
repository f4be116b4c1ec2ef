#include "actors/node/embedded_node.hpp"

#include "actors/node/logging.hpp"
#include "actors/node/node_front.hpp"
#include "actors/node/node_system.hpp"
#include "config/admin_listener.hpp"
#include "runtime/base/random.hpp"

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

/// How long actors that were told to end at once may take.
constexpr auto end_at_once_time = std::chrono::seconds{10};

/// Several nodes may start at once in one process; the first one's settings are the process's.
void set_up_logging_once(const config::node_options& options) {
  static std::mutex one_at_a_time;
  std::lock_guard guard{one_at_a_time};
  if (!spdlog::get("troupe"))
    set_up_logging(options);
}

/// Outlives every actor, whoever's system it runs on.
const clock_port& the_clock() {
  static const auto* const clock = new system_clock;
  return *clock;
}

} // namespace

/// One life of the node, shared with its supervisor's events.
struct node_life {
  std::promise<result<void>> ready_promise;
  std::future<result<void>> ready = ready_promise.get_future();
  std::promise<std::string> ended_promise;
  std::shared_future<std::string> ended = ended_promise.get_future().share();
  std::atomic<bool> was_ready{false};
  std::atomic<bool> has_ended{false};
  std::atomic<bool> told_to_stop{false};
  // They go when the last actor that can write to the directory has gone.
  std::weak_ptr<storage::journal> journal;
  std::weak_ptr<storage::segment_store> segments;
  std::weak_ptr<raft_start> raft;

  bool holds_the_directory() const { return !journal.expired() || !segments.expired() || !raft.expired(); }
};

namespace {

/// Other nodes are reached by sockets, if the system has any.
front_settings front_of(const caf::actor_system& system) {
  front_settings settings;
  if (system.has_middleman())
    settings.open = remote::open_link;
  return settings;
}

config::node_options options_of(const embedded_options& options) {
  auto node = options.node;
  node.data_directory = options.data_directory;
  if (!options.log_level.empty())
    node.log_level = options.log_level;
  if (node.admin_listener == config::admin_listener_auto)
    node.admin_listener = config::admin_listener_off; // nobody asked for it
  return node;
}

node_events events_of(const std::shared_ptr<node_life>& life, const node_front_actor& front,
                      std::function<void(const std::string&)> on_failure) {
  node_events events;
  events.ready = [life, front](const node_access& node) {
    caf::anon_send(front, node_attached{node});
    if (!life->was_ready.exchange(true))
      life->ready_promise.set_value({});
  };
  events.restarting = [front](const std::string&) { caf::anon_send(front, node_detached{}); };
  events.ended = [life, front, on_failure = std::move(on_failure)](const std::string& why) {
    caf::anon_send(front, node_detached{});
    if (life->has_ended.exchange(true))
      return;
    life->ended_promise.set_value(why);
    if (!life->was_ready.exchange(true))
      life->ready_promise.set_value(fail(errc::io_error, why));
    else if (!why.empty() && !life->told_to_stop)
      on_failure(why);
  };
  return events;
}

} // namespace

class embedded_node::parts {
public:
  parts(std::unique_ptr<node_system_config> config, caf::actor_system* system, embedded_options options)
      : config_(std::move(config)),
        own_system_(config_ ? std::make_unique<caf::actor_system>(*config_) : nullptr),
        system_(own_system_ ? own_system_.get() : system), options_(std::move(options)),
        node_(options_of(options_)), front_(system_->spawn(node_front, front_of(*system_))), access_(access_by(front_)) {}

  ~parts() {
    if (life_)
      stop(std::chrono::milliseconds{node_.shutdown_timeout_ms});
    caf::anon_send_exit(front_, caf::exit_reason::user_shutdown);
  }

  result<void> start(std::chrono::milliseconds deadline) {
    if (is_running())
      return fail(errc::in_use, "this node runs already");
    if (auto ended = leave(end_at_once_time); !ended)
      return ended;
    if (options_.listen && !system_->has_middleman())
      return fail(errc::invalid_argument,
                  "listeners need an actor system that has loaded caf::io::middleman");
    if (!options_.log_level.empty())
      set_up_logging_once(node_);
    node_ports ports{&storage::posix_file_system(), &the_clock(), system_seed()};
    ports.open_listeners = options_.listen;
    auto opened = open_node(node_, ports);
    if (!opened)
      return fail(std::move(opened));
    life_ = std::make_shared<node_life>();
    life_->journal = opened->journal;
    life_->segments = opened->segments;
    life_->raft = opened->raft;
    supervisor_ = system_->spawn(node_supervisor, std::make_shared<node_parts>(std::move(*opened)),
                                 events_of(life_, front_, options_.on_failure));
    result<void> ready = fail(errc::timed_out, "the node was not ready within " + std::to_string(deadline.count())
                                                   + " ms: do most of the controllers that it was told of run?");
    if (life_->ready.wait_for(deadline) == std::future_status::ready)
      ready = life_->ready.get();
    if (!ready)
      leave(end_at_once_time);
    return ready;
  }

  result<void> stop(std::chrono::milliseconds deadline) {
    if (!life_)
      return {};
    life_->told_to_stop = true;
    caf::anon_send(supervisor_, stop_node{});
    auto in_time = life_->ended.wait_for(deadline) == std::future_status::ready;
    auto left = leave(end_at_once_time);
    if (!in_time)
      return fail(errc::timed_out, "the node did not stop within " + std::to_string(deadline.count())
                                       + " ms: it was ended as by a crash");
    return left;
  }

  bool is_running() const { return life_ && !life_->has_ended; }
  const cluster_access& access() const { return access_; }
  caf::actor_system& system() const { return *system_; }

private:
  /// Ends whatever is left of this life. in_use: something does not end.
  result<void> leave(std::chrono::milliseconds deadline) {
    if (!life_)
      return {};
    if (!life_->has_ended)
      caf::anon_send(front_, node_detached{});
    caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
    auto give_up_at = std::chrono::steady_clock::now() + deadline;
    while (life_->holds_the_directory()) {
      if (std::chrono::steady_clock::now() >= give_up_at)
        return fail(errc::in_use, "the node's disk does not answer: the node cannot be ended");
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    supervisor_ = nullptr;
    life_ = nullptr;
    return {};
  }

  std::unique_ptr<node_system_config> config_;
  std::unique_ptr<caf::actor_system> own_system_;
  caf::actor_system* system_;
  embedded_options options_;
  config::node_options node_;
  node_front_actor front_;
  cluster_access access_;
  std::shared_ptr<node_life> life_;
  node_supervisor_actor supervisor_;
};

embedded_node::embedded_node(embedded_options options)
    : parts_(std::make_unique<parts>(std::make_unique<node_system_config>(), nullptr, std::move(options))) {}

embedded_node::embedded_node(caf::actor_system& system, embedded_options options)
    : parts_(std::make_unique<parts>(nullptr, &system, std::move(options))) {}

embedded_node::~embedded_node() = default;

result<void> embedded_node::start(std::chrono::milliseconds deadline) { return parts_->start(deadline); }

result<void> embedded_node::stop(std::chrono::milliseconds deadline) { return parts_->stop(deadline); }

bool embedded_node::is_running() const { return parts_->is_running(); }

const cluster_access& embedded_node::access() const { return parts_->access(); }

caf::actor_system& embedded_node::system() const { return parts_->system(); }

} // namespace troupe
