// A bounded cache of file chunks. What a sequential reader has passed goes first, so that one that reads a whole
// topic does not push out what others come back to. Pure.
#pragma once

#include "runtime/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

namespace troupe::storage {

class chunk_cache {
public:
  struct key {
    std::uint64_t file = 0;   ///< numbers of open files; never used again
    std::uint64_t number = 0; ///< of the chunk in the file
    friend bool operator==(const key&, const key&) = default;
  };

  explicit chunk_cache(std::size_t capacity_bytes) : capacity_(capacity_bytes) {}

  /// A chunk that is in memory; it counts as used now.
  std::optional<bytes> find(const key& which);
  /// Keeps a chunk, instead of the one with the same key; others go if there is no room.
  void put(const key& which, bytes data);
  /// The chunk was read to its end: it is the next to go.
  void passed(const key& which);
  void erase(const key& which);
  /// Everything of a file.
  void erase_file(std::uint64_t file);

  std::size_t size_bytes() const noexcept { return size_; }

private:
  struct entry {
    key which;
    bytes data;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept { return k.file * 0x9e3779b97f4a7c15ull + k.number; }
  };
  using entries = std::list<entry>;

  void erase(entries::iterator it);

  std::size_t capacity_;
  std::size_t size_ = 0;
  entries entries_; // most recently used first
  std::unordered_map<key, entries::iterator, key_hash> by_key_;
};

} // namespace troupe::storage
