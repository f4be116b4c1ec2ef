#include "actors/kafka/fetch_sessions.hpp"

#include <algorithm>
#include <limits>

namespace troupe::kafka {

namespace {

using wire::error_code;
using wire::fetch_request;

constexpr std::int32_t final_epoch = -1;  ///< of a request without session, or that ends its session
constexpr std::int32_t first_epoch = 0;   ///< of a request that begins a session

std::int32_t epoch_after(std::int32_t epoch) {
  return epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
}

} // namespace

/// What the client was told last, and where the partition stands in its session.
struct session_partition::memory {
  std::int64_t high_watermark = -1;
  std::int64_t log_start = -1;
  std::list<session_partition>::iterator place;
  bool forgotten = false;
};

class fetch_session_cache::session {
public:
  session(std::int32_t id, bool by_id, std::int64_t now_ns) : id(id), by_id(by_id), began_ns(now_ns), used_ns(now_ns) {}

  void add(const fetch_request& request) {
    for (auto& topic : request.topics)
      for (auto& partition : topic.partitions) {
        auto [found, is_new] = places_.try_emplace(key{topic.topic, topic.topic_id, partition.partition});
        if (!is_new) {
          found->second->wanted = partition;
          continue;
        }
        names_bytes_ += topic.topic.size();
        auto known = std::make_shared<session_partition::memory>();
        known->place = order_.insert(order_.end(), {topic.topic, topic.topic_id, partition, known});
        found->second = known->place;
      }
  }

  void forget(const fetch_request& request) {
    for (auto& topic : request.forgotten_topics_data)
      for (auto partition : topic.partitions) {
        auto found = places_.find(key{topic.topic, topic.topic_id, partition});
        if (found == places_.end())
          continue;
        found->second->known->forgotten = true;
        names_bytes_ -= topic.topic.size();
        order_.erase(found->second);
        places_.erase(found);
      }
  }

  void move_to_end(const session_partition::memory& known) { order_.splice(order_.end(), order_, known.place); }

  std::vector<session_partition> partitions() const { return {order_.begin(), order_.end()}; }
  std::size_t size() const { return order_.size(); }
  std::size_t names_bytes() const { return names_bytes_; }

  std::int32_t id;
  bool by_id;
  std::int32_t epoch = 1; ///< of the next request
  std::int64_t began_ns;
  std::int64_t used_ns;

private:
  struct key {
    std::string topic;
    topic_id id;
    std::int32_t partition = 0;

    bool operator==(const key&) const = default;
  };
  struct hash {
    std::size_t operator()(const key& k) const noexcept {
      return std::hash<std::string>{}(k.topic) ^ std::hash<topic_id>{}(k.id)
             ^ static_cast<std::size_t>(k.partition) * 0x9e3779b97f4a7c15ull;
    }
  };

