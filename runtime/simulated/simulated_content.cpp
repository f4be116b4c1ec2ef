#include "runtime/simulated/simulated_content.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>
#include <cstring>

namespace troupe::test {

simulated_content::page& simulated_content::page_at(std::size_t i) {
  if (i >= pages_.size())
    pages_.resize(i + 1);
  if (!pages_[i])
    pages_[i] = std::make_unique<page>();
  return *pages_[i];
}

void simulated_content::mark_dirty(page& p, std::size_t i, std::size_t first_sector, std::size_t last_sector) {
  if (p.dirty == 0)
    p.durable = std::make_unique<std::array<char, page_size>>(p.now);
  for (auto s = first_sector; s <= last_sector; ++s)
    p.dirty |= 1u << s;
  dirty_pages_.insert(i);
}

void simulated_content::grow(std::uint64_t size) {
  CHECK(size >= size_);
  size_ = size;
}

void simulated_content::shrink(std::uint64_t size) {
  CHECK(size <= size_);
  for (auto at = size; at < size_;) {
    auto i = static_cast<std::size_t>(at / page_size);
    auto in_page = static_cast<std::size_t>(at % page_size);
    if (i < pages_.size() && pages_[i]) {
      mark_dirty(*pages_[i], i, in_page / sector_size_bytes, sectors_per_page - 1);
      std::fill(pages_[i]->now.begin() + static_cast<std::ptrdiff_t>(in_page), pages_[i]->now.end(), '\0');
    }
    at += page_size - in_page;
  }
  size_ = size;
}

void simulated_content::put(std::uint64_t position, std::string_view data, bool settled) {
  CHECK(position + data.size() <= size_);
  while (!data.empty()) {
    auto i = static_cast<std::size_t>(position / page_size);
    auto in_page = static_cast<std::size_t>(position % page_size);
    auto n = std::min(data.size(), page_size - in_page);
    auto first = in_page / sector_size_bytes;
    auto last = (in_page + n - 1) / sector_size_bytes;
    auto& p = page_at(i);
    if (!settled || p.dirty != 0)
      mark_dirty(p, i, first, last);
    for (auto s = first; s <= last; ++s)
      p.unreadable &= ~(1u << s);
    std::memcpy(p.now.data() + in_page, data.data(), n);
    data.remove_prefix(n);
    position += n;
  }
}

std::optional<std::uint64_t> simulated_content::get(std::uint64_t position, char* to, std::size_t size) const {
  CHECK(position + size <= size_);
  while (size > 0) {
    auto i = static_cast<std::size_t>(position / page_size);
    auto in_page = static_cast<std::size_t>(position % page_size);
    auto n = std::min(size, page_size - in_page);
    auto* from = i < pages_.size() ? pages_[i].get() : nullptr;
    if (from && from->unreadable != 0)
      for (auto s = in_page / sector_size_bytes; s <= (in_page + n - 1) / sector_size_bytes; ++s)
        if (from->unreadable & (1u << s))
          return i * page_size + s * sector_size_bytes;
    if (from)
      std::memcpy(to, from->now.data() + in_page, n);
    else
      std::memset(to, 0, n);
    to += n;
    size -= n;
    position += n;
  }
  return std::nullopt;
}

std::string simulated_content::copy() const {
  std::string all(static_cast<std::size_t>(size_), '\0');
  for (std::size_t i = 0; i < pages_.size() && i * page_size < all.size(); ++i)
    if (pages_[i])
      std::memcpy(all.data() + i * page_size, pages_[i]->now.data(), std::min(page_size, all.size() - i * page_size));
  return all;
}

std::string simulated_content::durable_copy() const {
  std::string all(static_cast<std::size_t>(durable_size_), '\0');
  for (std::size_t i = 0; i < pages_.size() && i * page_size < all.size(); ++i)
    if (auto* p = pages_[i].get())
      std::memcpy(all.data() + i * page_size, p->durable ? p->durable->data() : p->now.data(),
                  std::min(page_size, all.size() - i * page_size));
  return all;
}

void simulated_content::settle(std::uint64_t from, std::uint64_t to) {
  // A size that went down before goes to the disk with whatever comes next, and what was cut off with it.
  auto shrunk = durable_size_ > size_;
  auto everything = to >= size_ && from == 0;
  auto at = shrunk || everything ? dirty_pages_.begin()
                                 : dirty_pages_.lower_bound(static_cast<std::size_t>(from / page_size));
  while (at != dirty_pages_.end()) {
    auto begin = static_cast<std::uint64_t>(*at) * page_size;
    if (begin >= to && !shrunk)
      break;
    auto& p = *pages_[*at];
    for (std::size_t s = 0; s < sectors_per_page; ++s) {
      auto sector = begin + s * sector_size_bytes;
      auto inside = (sector < to && sector + sector_size_bytes > from) || sector >= size_;
      if (!inside || (p.dirty & (1u << s)) == 0)
        continue;
      std::memcpy(p.durable->data() + s * sector_size_bytes, p.now.data() + s * sector_size_bytes, sector_size_bytes);
      p.dirty &= ~(1u << s);
    }
    if (p.dirty == 0)
      p.durable.reset();
    at = p.dirty == 0 ? dirty_pages_.erase(at) : std::next(at);
  }
  durable_size_ = shrunk || everything ? size_ : std::max(durable_size_, std::min(to, size_));
}

void simulated_content::lose_unsettled() {
  for (auto i : dirty_pages_) {
    auto& p = *pages_[i];
    p.now = *p.durable;
    p.durable.reset();
    p.dirty = 0;
  }
  dirty_pages_.clear();
}

/// `kept`: the bytes at the front of the sector that reached the disk.
void simulated_content::cut_sector(page& p, std::size_t sector, std::size_t kept) {
  auto at = sector * sector_size_bytes + kept;
  std::memcpy(p.now.data() + at, p.durable->data() + at, sector_size_bytes - kept);
}

void simulated_content::cut(random_source& random) {
  enum : std::uint64_t { nothing_kept, all_kept }; // and two that decide sector by sector
  auto mode = random.below(4);
  auto size = size_;
  if (size_ != durable_size_ && mode != all_kept) {
    auto low = std::min(size_, durable_size_);
    auto gap = std::max(size_, durable_size_) - low;
    size = mode == nothing_kept ? durable_size_ : low + random.below(gap + 1);
  }
  for (auto i : dirty_pages_) {
    auto& p = *pages_[i];
    for (std::size_t s = 0; s < sectors_per_page; ++s) {
      if ((p.dirty & (1u << s)) == 0)
        continue;
      // Where a truncation is undone, the old content is back.
      auto undone = size > size_ && i * page_size + s * sector_size_bytes >= size_;
      auto kept = mode == all_kept ? sector_size_bytes : mode == nothing_kept || undone ? 0 : random.below(2) * sector_size_bytes;
      if (mode > all_kept && !undone && random.one_in(10))
        kept = random.below(sector_size_bytes);
      cut_sector(p, s, kept);
    }
    p.durable.reset();
    p.dirty = 0;
  }
  dirty_pages_.clear();
  if (size < size_)
    shrink(size);
  size_ = size;
  settle_all();
}

void simulated_content::flip_bit(std::uint64_t position, unsigned bit) {
  CHECK(position < size_, "a bit is flipped inside of a file");
  auto& p = page_at(static_cast<std::size_t>(position / page_size));
  auto mask = static_cast<char>(1u << (bit % 8));
  p.now[position % page_size] ^= mask;
  if (p.durable)
    (*p.durable)[position % page_size] ^= mask;
}

void simulated_content::make_unreadable(std::uint64_t position, std::uint64_t size) {
  CHECK(size > 0 && position + size <= size_, "the sectors lie inside of the file");
  for (auto at = position / sector_size_bytes * sector_size_bytes; at < position + size; at += sector_size_bytes)
    page_at(static_cast<std::size_t>(at / page_size)).unreadable |= 1u << (at % page_size / sector_size_bytes);
}

} // namespace troupe::test
