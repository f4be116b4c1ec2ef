#include "runtime/metrics/connection_table.hpp"

#include <utility>

namespace troupe::metrics {

namespace {

constexpr std::size_t client_name_max_bytes = 100;

} // namespace

connection_table::entry::~entry() {
  if (table_)
    table_->remove(number_);
}

void connection_table::entry::client(std::string_view name) {
  if (!table_)
    return;
  std::lock_guard lock{table_->mutex_};
  if (auto row = table_->rows_.find(number_); row != table_->rows_.end())
    row->second.client = name.substr(0, client_name_max_bytes);
}

connection_table::entry connection_table::add(const std::shared_ptr<connection_table>& to, std::string peer,
                                              timestamp_ms now) {
  entry added;
  added.table_ = to;
  std::lock_guard lock{to->mutex_};
  added.number_ = ++to->last_number_;
  to->rows_.emplace(added.number_, row{std::move(peer), {}, now, added.counters_});
  return added;
}

void connection_table::remove(std::uint64_t number) {
  std::lock_guard lock{mutex_};
  rows_.erase(number);
}

std::vector<connection_facts> connection_table::list(std::size_t limit, std::uint64_t after) const {
  std::lock_guard lock{mutex_};
  std::vector<connection_facts> all;
  for (auto at = rows_.upper_bound(after); at != rows_.end() && all.size() < limit; ++at) {
    auto& [number, row] = *at;
    auto& counters = *row.counters;
    all.push_back({number, row.peer, row.client, row.since, counters.requests.value(), counters.received_bytes.value(),
                   counters.sent_bytes.value(), counters.waiting_requests.value(), counters.unsent_bytes.value()});
  }
  return all;
}

std::size_t connection_table::size() const {
  std::lock_guard lock{mutex_};
  return rows_.size();
}

} // namespace troupe::metrics