  std::list<session_partition> order_;
  std::size_t names_bytes_ = 0;
  std::unordered_map<key, std::list<session_partition>::iterator, hash> places_;
};

fetch_session_cache::fetch_session_cache(std::uint64_t seed, fetch_session_limits limits)
    : limits_(limits), random_(seed) {}

fetch_session_cache::~fetch_session_cache() = default;

std::size_t fetch_session_cache::size() const {
  std::lock_guard guard{mutex_};
  return sessions_.size();
}

session_plan fetch_session_cache::open(const fetch_request& request, bool by_id, std::int64_t now_ns) {
  if (request.session_epoch == final_epoch && request.session_id == 0)
    return {};
  std::lock_guard guard{mutex_};
  if (request.session_epoch != final_epoch && request.session_epoch != first_epoch)
    return go_on(request, by_id, now_ns);
  end(request.session_id);
  return request.session_epoch == first_epoch ? begin(request, by_id, now_ns) : session_plan{};
}

session_plan fetch_session_cache::begin(const fetch_request& request, bool by_id, std::int64_t now_ns) {
  std::size_t size = 0;
  std::size_t names_bytes = 0;
  for (auto& topic : request.topics) {
    size += topic.partitions.size();
    names_bytes += topic.partitions.size() * topic.topic.size();
  }
  session_plan plan;
  if (size == 0 || !make_room(size, names_bytes, now_ns))
    return plan;
  auto made = std::make_unique<session>(new_id(), by_id, now_ns);
  made->add(request);
  count(*made);
  by_use_.emplace(now_ns, made->id);
  plan.session_id = made->id;
  plan.partitions = made->partitions();
  sessions_[made->id] = std::move(made);
  return plan;
}

session_plan fetch_session_cache::go_on(const fetch_request& request, bool by_id, std::int64_t now_ns) {
  session_plan plan;
  plan.session_id = request.session_id;
  auto found = sessions_.find(request.session_id);
  if (found == sessions_.end()) {
    plan.code = error_code::fetch_session_id_not_found;
    return plan;
  }
  auto& which = *found->second;
  touch(which, now_ns);
  if (request.session_epoch != which.epoch) {
    plan.code = error_code::invalid_fetch_session_epoch;
    return plan;
  }
  if (by_id != which.by_id) {
    plan.code = error_code::fetch_session_topic_id_error;
    return plan;
  }
  which.epoch = epoch_after(which.epoch);
  discount(which);
  which.forget(request);
  which.add(request);
  count(which);
  if (which.size() == 0) { // nothing is left to be remembered
    end(which.id);
    return {};
  }
  plan.incremental = true;
  plan.partitions = which.partitions();
  if (is_too_much(0, 0, 0)) // it grows beyond the limit: the client begins anew
    end(which.id);
  return plan;
}

/// With so much more.
bool fetch_session_cache::is_too_much(std::size_t sessions, std::size_t partitions, std::size_t names_bytes) const {
  return sessions_.size() + sessions > limits_.sessions_max || partitions_ + partitions > limits_.partitions_max
         || names_bytes_ + names_bytes > limits_.names_max_bytes;
}

void fetch_session_cache::count(const session& which) {
  partitions_ += which.size();
  names_bytes_ += which.names_bytes();
}

void fetch_session_cache::discount(const session& which) {
  partitions_ -= which.size();
  names_bytes_ -= which.names_bytes();
}

// A new session takes the place of one that was not used for long or, among those that had their time, of a smaller one.
bool fetch_session_cache::make_room(std::size_t partitions, std::size_t names_bytes, std::int64_t now_ns) {
  if (limits_.sessions_max == 0 || partitions > limits_.partitions_max || names_bytes > limits_.names_max_bytes)
    return false;
  auto is_tight = [&] { return is_too_much(1, partitions, names_bytes); };
  while (is_tight() && !by_use_.empty() && now_ns - by_use_.begin()->first > limits_.evict_after_ns)
    end(by_use_.begin()->second);
  if (!is_tight())
    return true;
  const session* smallest = nullptr;
  for (auto& [used, id] : by_use_) {
    auto& one = *sessions_.at(id);
    if (now_ns - one.began_ns > limits_.evict_after_ns && (!smallest || one.size() < smallest->size()))
      smallest = &one;
  }
  if (smallest && smallest->size() < partitions)
    end(smallest->id);
  return !is_tight();
}

void fetch_session_cache::end(std::int32_t id) {
  auto found = sessions_.find(id);
  if (found == sessions_.end())
    return;
  discount(*found->second);
  by_use_.erase({found->second->used_ns, id});
  sessions_.erase(found);
}

void fetch_session_cache::touch(session& which, std::int64_t now_ns) {
  by_use_.erase({which.used_ns, which.id});
  which.used_ns = now_ns;
  by_use_.emplace(now_ns, which.id);
}

std::int32_t fetch_session_cache::new_id() {
  for (;;) {
    auto id = static_cast<std::int32_t>(1 + random_.below(std::numeric_limits<std::int32_t>::max() - 1));
    if (!sessions_.contains(id))
      return id;
  }
}

// After an error the partition is told of in any case once the error is over.
void fetch_session_cache::settle(const session_plan& plan, std::span<session_answer> answers) {
  if (plan.session_id == 0)
    return;
  std::lock_guard guard{mutex_};
  auto found = sessions_.find(plan.session_id);
  for (auto& answer : answers) {
    auto& known = *answer.known;
    answer.is_news = !plan.incremental || answer.failed || answer.has_records
                     || answer.high_watermark != known.high_watermark || answer.log_start != known.log_start;
    known.high_watermark = answer.failed ? -1 : answer.high_watermark;
    known.log_start = answer.log_start;
    if (answer.has_records && found != sessions_.end() && !known.forgotten)
      found->second->move_to_end(known);
  }
}

} // namespace troupe::kafka
