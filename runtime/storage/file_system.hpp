// The file-system port. Everything that Troupe keeps goes through it, so that tests run on a double that loses
// unsynced writes, tears sectors, flips bits, fills up and fails.
#pragma once

#include "runtime/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::storage {

/// How a file is opened.
struct open_options {
  bool create = false;    ///< make it if it is not there; otherwise a missing file is errc::not_found
  bool write = false;
  bool direct = false;    ///< bypass the page cache where the file system can (O_DIRECT); see file::is_direct
  bool data_sync = false; ///< every write returns only once it is durable (O_DSYNC)
};

/// An open file. With direct I/O, positions, sizes and addresses are multiples of limits::block_size_bytes.
/// Not thread-safe, except that `read_at` may run beside anything.
class file {
public:
  virtual ~file() = default;

  /// Writes all of it, or fails: after a failure the range's content is not known. errc::no_space, errc::io_error.
  virtual result<void> write_at(std::uint64_t position, std::string_view data) = 0;
  /// Reads up to `size` bytes: fewer only at the end of the file.
  virtual result<std::size_t> read_at(std::uint64_t position, char* to, std::size_t size) const = 0;
  /// Makes written data, and the size, durable. After an error what was written counts as lost (fsyncgate).
  virtual result<void> sync() = 0;
  /// Reserves blocks for [0, size) and makes the file that large; the content of the new part reads as zeros.
  virtual result<void> allocate(std::uint64_t size) = 0;
  virtual result<void> truncate(std::uint64_t size) = 0;
  virtual result<std::uint64_t> size() const = 0;
  /// Whether direct I/O was asked for and the file system has it.
  virtual bool is_direct() const noexcept = 0;
  virtual const std::string& path() const noexcept = 0;
};

/// Holds a lock on a file until destroyed.
class file_lock {
public:
  virtual ~file_lock() = default;
};

class file_system {
public:
  virtual ~file_system() = default;

  virtual result<std::unique_ptr<file>> open(const std::string& path, open_options options) = 0;
  /// Makes the directory and those above it, each durable in its parent; no error if it is there.
  virtual result<void> make_directories(const std::string& path) = 0;
  /// Makes one directory, durable once the one above it is synced; no error if it is there.
  virtual result<void> make_directory(const std::string& path) = 0;
  /// The names in a directory (no "." and ".."), sorted.
  virtual result<std::vector<std::string>> list(const std::string& path) const = 0;
  virtual result<bool> exists(const std::string& path) const = 0;
  virtual result<void> remove(const std::string& path) = 0;
  /// Removes a directory with all that is below it; no error if it is not there.
  virtual result<void> remove_all(const std::string& path) = 0;
  /// Atomic; durable once the directory is synced.
  virtual result<void> rename(const std::string& from, const std::string& to) = 0;
  /// Makes creations, renames and removals in a directory durable.
  virtual result<void> sync_directory(const std::string& path) = 0;
  /// Makes everything durable that was written so far to the file system that holds `path`: content, sizes, names. For
  /// many files at once, where a sync of each would flush the device each time. Only for files with direct I/O: of
  /// others, writing may have failed in the background and been reported elsewhere.
  virtual result<void> sync_all(const std::string& path) = 0;
  /// Excludes other processes (and other holders in this one): errc::in_use if somebody has it.
  virtual result<std::unique_ptr<file_lock>> lock(const std::string& path) = 0;
  virtual result<std::uint64_t> free_bytes(const std::string& path) const = 0;
};

/// The machine's file system. Lives as long as the process.
file_system& posix_file_system();

/// Replaces a small file as a whole, durably: writes beside it, syncs, renames, syncs the directory.
result<void> write_file_atomically(file_system& fs, const std::string& path, std::string_view content);
/// A whole small file. errc::not_found; errc::too_large beyond `max_bytes`.
result<std::string> read_file(file_system& fs, const std::string& path, std::size_t max_bytes);

} // namespace troupe::storage
