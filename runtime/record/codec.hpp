// The four codecs, one file each; compression.cpp chooses among them. Only for this room.
#pragma once

#include "runtime/record/compression.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe::record::detail {

std::unique_ptr<decompressor> open_gzip(std::string_view input, decompression_budget& budget);
std::unique_ptr<decompressor> open_snappy(std::string_view input, decompression_budget& budget);
std::unique_ptr<decompressor> open_lz4(std::string_view input, decompression_budget& budget);
std::unique_ptr<decompressor> open_zstd(std::string_view input, decompression_budget& budget);

/// They append to `out`. Without a level: the library's own.
void compress_gzip(std::string_view input, std::vector<char>& out, std::optional<int> level);
void compress_snappy(std::string_view input, std::vector<char>& out);
void compress_lz4(std::string_view input, std::vector<char>& out, std::optional<int> level);
void compress_zstd(std::string_view input, std::vector<char>& out, std::optional<int> level);

} // namespace troupe::record::detail
