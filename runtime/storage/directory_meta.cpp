// The meta file of a data directory: short lines for people, the last one a checksum over those before it.
#include "runtime/base/crc32c.hpp"
#include "runtime/storage/data_directory.hpp"

#include <charconv>
#include <map>

namespace troupe::storage {

namespace {

constexpr std::string_view meta_title = "troupe data directory\n";
constexpr std::uint32_t meta_format = 1;
constexpr std::size_t meta_max_bytes = 64 * limits::kib;

std::string meta_checksum_line(std::string_view lines) {
  constexpr char digits[] = "0123456789abcdef";
  auto checksum = crc32c(lines);
  std::string text = "checksum ";
  for (int shift = 28; shift >= 0; shift -= 4)
    text += digits[(checksum >> shift) & 15];
  return text + "\n";
}

template <class T>
std::optional<T> meta_number(std::string_view text) {
  T value{};
  auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || stop != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::map<std::string_view, std::string_view> meta_fields(std::string_view lines) {
  std::map<std::string_view, std::string_view> fields;
  while (!lines.empty()) {
    auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    auto space = line.find(' ');
    if (space != std::string_view::npos)
      fields[line.substr(0, space)] = line.substr(space + 1);
  }
  return fields;
}

} // namespace

std::string encode_meta(const directory_meta& meta) {
  std::string lines{meta_title};
  lines += "format " + std::to_string(meta_format) + "\n";
  lines += "cluster " + meta.cluster_id + "\n";
  lines += "node " + std::to_string(meta.node.value()) + "\n";
  lines += "directory " + topic_id{meta.directory_id}.to_string() + "\n";
  return lines + meta_checksum_line(lines);
}

result<directory_meta> decode_meta(std::string_view file) {
  if (!file.starts_with(meta_title))
    return fail(errc::corrupt, "its first line is damaged");
  auto last = file.rfind("checksum ");
  if (last == std::string_view::npos || file.substr(last) != meta_checksum_line(file.substr(0, last)))
    return fail(errc::corrupt, "its checksum is wrong");
  auto fields = meta_fields(file.substr(meta_title.size(), last - meta_title.size()));
  auto format = meta_number<std::uint32_t>(fields["format"]);
  if (format != meta_format)
    return fail(errc::wrong_format, "the directory has format " + std::string{fields["format"]}
                                      + ", this program knows " + std::to_string(meta_format));
  auto node = meta_number<std::int32_t>(fields["node"]);
  auto id = topic_id::parse(fields["directory"]);
  if (!node || !id)
    return fail(errc::corrupt, "its content is impossible");
  return directory_meta{std::string{fields["cluster"]}, node_id{*node}, id->bytes};
}

result<directory_meta> read_meta(file_system& fs, const std::string& directory) {
  auto path = directory + "/meta";
  auto file = read_file(fs, path, meta_max_bytes);
  if (!file)
    return fail(std::move(file));
  auto meta = decode_meta(*file);
  if (!meta)
    return fail(meta.error().code, path + ": " + meta.error().detail);
  return meta;
}

result<void> join_cluster(file_system& fs, const std::string& directory, const std::string& cluster_id) {
  auto meta = read_meta(fs, directory);
  if (!meta)
    return fail(std::move(meta));
  if (meta->cluster_id == cluster_id)
    return {};
  if (!meta->cluster_id.empty())
    return fail(errc::wrong_format, directory + " belongs to the cluster " + meta->cluster_id + ", not to " + cluster_id);
  meta->cluster_id = cluster_id;
  return write_file_atomically(fs, directory + "/meta", encode_meta(*meta));
}

} // namespace troupe::storage
