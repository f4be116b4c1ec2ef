#include "runtime/storage/durable_log_scan.hpp"

#include "runtime/base/crc32c.hpp"
#include "runtime/base/cursor.hpp"

#include <algorithm>

namespace troupe::storage {

namespace {

class durable_scanner {
public:
  durable_scanner(file_system& fs, const std::string& directory) : fs_(fs), directory_(directory) {}

  result<durable_log_scan> run() {
    auto names = fs_.list(directory_);
    if (!names)
      return fail(std::move(names));
    std::vector<std::uint64_t> numbers;
    for (auto& name : *names)
      if (auto number = parse_durable_segment_name(name))
        numbers.push_back(*number);
    std::sort(numbers.begin(), numbers.end());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (i > 0 && numbers[i] != numbers[i - 1] + 1)
        return corrupt(path_of(numbers[i - 1] + 1), 0, "the file is missing");
      if (auto done = scan_segment(numbers[i], i + 1 == numbers.size()); !done)
        return fail(std::move(done));
    }
    if (!numbers.empty())
      scan_.next_number = numbers.back() + 1;
    return std::move(scan_);
  }

private:
  static tl::unexpected<error> corrupt(const std::string& path, std::uint64_t position, const std::string& what) {
    return fail(errc::corrupt, path + " at " + std::to_string(position) + ": " + what);
  }

  std::string path_of(std::uint64_t number) const { return directory_ + "/" + durable_segment_name(number); }

  result<bytes> read_whole(const std::string& path) {
    auto opened = fs_.open(path, {});
    if (!opened)
      return fail(std::move(opened));
    auto size = (*opened)->size();
    if (!size)
      return fail(std::move(size));
    auto content = bytes::allocate(static_cast<std::size_t>(*size));
    auto got = (*opened)->read_at(0, content.mutable_data(), content.size());
    if (!got)
      return fail(std::move(got));
    return content.slice(0, *got);
  }

  result<void> scan_segment(std::uint64_t number, bool is_last) {
    auto path = path_of(number);
    auto content = read_whole(path);
    if (!content)
      return fail(std::move(content));
    auto header = decode_durable_segment_header(content->view());
    if (header && header->version != durable_format_version)
      return fail(errc::wrong_format, path + " has format " + std::to_string(header->version) + ", this is format "
                                        + std::to_string(durable_format_version));
    if (!header || header->number != number) {
      if (!is_last || valid_group_behind(*content, 0, number))
        return corrupt(path, 0, "the header of the file is damaged");
      scan_.unfinished = path;
      return {};
    }
    if (scan_.segments.empty())
      scan_.next_sequence = header->first_sequence;
    else if (header->first_sequence != scan_.next_sequence)
      return corrupt(path, 0, "groups are missing before this file");
    scan_.segments.push_back({number, 0});
    return scan_groups(path, number, *content, is_last);
  }

  result<void> scan_groups(const std::string& path, std::uint64_t number, const bytes& content, bool is_last) {
    std::uint64_t position = block_size_bytes;
    while (position < content.size()) {
      auto header = valid_group(content, position, number);
      if (!header || header->sequence != scan_.next_sequence) {
        if (header || !is_last || valid_group_behind(content, position, number))
          return corrupt(path, position, "a group of entries is damaged");
        scan_.cut = path + " at " + std::to_string(position)
                    + ": the last write was cut short; what it left was removed";
        break;
      }
      if (auto applied = apply(path, position, *header, content); !applied)
        return applied;
      position += header->length_bytes;
    }
    scan_.end_position = position;
    return {};
  }

  static std::optional<durable_group_header> valid_group(const bytes& content, std::uint64_t position,
                                                         std::uint64_t number) {
    auto rest = content.view().substr(static_cast<std::size_t>(position));
    auto header = decode_durable_group_header(rest);
    if (!header || header->segment != number || header->length_bytes < block_size_bytes
        || !is_whole_blocks(header->length_bytes) || header->length_bytes > rest.size())
      return std::nullopt;
    auto body = rest.substr(durable_group_header_size_bytes,
                            header->length_bytes - durable_group_header_size_bytes);
    return crc32c(body) == header->body_crc ? header : std::nullopt;
  }

  /// Whether a later group was written, which means that this one had been written to its end.
  bool valid_group_behind(const bytes& content, std::uint64_t position, std::uint64_t number) const {
    for (auto at = position + block_size_bytes; at < content.size(); at += block_size_bytes)
      if (auto header = valid_group(content, at, number); header && header->sequence >= scan_.next_sequence)
        return true;
    return false;
  }

  result<void> apply(const std::string& path, std::uint64_t position, const durable_group_header& header,
                     const bytes& content) {
    auto& entries = scan_.entries;
    switch (header.kind) {
      case durable_group_kind::entries:
        if (!add_entries(header, content, position))
          return corrupt(path, position, "the entries do not follow those before them");
        break;
      case durable_group_kind::truncate:
        while (!entries.empty() && entries.back().index >= header.index)
          entries.pop_back();
        scan_.next_index = header.index;
        break;
      case durable_group_kind::restart:
        entries.clear();
        scan_.next_index = header.index;
        break;
      case durable_group_kind::seal:
        break;
    }
    scan_.last_is_seal = header.kind == durable_group_kind::seal;
    ++scan_.next_sequence;
    return {};
  }

  bool add_entries(const durable_group_header& header, const bytes& content, std::uint64_t position) {
    auto at = static_cast<std::size_t>(position) + durable_group_header_size_bytes;
    auto end = static_cast<std::size_t>(position) + header.length_bytes;
    if (scan_.next_index != 0 && header.index != scan_.next_index)
      return false;
    auto index = header.index;
    for (std::uint32_t n = 0; n < header.entry_count; ++n, ++index) {
      if (end - at < durable_entry_header_size_bytes)
        return false;
      auto* from = content.data() + at;
      auto size = load_be<std::uint32_t>(from + 16) % durable_entry_max_bytes;
      auto kind = static_cast<std::uint8_t>(load_be<std::uint32_t>(from + 16) / durable_entry_max_bytes);
      at += durable_entry_header_size_bytes;
      if (load_be<std::uint64_t>(from) != index || size > end - at)
        return false;
      scan_.entries.push_back({index, load_be<std::uint64_t>(from + 8), content.slice(at, size), kind});
      at += size;
    }
    scan_.next_index = index;
    auto& newest = scan_.segments.back();
    newest.max_index = std::max(newest.max_index, index - 1);
    return true;
  }

  file_system& fs_;
  const std::string& directory_;
  durable_log_scan scan_;
};

} // namespace

result<durable_log_scan> scan_durable_log(file_system& fs, const std::string& directory) {
  return durable_scanner{fs, directory}.run();
}

} // namespace troupe::storage
