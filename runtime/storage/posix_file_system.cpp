// The machine's file system. Every error says which operation failed, on which path, where, and why.
#include "runtime/storage/posix_file_system.hpp"

#include "runtime/base/check.hpp"
#include "runtime/storage/aligned_buffer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace troupe::storage {

namespace {

/// The C library's strerror is not for threads.
std::string reason(int number) {
  char text[256] = "unknown error";
  return strerror_r(number, text, sizeof text);
}

tl::unexpected<error> failure(int number, std::string_view operation, const std::string& path,
                              std::optional<std::uint64_t> position = {}) {
  std::string detail{operation};
  detail += " " + path;
  if (position)
    detail += " at " + std::to_string(*position);
  return fail(posix_error_code(number), detail + ": " + reason(number));
}

/// Repeats a system call that a signal interrupted.
template <class Call>
auto uninterrupted(Call call) {
  auto n = call();
  while (n < 0 && errno == EINTR)
    n = call();
  return n;
}

class descriptor {
public:
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  int get() const noexcept { return number_; }

private:
  int number_;
};

class posix_file final : public file {
public:
  posix_file(int number, std::string path, bool direct) : fd_(number), path_(std::move(path)), direct_(direct) {}

  result<void> write_at(std::uint64_t position, std::string_view data) override {
    check_alignment(position, data.data(), data.size());
    while (!data.empty()) {
      auto n = uninterrupted([&] { return ::pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(position)); });
      if (n < 0)
        return failure(errno, "write", path_, position);
      if (n == 0)
        return failure(EIO, "write", path_, position);
      data.remove_prefix(static_cast<std::size_t>(n));
      position += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  result<std::size_t> read_at(std::uint64_t position, char* to, std::size_t size) const override {
    check_alignment(position, to, size);
    std::size_t got = 0;
    while (got < size) {
      auto at = position + got;
      auto n = uninterrupted([&] { return ::pread(fd_.get(), to + got, size - got, static_cast<off_t>(at)); });
      if (n < 0)
        return failure(errno, "read", path_, at);
      got += static_cast<std::size_t>(n);
      // A direct read that stops within a block has met the end of the file.
      if (n == 0 || (direct_ && !is_whole_blocks(got)))
        break;
    }
    return got;
  }

  result<void> sync() override {
    if (uninterrupted([&] { return ::fdatasync(fd_.get()); }) != 0)
      return failure(errno, "sync", path_);
    return {};
  }

  result<void> allocate(std::uint64_t size) override {
    auto number = EINTR;
    while (number == EINTR)
      number = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(size));
    // Some file systems cannot reserve blocks; the size alone is set then, and a full disk shows when it is written.
    if (number == EINVAL || number == EOPNOTSUPP)
      return grow(size);
    if (number != 0)
      return failure(number, "allocate", path_, size);
    return {};
  }

  result<void> truncate(std::uint64_t size) override {
    if (uninterrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0)
      return failure(errno, "truncate", path_, size);
    return {};
  }

