// Asks a cluster from outside of its actors, and waits for the answers.
#pragma once

#include "actors/interface/cluster_access.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::test {

using any_answer = std::variant<append_reply, fetch_reply, fetch_wakeup, list_offset_reply, epoch_end_reply,
                                controller_reply, producer_id_reply>;

using asker_actor =
    partition_client::extend<caf::reacts_to<controller_reply>, caf::reacts_to<producer_id_reply>, caf::reacts_to<view_update>>;

class asker {
public:
  asker(caf::actor_system& system, cluster_access cluster);
  ~asker();

  /// The partition, once it can be reached. Null after ten seconds.
  partition_actor partition(const std::string& topic, std::int32_t number = 0);
  view_ptr view() const;
  /// Until a view that is as new; false after ten seconds.
  bool wait_for_view(metadata::metadata_version version);
  /// The next answer of this kind; the others before it are dropped.
  template <class Answer>
  std::optional<Answer> next(std::chrono::milliseconds timeout = std::chrono::seconds{10}) {
    auto give_up_at = std::chrono::steady_clock::now() + timeout;
    for (;;) {
      auto answer = take(give_up_at);
      if (!answer)
        return std::nullopt;
      if (auto* wanted = std::get_if<Answer>(&*answer))
        return std::move(*wanted);
    }
  }

  asker_actor self() const { return self_; }

  errc create(const std::string& topic, std::int32_t partitions = 1);
  /// One record, nobody's in particular.
  append_reply append(const std::string& topic, std::string_view value);

  struct mailbox {
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    std::deque<any_answer> answers;
    view_ptr view = std::make_shared<broker_view>();
  };

private:
  std::optional<any_answer> take(std::chrono::steady_clock::time_point give_up_at);

  cluster_access cluster_;
  std::shared_ptr<mailbox> box_ = std::make_shared<mailbox>();
  asker_actor self_;
};

} // namespace troupe::test
