#include "actors/interface/supervision_log.hpp"

#include <algorithm>
#include <tuple>

namespace troupe {

namespace {

/// "partition orders-3" is one of many partitions.
std::string kind_of(std::string_view actor) { return std::string{actor.substr(0, actor.find(' '))}; }

} // namespace

std::string_view name(supervision_change change) noexcept {
  switch (change) {
  case supervision_change::started:
    return "started";
  case supervision_change::ended:
    return "ended";
  case supervision_change::restarted:
    return "restarted";
  }
  return {};
}

supervision_log::supervision_log(const clock_port& clock, std::size_t events_max)
    : clock_(clock), events_max_(events_max) {}

void supervision_log::started(std::string_view supervisor, std::string_view actor) {
  std::lock_guard lock{mutex_};
  set(supervision_change::started, supervisor, actor);
}

void supervision_log::ended(std::string_view supervisor, std::string_view actor, std::string_view why,
                            std::int64_t delay_ms) {
  std::lock_guard lock{mutex_};
  auto& entry = set(supervision_change::ended, supervisor, actor);
  entry.why = why;
  add_event(entry, why, delay_ms);
}

void supervision_log::restarted(std::string_view supervisor, std::string_view actor) {
  std::lock_guard lock{mutex_};
  auto& entry = set(supervision_change::restarted, supervisor, actor);
  ++entry.restarts;
  ++restarts_;
  ++restarts_by_kind_[{std::string{supervisor}, kind_of(actor)}];
  add_event(entry, {}, -1);
}

void supervision_log::stopped(std::string_view supervisor, std::string_view actor) {
  std::lock_guard lock{mutex_};
  actors_.erase(key{std::string{supervisor}, std::string{actor}});
}

supervised_actor& supervision_log::set(supervision_change state, std::string_view supervisor, std::string_view actor) {
  auto& entry = actors_[key{std::string{supervisor}, std::string{actor}}];
  entry.supervisor = supervisor;
  entry.actor = actor;
  entry.state = state;
  entry.since = clock_.wall();
  return entry;
}

void supervision_log::add_event(const supervised_actor& from, std::string_view why, std::int64_t delay_ms) {
  if (events_.size() == events_max_)
    events_.pop_front();
  events_.push_back({++last_number_, from.since, from.state, from.supervisor, from.actor, std::string{why}, delay_ms});
}

std::vector<supervision_event> supervision_log::events(std::size_t limit, std::uint64_t after) const {
  std::lock_guard lock{mutex_};
  auto first = std::find_if(events_.begin(), events_.end(), [&](auto& event) { return event.number > after; });
  auto wanted = std::min(limit, static_cast<std::size_t>(events_.end() - first));
  return {events_.end() - static_cast<std::ptrdiff_t>(wanted), events_.end()};
}

std::vector<supervised_actor> supervision_log::actors(std::size_t limit) const {
  std::lock_guard lock{mutex_};
  std::vector<supervised_actor> all;
  all.reserve(std::min(limit, actors_.size()));
  auto has_failed = [](const supervised_actor& one) { return !one.why.empty() || one.restarts > 0; };
  auto take = [&](bool failed) {
    for (auto& [name, one] : actors_)
      if (all.size() < limit && has_failed(one) == failed)
        all.push_back(one);
  };
  take(true);
  take(false);
  std::sort(all.begin(), all.end(), [](auto& a, auto& b) {
    return std::tie(a.supervisor, a.actor) < std::tie(b.supervisor, b.actor);
  });
  return all;
}

supervision_log::totals supervision_log::count() const {
  std::lock_guard lock{mutex_};
  totals sum{actors_.size(), 0, restarts_};
  for (auto& [name, one] : actors_)
    sum.waiting += one.state == supervision_change::ended;
  return sum;
}

std::map<std::pair<std::string, std::string>, std::uint64_t> supervision_log::restarts_by_kind() const {
  std::lock_guard lock{mutex_};
  return restarts_by_kind_;
}

} // namespace troupe
