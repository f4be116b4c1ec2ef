// Fetches that wait for an offset: the one that waits for the lowest comes first, any of them can be taken
// out, and memory is reused.
#pragma once

#include "runtime/replication/parked_queue.hpp"

#include <cstdint>
#include <vector>

namespace troupe::replication {

/// A place among the waiting fetches; once the fetch has been woken or taken out it names nothing any more.
struct waiter {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0; // 0 is never given out
};

class offset_heap {
public:
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  offset lowest() const { return heap_.front().at; }

  waiter push(offset at, token who);
  /// Takes the lowest out; among equals, whoever came first.
  token pop();
  /// Whether it was still there.
  bool erase(waiter w);

private:
  struct item {
    offset at;
    std::uint64_t order; // of arrival: the same inputs wake in the same order
    token who;
    std::uint32_t slot;
  };
  struct place {
    std::uint32_t position;
    std::uint32_t generation;
    bool used;
  };

  static bool before(const item& a, const item& b) noexcept {
    return a.at != b.at ? a.at < b.at : a.order < b.order;
  }
  void put(std::size_t position, const item& i);
  void sift_up(std::size_t position);
  void sift_down(std::size_t position);
  void remove(std::size_t position);

  std::vector<item> heap_;
  std::vector<place> places_;
  std::vector<std::uint32_t> free_;
  std::uint64_t arrivals_ = 0;
};

} // namespace troupe::replication
