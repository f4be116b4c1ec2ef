// A disk in memory that behaves as badly as a disk may: it forgets what was not synced, tears sectors, undoes renames,
// fails, fills up and rots. Deterministic: the same calls with the same seed give the same results and the same trace.
//
// What is durable: the content and size of a file at its last sync(), or a write with data_sync once it has returned;
// a directory's entries at its last sync_directory(). All else is decided by power_cut(), sector by sector.
#pragma once

#include "runtime/base/random.hpp"
#include "runtime/storage/file_system.hpp"
#include "runtime/simulated/simulated_content.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::test {

class simulated_file_system final : public storage::file_system {
public:
  static constexpr std::size_t sector_size_bytes = simulated_content::sector_size_bytes;

  explicit simulated_file_system(std::uint64_t seed = 1);
  ~simulated_file_system() override;

  // --- the port ---
  result<std::unique_ptr<storage::file>> open(const std::string& path, storage::open_options options) override;
  result<void> make_directories(const std::string& path) override;
  result<void> make_directory(const std::string& path) override;
  result<std::vector<std::string>> list(const std::string& path) const override;
  result<bool> exists(const std::string& path) const override;
  result<void> remove(const std::string& path) override;
  result<void> remove_all(const std::string& path) override;
  result<void> rename(const std::string& from, const std::string& to) override;
  result<void> sync_directory(const std::string& path) override;
  result<void> sync_all(const std::string& path) override;
  result<std::unique_ptr<storage::file_lock>> lock(const std::string& path) override;
  result<std::uint64_t> free_bytes(const std::string& path) const override;

  // --- the machine ---
  /// The power goes: each unsynced sector is kept, lost or torn, and each unsynced change of a directory kept or undone.
  /// Everything fails until restart().
  void power_cut(random_source& random);
  /// The machine (after a cut), or only the process (otherwise: nothing is lost), starts again. Open files and locks of
  /// before are dead: their operations fail.
  void restart();
  /// The machine stops in the middle of the operation after the next `n`: that one and all later ones fail. A write may
  /// have reached the disk partly; call power_cut() or restart() then.
  void crash_after(std::uint64_t n) { crash_at_ = operations_ + n; }
  bool is_off() const noexcept { return off_; }

  // --- faults ---
  /// The operation after the next `n` fails with this code: a write may have been done partly, a sync loses what it was
  /// to make durable, all others do nothing. Reads count, too.
  void fail_after(std::uint64_t n, errc code) { failures_[operations_ + n] = code; }
  /// Every operation of a kind ("write", "sync", "read", "open" ...) on paths that contain `part` fails, until cleared.
  void fail_always(std::string kind, std::string part, errc code);
  void clear_failures();
  /// ENOSPC beyond so many bytes of file content.
  void set_capacity(std::uint64_t size_bytes) { capacity_ = size_bytes; }
  std::uint64_t used_bytes() const noexcept { return used_; }
  /// Whether open_options::direct is granted.
  void set_direct(bool available) { direct_ = available; }
  /// Changes a bit on the medium. The byte must be in the file.
  void flip_bit(const std::string& path, std::uint64_t position, unsigned bit);
  /// The sectors that touch [position, position + size) cannot be read until they are written again.
  void make_unreadable(const std::string& path, std::uint64_t position, std::uint64_t size);
  /// Takes a file away, or puts content in its place, as if it had always been so; costs no operation.
  void lose_file(const std::string& path);
  void plant_file(const std::string& path, std::string_view content);

  // --- looking ---
  std::uint64_t operations() const noexcept { return operations_; }
  /// A hash over every operation with its arguments and outcome.
  std::uint64_t trace() const noexcept { return trace_; }
  /// What a reader sees now; costs no operation.
  std::optional<std::string> content(const std::string& path) const;
  /// A disk of its own with what is durable on this one now, names included: the least that a power cut leaves.
  std::unique_ptr<simulated_file_system> durable_copy() const;
  /// Called with what a write with data_sync has just made durable.
  std::function<void(const std::string& path, std::string_view data)> on_durable_write;
  /// Called before each operation with its kind and path.
  std::function<void(std::string_view kind, const std::string& path)> on_operation;

private:
  struct node;
  struct change;
  class open_file;
  class held_lock;
  using node_ptr = std::shared_ptr<node>;
  enum class outcome { normal, crash, failure };
  struct verdict {
    outcome what = outcome::normal;
    errc code = errc::none;
  };

  verdict begin(std::string_view kind, const std::string& path, std::uint64_t a = 0, std::uint64_t b = 0) const;
  tl::unexpected<error> failed(const verdict& why, std::string_view kind, const std::string& path) const;
  void note(std::uint64_t value) const noexcept { trace_ = (trace_ ^ value) * 0x100000001b3ull; }

  node_ptr find(const std::string& path) const;
  std::pair<node_ptr, std::string> parent_and_name(const std::string& path) const;
  void apply(change made);
  static void make_durable(const change& made);
  std::uint64_t room() const noexcept { return capacity_ > used_ ? capacity_ - used_ : 0; }
  result<void> charge(node& target, std::uint64_t size, const std::string& path);
  void put_partly(node& target, std::uint64_t position, std::string_view data);
  static void settle_tree(node& at);
  static node_ptr copy_durable(const node& at);
  void cut_tree(const node_ptr& at, random_source& random);
  std::uint64_t sum_sizes(const node& at) const;

  node_ptr root_;
  std::list<change> unsynced_;
  std::map<std::string, std::weak_ptr<int>> locks_;
  mutable std::map<std::uint64_t, errc> failures_;
  struct standing_failure {
    std::string kind;
    std::string part;
    errc code;
  };
  std::vector<standing_failure> standing_;
  random_source random_;
  std::uint64_t capacity_ = ~std::uint64_t{0};
  std::uint64_t used_ = 0;
  std::uint64_t generation_ = 1;
  std::optional<std::uint64_t> crash_at_;
  mutable std::uint64_t operations_ = 0;
  mutable std::uint64_t trace_ = 0xcbf29ce484222325ull;
  mutable bool off_ = false;
  bool direct_ = true;
};

} // namespace troupe::test
