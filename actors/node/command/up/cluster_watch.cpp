#include "actors/node/command/up/cluster_watch.hpp"

#include "actors/node/command/outcome.hpp"
#include "runtime/base/check.hpp"
#include "runtime/wire/create_topics.hpp"

#include <algorithm>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace troupe::command {

namespace {

constexpr std::int64_t look_interval_ms = 1000;
/// While topics wait for the brokers that their replicas need.
constexpr std::int64_t make_interval_ms = 200;
constexpr std::int64_t question_timeout_ms = 1500;
constexpr std::int64_t creation_timeout_ms = 10'000;

void wake(int descriptor) {
  std::uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(descriptor, &one, sizeof one);
}

wire::create_topics_request request_for(const config::topic_entry& entry) {
  wire::create_topics_request request;
  request.timeout_ms = static_cast<std::int32_t>(creation_timeout_ms);
  auto& topic = request.topics.emplace_back();
  topic.name = entry.name;
  topic.num_partitions = entry.partitions == 0 ? -1 : entry.partitions;
  topic.replication_factor = static_cast<std::int16_t>(entry.replication_factor == 0 ? -1 : entry.replication_factor);
  for (auto& [name, value] : entry.options)
    topic.configs.push_back({name, value});
  return request;
}

/// What may be otherwise in a moment: brokers that are still on their way, a controller that has just changed.
bool may_pass(wire::error_code code) {
  using enum wire::error_code;
  switch (code) {
  case invalid_replication_factor:
  case not_controller:
  case request_timed_out:
  case broker_not_available:
  case unknown_server_error:
    return true;
  default:
    return false;
  }
}

std::string partitions(std::int64_t count) { return std::to_string(count) + (count == 1 ? " partition" : " partitions"); }

} // namespace

std::vector<std::string> changes_between(const std::optional<cluster_view>& before,
                                         const std::optional<cluster_view>& after) {
  std::vector<std::string> changes;
  if (before.has_value() != after.has_value())
    changes.push_back(after ? "answers Kafka clients" : "no node answers Kafka clients");
  if (!after)
    return changes;
  static const cluster_view nothing;
  auto& old = before ? *before : nothing;
  if (old.controller != after->controller)
    changes.push_back(after->controller < 0 ? "no controller" : "controller " + std::to_string(after->controller));
  if (old.leaderless.count != after->leaderless.count)
    changes.push_back(partitions(after->leaderless.count) + " without a leader");
  if (old.under_replicated.count != after->under_replicated.count)
    changes.push_back(partitions(after->under_replicated.count) + " under-replicated");
  return changes;
}

cluster_watch::cluster_watch(std::vector<config::address> servers, std::vector<config::topic_entry> topics)
    : servers_(std::move(servers)), topics_(std::move(topics)), descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      stop_descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(descriptor_ >= 0 && stop_descriptor_ >= 0, "the kernel has eventfd");
  now_.topics_to_make = topics_.size();
  if (!servers_.empty())
    thread_ = std::thread{[this] { run(); }};
}

cluster_watch::~cluster_watch() {
  stop();
  if (thread_.joinable())
    thread_.join();
  ::close(descriptor_);
  ::close(stop_descriptor_);
}

void cluster_watch::stop() { wake(stop_descriptor_); }

watched_cluster cluster_watch::now() const {
  std::lock_guard guard{mutex_};
  return now_;
}

std::vector<std::string> cluster_watch::news() {
  std::uint64_t count = 0;
  [[maybe_unused]] auto taken = ::read(descriptor_, &count, sizeof count);
  std::lock_guard guard{mutex_};
  return std::exchange(news_, {});
}

void cluster_watch::tell(std::string text) {
  {
    std::lock_guard guard{mutex_};
    news_.push_back(std::move(text));
  }
  wake(descriptor_);
}

bool cluster_watch::pause(std::int64_t duration_ms) {
  pollfd stop{stop_descriptor_, POLLIN, 0};
  return ::poll(&stop, 1, static_cast<int>(duration_ms)) <= 0;
}

void cluster_watch::run() {
  client_options options;
  options.servers = servers_;
  options.client_id = "troupe-up";
  options.timeout_ms = question_timeout_ms;
  std::optional<kafka_client> client;
  do {
    if (!client) {
      client.emplace(options);
      client->set_patience_ms(0);
    }
    look(*client);
    if (!now().view) {
      // A node that hangs still takes connections: the next attempt begins with another one.
      std::rotate(options.servers.begin(), options.servers.begin() + 1, options.servers.end());
      client.reset();
    } else if (!topics_.empty()) {
      make_topics(*client);
    }
  } while (pause(topics_.empty() && now().view ? look_interval_ms : make_interval_ms));
}

void cluster_watch::look(kafka_client& client) {
  auto seen = look_at_partitions(client);
  auto view = seen ? std::optional{std::move(*seen)} : std::nullopt;
  auto changes = changes_between(now().view, view);
  {
    std::lock_guard guard{mutex_};
    now_.view = std::move(view);
  }
  for (auto& change : changes)
    tell("cluster: " + change);
}

void cluster_watch::make_topics(kafka_client& client) {
  while (!topics_.empty()) {
    auto& topic = topics_.front();
    auto controller = client.controller();
    auto answer = controller ? client.call_node<wire::create_topics_response>(*controller, request_for(topic))
                             : result<wire::create_topics_response>{fail(std::move(controller))};
    auto code = answer && answer->topics.size() == 1 ? static_cast<wire::error_code>(answer->topics[0].error_code)
                                                     : wire::error_code::unknown_server_error;
    auto is_there = code == wire::error_code::topic_already_exists;
    if (code != wire::error_code::none && !is_there) {
      auto why = answer && !answer->topics.empty()
                     ? describe(answer->topics[0].error_code, answer->topics[0].error_message)
                     : answer ? "no answer" : sentence_of(answer.error());
      auto is_final = !may_pass(code);
      if (is_final || why != last_reason_)
        tell("topic " + topic.name + ": " + why + (is_final ? "" : "; tried again until it can be made"));
      last_reason_ = why;
      if (!is_final)
        return;
    } else {
      tell("topic " + topic.name + (is_there ? ": is there already" : ": made"));
    }
    std::lock_guard guard{mutex_};
    now_.topic_refused = now_.topic_refused || (code != wire::error_code::none && !is_there);
    topics_.erase(topics_.begin());
    now_.topics_to_make = topics_.size();
  }
}

} // namespace troupe::command
