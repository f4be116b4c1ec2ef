// The connections of a node's clients, where those who watch can read them without asking each one.
#pragma once

#include "runtime/base/types.hpp"
#include "runtime/metrics/instruments.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::metrics {

/// One connection. Its actor counts; the text is behind the table's lock.
struct connection_counters {
  gauge requests; ///< so far
  counter received_bytes;
  counter sent_bytes;
  gauge waiting_requests;
  gauge unsent_bytes;
};

struct connection_facts {
  std::uint64_t number = 0; ///< counts the connections of this process
  std::string peer;         ///< "127.0.0.1:40312"
  std::string client;       ///< what the client calls itself; empty before its first request
  timestamp_ms since = no_timestamp;
  std::int64_t requests = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::int64_t waiting_requests = 0;
  std::int64_t unsent_bytes = 0;
};

/// Safe from any thread. Its lock is taken when a connection comes, says its name or goes, and to look.
class connection_table {
public:
  /// An entry that removes itself when it goes.
  class entry {
  public:
    entry() = default;
    entry(entry&&) noexcept = default;
    entry& operator=(entry&& other) noexcept {
      std::swap(table_, other.table_);
      std::swap(counters_, other.counters_);
      std::swap(number_, other.number_);
      return *this;
    }
    ~entry();

    connection_counters* operator->() noexcept { return counters_.get(); }
    /// The name that the client gives itself; cut to 100 bytes.
    void client(std::string_view name);

  private:
    friend class connection_table;
    std::shared_ptr<connection_table> table_;
    std::shared_ptr<connection_counters> counters_ = std::make_shared<connection_counters>();
    std::uint64_t number_ = 0;
  };

  static entry add(const std::shared_ptr<connection_table>& to, std::string peer, timestamp_ms now);

  /// Those with a number above `after`, in order, `limit` at the most.
  std::vector<connection_facts> list(std::size_t limit, std::uint64_t after = 0) const;
  std::size_t size() const;

private:
  struct row {
    std::string peer;
    std::string client;
    timestamp_ms since;
    std::shared_ptr<connection_counters> counters;
  };

  void remove(std::uint64_t number);

  mutable std::mutex mutex_;
  std::map<std::uint64_t, row> rows_;
  std::uint64_t last_number_ = 0;
};

} // namespace troupe::metrics
