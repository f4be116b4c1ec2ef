#include "runtime/replication/offset_heap.hpp"

namespace troupe::replication {

waiter offset_heap::push(offset at, token who) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.push_back({0, 0, false});
  }
  auto slot = free_.back();
  free_.pop_back();
  auto& p = places_[slot];
  p.used = true;
  p.generation = p.generation + 1 == 0 ? 1 : p.generation + 1;
  heap_.push_back({at, arrivals_++, who, slot});
  p.position = static_cast<std::uint32_t>(heap_.size() - 1);
  sift_up(heap_.size() - 1);
  return {slot, p.generation};
}

token offset_heap::pop() {
  auto who = heap_.front().who;
  remove(0);
  return who;
}

bool offset_heap::erase(waiter w) {
  if (w.slot >= places_.size() || !places_[w.slot].used || places_[w.slot].generation != w.generation)
    return false;
  remove(places_[w.slot].position);
  return true;
}

void offset_heap::put(std::size_t position, const item& i) {
  heap_[position] = i;
  places_[i.slot].position = static_cast<std::uint32_t>(position);
}

void offset_heap::sift_up(std::size_t position) {
  auto moving = heap_[position];
  while (position > 0) {
    auto parent = (position - 1) / 2;
    if (!before(moving, heap_[parent]))
      break;
    put(position, heap_[parent]);
    position = parent;
  }
  put(position, moving);
}

void offset_heap::sift_down(std::size_t position) {
  auto moving = heap_[position];
  for (;;) {
    auto child = 2 * position + 1;
    if (child >= heap_.size())
      break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child]))
      ++child;
    if (!before(heap_[child], moving))
      break;
    put(position, heap_[child]);
    position = child;
  }
  put(position, moving);
}

void offset_heap::remove(std::size_t position) {
  auto slot = heap_[position].slot;
  places_[slot].used = false;
  free_.push_back(slot);
  auto last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size())
    return;
  put(position, last);
  sift_up(position);
  sift_down(places_[last.slot].position);
}

} // namespace troupe::replication