  result<std::uint64_t> size() const override {
    struct stat info;
    if (::fstat(fd_.get(), &info) != 0)
      return failure(errno, "stat", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }

  bool is_direct() const noexcept override { return direct_; }
  const std::string& path() const noexcept override { return path_; }

private:
  result<void> grow(std::uint64_t to) {
    auto now = size();
    if (!now)
      return fail(std::move(now));
    return *now < to ? truncate(to) : result<void>{};
  }

  void check_alignment(std::uint64_t position, const char* at, std::size_t size) const {
    if (direct_)
      CHECK(is_whole_blocks(position) && is_whole_blocks(size)
              && is_whole_blocks(reinterpret_cast<std::uintptr_t>(at)),
            "direct I/O is in whole blocks");
  }

  descriptor fd_;
  std::string path_;
  bool direct_;
};

class posix_lock final : public file_lock {
public:
  explicit posix_lock(int number) : fd_(number) {}

private:
  descriptor fd_;
};

std::string parent_of(const std::string& path) {
  auto end = path.find_last_not_of('/');
  auto slash = end == std::string::npos ? end : path.rfind('/', end);
  if (slash == std::string::npos)
    return end == std::string::npos ? "/" : ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class posix final : public file_system {
public:
  result<std::unique_ptr<file>> open(const std::string& path, open_options options) override {
    auto flags = O_CLOEXEC | (options.write ? O_RDWR : O_RDONLY) | (options.create ? O_CREAT : 0)
                 | (options.data_sync ? O_DSYNC : 0);
    auto direct = options.direct;
    auto number = open_file(path, flags | (direct ? O_DIRECT : 0));
    if (number < 0 && errno == EINVAL && direct) {
      direct = false;
      number = open_file(path, flags);
    }
    if (number < 0)
      return failure(errno, options.create ? "create" : "open", path);
    struct stat info;
    if (::fstat(number, &info) == 0 && S_ISDIR(info.st_mode)) {
      ::close(number);
      return failure(EISDIR, "open", path);
    }
    return std::make_unique<posix_file>(number, path, direct);
  }

  result<void> make_directories(const std::string& path) override {
    if (path.empty() || path == "/" || path == ".")
      return {};
    auto parent = parent_of(path);
    if (::mkdir(path.c_str(), 0777) != 0) {
      auto number = errno;
      if (number == ENOENT) {
        if (auto above = make_directories(parent); !above)
          return above;
        if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST)
          return failure(errno, "make directory", path);
        return sync_directory(parent);
      }
      if (number != EEXIST)
        return failure(number, "make directory", path);
      if (!is_directory(path))
        return failure(ENOTDIR, "make directory", path);
    }
    // Those that are there may have been made just before a crash, and not be durable yet. Above what is ours there may be
    // directories that we must not read.
    auto synced = sync_directory(parent);
    if (!synced && synced.error() != errc::permission_denied)
      return synced;
    return parent.size() < path.size() && synced ? make_directories(parent) : result<void>{};
  }

  result<void> make_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0777) == 0 || (errno == EEXIST && is_directory(path)))
      return {};
    return failure(errno, "make directory", path);
  }

  result<std::vector<std::string>> list(const std::string& path) const override {
    auto* directory = ::opendir(path.c_str());
    if (!directory)
      return failure(errno, "list", path);
    std::vector<std::string> names;
    errno = 0;
    while (auto* entry = ::readdir(directory)) {
      std::string_view name = entry->d_name;
      if (name != "." && name != "..")
        names.emplace_back(name);
      errno = 0;
    }
    auto number = errno;
    ::closedir(directory);
    if (number != 0)
      return failure(number, "list", path);
    std::sort(names.begin(), names.end());
    return names;
  }

  result<bool> exists(const std::string& path) const override {
    struct stat info;
    if (::stat(path.c_str(), &info) == 0)
      return true;
    if (errno == ENOENT || errno == ENOTDIR)
      return false;
    return failure(errno, "stat", path);
  }

  result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0)
      return failure(errno, "remove", path);
    return {};
  }

  result<void> remove_all(const std::string& path) override {
    struct stat info;
    if (::lstat(path.c_str(), &info) != 0)
      return errno == ENOENT ? result<void>{} : failure(errno, "remove", path);
    if (!S_ISDIR(info.st_mode))
      return remove(path);
    auto names = list(path);
    if (!names)
      return fail(std::move(names));
    for (auto& name : *names)
      if (auto removed = remove_all(path + "/" + name); !removed)
        return removed;
    if (::rmdir(path.c_str()) != 0)
      return failure(errno, "remove directory", path);
    return {};
  }

  result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0)
      return failure(errno, "rename", from + " to " + to);
    return {};
  }

  result<void> sync_directory(const std::string& path) override {
    descriptor fd{open_file(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (fd.get() < 0)
      return failure(errno, "open directory", path);
    // Some file systems (FUSE, network) cannot sync a directory and say so by EINVAL: there is nothing to do there.
    if (uninterrupted([&] { return ::fsync(fd.get()); }) != 0 && errno != EINVAL)
      return failure(errno, "sync directory", path);
    return {};
  }

  result<void> sync_all(const std::string& path) override {
    descriptor fd{open_file(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (fd.get() < 0)
      return failure(errno, "open directory", path);
    if (::syncfs(fd.get()) != 0)
      return failure(errno, "sync the file system of", path);
    return {};
  }

  result<std::unique_ptr<file_lock>> lock(const std::string& path) override {
    auto number = open_file(path, O_RDWR | O_CREAT | O_CLOEXEC);
    if (number < 0)
      return failure(errno, "open lock", path);
    auto held = std::make_unique<posix_lock>(number);
    if (uninterrupted([&] { return ::flock(number, LOCK_EX | LOCK_NB); }) != 0)
      return errno == EWOULDBLOCK ? fail(errc::in_use, path + " is locked") : failure(errno, "lock", path);
    return held;
  }

  result<std::uint64_t> free_bytes(const std::string& path) const override {
    struct statvfs info;
    if (uninterrupted([&] { return ::statvfs(path.c_str(), &info); }) != 0)
      return failure(errno, "ask for the free space of", path);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }

private:
  static int open_file(const std::string& path, int flags) {
    return uninterrupted([&] { return ::open(path.c_str(), flags, 0666); });
  }

  static bool is_directory(const std::string& path) {
    struct stat info;
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  }
};

} // namespace

errc posix_error_code(int number) noexcept {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return errc::no_space;
    case ENOENT:
      return errc::not_found;
    case EEXIST:
    case ENOTEMPTY:
      return errc::already_exists;
    case EACCES:
    case EPERM:
    case EROFS:
      return errc::permission_denied;
    case EFBIG:
      return errc::too_large;
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
      return errc::invalid_argument;
    case EMFILE:
    case ENFILE:
      return errc::busy;
    default:
      return errc::io_error;
  }
}

file_system& posix_file_system() {
  static posix instance;
  return instance;
}

} // namespace troupe::storage
