#include "actors/node/command/key_files.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::command {

namespace {

constexpr mode_t for_owner = 0600;
constexpr mode_t for_everybody = 0644;
constexpr mode_t directory_mode = 0755;

tl::unexpected<error> cannot(const std::string& what, const std::string& path) {
  auto code = errno == EEXIST ? errc::already_exists : errc::io_error;
  return fail(code, "cannot " + what + " " + path + ": " + std::strerror(errno));
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    auto count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno != EINTR)
      return false;
    text.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
  return ::fsync(descriptor) == 0;
}

/// Under another name first, so that nobody ever reads half a file, or a key that others may read, too.
result<void> write_whole(const std::string& path, std::string_view text, mode_t mode, bool force) {
  auto unfinished = path + "." + std::to_string(::getpid()) + ".new";
  auto descriptor = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, for_owner);
  if (descriptor < 0)
    return cannot("write", unfinished);
  auto written = write_all(descriptor, text) && ::fchmod(descriptor, mode) == 0;
  written = ::close(descriptor) == 0 && written;
  auto named = written
               && (force ? ::rename(unfinished.c_str(), path.c_str()) == 0 : ::link(unfinished.c_str(), path.c_str()) == 0);
  auto problem = errno;
  if (!named || !force)
    ::unlink(unfinished.c_str());
  errno = problem;
  if (!named)
    return cannot("write", path);
  return {};
}

result<std::string> read_whole(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return cannot("read", path);
  return text.str();
}

} // namespace

std::string certificate_path(const std::string& directory, const std::string& name) {
  return directory + "/" + name + ".pem";
}

std::string key_path(const std::string& directory, const std::string& name) { return directory + "/" + name + ".key"; }

result<void> write_key_pair(const std::string& directory, const std::string& name, const security::key_pair& pair,
                            bool force) {
  if (::mkdir(directory.c_str(), directory_mode) != 0 && errno != EEXIST)
    return cannot("make the directory", directory);
  auto certificate = certificate_path(directory, name);
  auto key = key_path(directory, name);
  for (auto& path : {certificate, key})
    if (std::error_code ignored; !force && std::filesystem::exists(std::filesystem::symlink_status(path, ignored)))
      return fail(errc::already_exists, path + " is there already; --force makes a new one in its place");
  if (auto done = write_whole(key, pair.key, for_owner, force); !done)
    return done;
  return write_whole(certificate, pair.certificate, for_everybody, force);
}

result<security::key_pair> read_key_pair(const std::string& directory, const std::string& name) {
  auto certificate = read_whole(certificate_path(directory, name));
  if (!certificate)
    return fail(std::move(certificate));
  auto key = read_whole(key_path(directory, name));
  if (!key)
    return fail(std::move(key));
  return security::key_pair{std::move(*certificate), std::move(*key)};
}

} // namespace troupe::command
