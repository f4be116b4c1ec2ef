// Preloaded into a node: makes writes and syncs below one folder fail or wait, when told to by a file.
//
//   SHIM_FOLDER   only files below it are concerned
//   SHIM_ORDER    path of the order; while it exists, its words say what happens:
//                   write-eio   writes and preallocations fail with EIO
//                   sync-eio    fsync, fdatasync and synced writes fail with EIO; the data is not written
//                   no-space    writes and preallocations fail with ENOSPC
//                   stall       writes and syncs wait for as long as the order stands

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

template <class F>
F* real(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

/// The order that stands, or "".
std::string order() {
  const char* path = std::getenv("SHIM_ORDER");
  if (!path)
    return {};
  const int handle = static_cast<int>(real<int(const char*, int, ...)>("open")(path, O_RDONLY | O_CLOEXEC));
  if (handle < 0)
    return {};
  char text[256];
  const auto size = ::read(handle, text, sizeof text);
  ::close(handle);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string{};
}

bool concerns(int fd) {
  const char* folder = std::getenv("SHIM_FOLDER");
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const auto size = ::readlink(link, path, sizeof path - 1);
  return folder && size > 0 && std::strncmp(path, folder, std::min(std::strlen(folder), static_cast<size_t>(size))) == 0;
}

/// 0, or the error that the call must fail with.
int verdict(int fd, bool writes, bool syncs) {
  auto words = order();
  if (words.empty() || !concerns(fd))
    return 0;
  while (words.find("stall") != std::string::npos) {
    ::usleep(20'000);
    words = order();
  }
  const bool synced = syncs || (writes && (::fcntl(fd, F_GETFL) & O_DSYNC) != 0);
  if ((writes && words.find("write-eio") != std::string::npos) || (synced && words.find("sync-eio") != std::string::npos))
    return EIO;
  return writes && words.find("no-space") != std::string::npos ? ENOSPC : 0;
}

} // namespace

#define INTERCEPT(result, name, parameters, arguments, writes, syncs)                                                 \
  extern "C" result name parameters {                                                                                  \
    if (const int error = verdict(fd, writes, syncs)) {                                                                \
      errno = error;                                                                                                   \
      return -1;                                                                                                       \
    }                                                                                                                  \
    static auto* const original = real<result parameters>(#name);                                                      \
    return original arguments;                                                                                         \
  }

INTERCEPT(ssize_t, write, (int fd, const void* data, size_t size), (fd, data, size), true, false)
INTERCEPT(ssize_t, writev, (int fd, const iovec* parts, int count), (fd, parts, count), true, false)
INTERCEPT(ssize_t, pwrite, (int fd, const void* data, size_t size, off_t at), (fd, data, size, at), true, false)
INTERCEPT(ssize_t, pwrite64, (int fd, const void* data, size_t size, off64_t at), (fd, data, size, at), true, false)
INTERCEPT(ssize_t, pwritev, (int fd, const iovec* parts, int count, off_t at), (fd, parts, count, at), true, false)
INTERCEPT(ssize_t, pwritev64, (int fd, const iovec* parts, int count, off64_t at), (fd, parts, count, at), true, false)
INTERCEPT(ssize_t, pwritev2, (int fd, const iovec* parts, int count, off_t at, int flags), (fd, parts, count, at, flags), true,
          (flags& RWF_DSYNC) != 0)
INTERCEPT(ssize_t, pwritev64v2, (int fd, const iovec* parts, int count, off64_t at, int flags), (fd, parts, count, at, flags),
          true, (flags& RWF_DSYNC) != 0)
INTERCEPT(int, fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size), true, false)
INTERCEPT(int, fallocate64, (int fd, int mode, off64_t at, off64_t size), (fd, mode, at, size), true, false)
INTERCEPT(int, ftruncate, (int fd, off_t size), (fd, size), true, false)
INTERCEPT(int, fsync, (int fd), (fd), false, true)
INTERCEPT(int, fdatasync, (int fd), (fd), false, true)

/// Returns the error instead of setting errno.
extern "C" int posix_fallocate(int fd, off_t at, off_t size) {
  if (const int error = verdict(fd, true, false))
    return error;
  static auto* const original = real<int(int, off_t, off_t)>("posix_fallocate");
  return original(fd, at, size);
}
