// The little of JSON that printing messages needs.
#pragma once

#include <string>
#include <string_view>

namespace troupe::wire {

/// Appends a JSON string with its quotes. What is not UTF-8 is taken as Latin-1, byte by byte.
void append_json_string(std::string& out, std::string_view text);

} // namespace troupe::wire
