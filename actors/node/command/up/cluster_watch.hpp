// Looks at a cluster that is running, on a thread of its own: makes its topics once it answers, then asks each second
// how it is.
#pragma once

#include "actors/node/command/cluster_view.hpp"
#include "config/cluster_options.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace troupe::command {

/// What has been found out so far.
struct watched_cluster {
  /// Nothing: no node answers at the moment.
  std::optional<cluster_view> view;
  std::size_t topics_to_make = 0;
  /// A topic that no further attempt will make.
  bool topic_refused = false;
};

class cluster_watch {
public:
  /// With no address nobody is asked.
  cluster_watch(std::vector<config::address> servers, std::vector<config::topic_entry> topics);
  /// Waits for the question that is under way: a second or two.
  ~cluster_watch();
  cluster_watch(const cluster_watch&) = delete;
  cluster_watch& operator=(const cluster_watch&) = delete;

  /// Readable when there is something new.
  int descriptor() const noexcept { return descriptor_; }
  watched_cluster now() const;
  /// Sentences since the last time, each on something that has changed.
  std::vector<std::string> news();
  /// No further questions.
  void stop();

private:
  void run();
  /// Makes what can be made now.
  void make_topics(kafka_client& client);
  void look(kafka_client& client);
  void tell(std::string text);
  /// False when it is time to end.
  bool pause(std::int64_t duration_ms);

  std::vector<config::address> servers_;
  std::vector<config::topic_entry> topics_; ///< still to be made; of the thread
  std::string last_reason_;                 ///< why a topic could not be made; of the thread
  int descriptor_ = -1;
  int stop_descriptor_ = -1;
  mutable std::mutex mutex_;
  watched_cluster now_;           ///< guarded
  std::vector<std::string> news_; ///< guarded
  std::thread thread_;
};

/// What is worth a line between two looks at a cluster; nothing stands for one that does not answer.
std::vector<std::string> changes_between(const std::optional<cluster_view>& before,
                                         const std::optional<cluster_view>& after);

} // namespace troupe::command
