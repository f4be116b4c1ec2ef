// Where a partition's files lie in a data directory, and how they are called. See docs/formats.md.
//
//   topics/<topic id>/<partition>/<base offset, 20 digits>.log      batches v2, one behind the other, zeros behind
//   topics/<topic id>/<partition>/<base offset, 20 digits>.index    see index_file.hpp
#pragma once

#include "runtime/base/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::storage {

std::string topic_directory(const std::string& directory, const topic_id& topic);
std::string partition_directory(const std::string& directory, const topic_partition& partition);
std::string segment_path(const std::string& directory, const topic_partition& partition, offset base);
std::string index_path(const std::string& directory, const topic_partition& partition, offset base);

/// The base offset in "00000000000000000042.log" (or another suffix); nothing if it is not such a name.
std::optional<offset> base_offset_of(std::string_view file_name, std::string_view suffix);

} // namespace troupe::storage
