// The bytes of one file of the simulated disk: what a reader sees, and what would be left if the power went now.
#pragma once

#include "runtime/base/random.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::test {

class simulated_content {
public:
  static constexpr std::size_t sector_size_bytes = 512;

  std::uint64_t size() const noexcept { return size_; }
  /// To a larger size; what is new reads as zeros.
  void grow(std::uint64_t size);
  /// To a smaller size; what is cut off reads as zeros if the file grows again.
  void shrink(std::uint64_t size);

  /// Within the size. `settled`: settle() follows for the same range, so that no second copy is kept.
  void put(std::uint64_t position, std::string_view data, bool settled = false);
  /// Within the size. The position of a sector that cannot be read, if there is one.
  std::optional<std::uint64_t> get(std::uint64_t position, char* to, std::size_t size) const;
  /// All of it, whether it can be read or not.
  std::string copy() const;
  /// What would be there if the power went now and nothing that is not durable were kept.
  std::string durable_copy() const;

  /// What was written in [from, to), and the size that it needs, is durable now.
  void settle(std::uint64_t from, std::uint64_t to);
  void settle_all() { settle(0, ~std::uint64_t{0}); }
  /// A failed sync: the system forgets what was not durable, and that it was not.
  void lose_unsettled();
  /// The power goes: each sector that is not durable is kept, lost or torn.
  void cut(random_source& random);

  void flip_bit(std::uint64_t position, unsigned bit);
  void make_unreadable(std::uint64_t position, std::uint64_t size);

private:
  static constexpr std::size_t page_size = 4096;
  static constexpr std::size_t sectors_per_page = page_size / sector_size_bytes;

  struct page {
    std::array<char, page_size> now{};
    std::unique_ptr<std::array<char, page_size>> durable; ///< only while a sector is dirty
    unsigned dirty = 0;                                   ///< a bit for each sector
    unsigned unreadable = 0;
  };

  page& page_at(std::size_t i);
  void mark_dirty(page& p, std::size_t i, std::size_t first_sector, std::size_t last_sector);
  static void cut_sector(page& p, std::size_t sector, std::size_t kept);

  std::vector<std::unique_ptr<page>> pages_; ///< null: zeros
  std::set<std::size_t> dirty_pages_;
  std::uint64_t size_ = 0;
  std::uint64_t durable_size_ = 0;
};

} // namespace troupe::test
