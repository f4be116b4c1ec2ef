#include "tests/simulation/journal_rot.hpp"

#include <algorithm>

namespace troupe::simulation {

namespace {

using namespace storage;

journal_group read_group(const std::string& file, std::uint64_t position, const journal_group_header& header,
                         std::string_view body) {
  journal_group found{file, position, header.sequence, header.length_bytes, {}};
  for (std::uint32_t n = 0; n < header.entry_count; ++n) {
    found.entries.push_back(*decode_journal_entry_header(body));
    body.remove_prefix(journal_entry_header_size_bytes + found.entries.back().body_size_bytes);
  }
  return found;
}

/// What an earlier life of the file has left behind names a lower number.
void read_file(const std::string& path, journal_file_number number, std::string_view content,
               std::vector<journal_group>& into) {
  for (auto position = block_size_bytes; position + block_size_bytes <= content.size();) {
    auto header = decode_journal_group_header(content.substr(position));
    if (!header || header->file != number || position + header->length_bytes > content.size()) {
      position += block_size_bytes;
      continue;
    }
    auto body = content.substr(position + journal_group_header_size_bytes,
                               header->length_bytes - journal_group_header_size_bytes);
    into.push_back(read_group(path, position, *header, body));
    position += header->length_bytes;
  }
}

} // namespace

std::vector<journal_group> groups_in_journal(const test::simulated_file_system& disk,
                                             const std::string& directory) {
  std::vector<journal_group> groups;
  auto names = disk.list(directory);
  if (!names)
    return groups;
  for (auto& name : *names)
    if (auto number = parse_journal_file_name(name))
      read_file(directory + "/" + name, *number, *disk.content(directory + "/" + name), groups);
  std::sort(groups.begin(), groups.end(), [](auto& a, auto& b) { return a.sequence < b.sequence; });
  return groups;
}

} // namespace troupe::simulation
