// Whole small files: settings, checkpoints, identities.
#include "runtime/storage/file_system.hpp"

namespace troupe::storage {

namespace {

std::string directory_of(const std::string& path) {
  auto slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

result<void> write_whole(file_system& fs, const std::string& path, std::string_view content) {
  auto made = fs.open(path, {.create = true, .write = true});
  if (!made)
    return fail(std::move(made));
  auto& to = **made;
  // What an earlier attempt left behind must not show behind a shorter content.
  if (auto cut = to.truncate(0); !cut)
    return cut;
  if (auto written = to.write_at(0, content); !written)
    return written;
  return to.sync();
}

} // namespace

result<void> write_file_atomically(file_system& fs, const std::string& path, std::string_view content) {
  auto beside = path + ".new";
  if (auto written = write_whole(fs, beside, content); !written) {
    // It may hold space that is short; whether it can be removed makes no difference to the caller.
    static_cast<void>(fs.remove(beside));
    return written;
  }
  if (auto renamed = fs.rename(beside, path); !renamed)
    return renamed;
  return fs.sync_directory(directory_of(path));
}

result<std::string> read_file(file_system& fs, const std::string& path, std::size_t max_bytes) {
  auto opened = fs.open(path, {});
  if (!opened)
    return fail(std::move(opened));
  auto size = (*opened)->size();
  if (!size)
    return fail(std::move(size));
  if (*size > max_bytes)
    return fail(errc::too_large, path + " has " + std::to_string(*size) + " bytes, at most "
                                   + std::to_string(max_bytes) + " were expected");
  std::string content(static_cast<std::size_t>(*size), '\0');
  auto got = (*opened)->read_at(0, content.data(), content.size());
  if (!got)
    return fail(std::move(got));
  content.resize(*got);
  return content;
}

} // namespace troupe::storage
