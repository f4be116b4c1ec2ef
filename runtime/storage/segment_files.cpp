#include "runtime/storage/segment_files.hpp"

#include <charconv>

namespace troupe::storage {

namespace {

constexpr std::size_t base_offset_digits = 20;

std::string file_stem(offset base) {
  auto digits = std::to_string(base.value());
  return std::string(base_offset_digits - digits.size(), '0') + digits;
}

} // namespace

std::string topic_directory(const std::string& directory, const topic_id& topic) {
  return directory + "/topics/" + topic.to_string();
}

std::string partition_directory(const std::string& directory, const topic_partition& partition) {
  return topic_directory(directory, partition.topic) + "/" + std::to_string(partition.partition.value());
}

std::string segment_path(const std::string& directory, const topic_partition& partition, offset base) {
  return partition_directory(directory, partition) + "/" + file_stem(base) + ".log";
}

std::string index_path(const std::string& directory, const topic_partition& partition, offset base) {
  return partition_directory(directory, partition) + "/" + file_stem(base) + ".index";
}

std::optional<offset> base_offset_of(std::string_view file_name, std::string_view suffix) {
  if (file_name.size() != base_offset_digits + suffix.size() || !file_name.ends_with(suffix))
    return std::nullopt;
  std::int64_t value = 0;
  auto* end = file_name.data() + base_offset_digits;
  auto [stop, failure] = std::from_chars(file_name.data(), end, value);
  if (failure != std::errc{} || stop != end || value < 0)
    return std::nullopt;
  return offset{value};
}

} // namespace troupe::storage
