// What an option of topics or brokers is, and how its values are read: names, types, defaults and ranges are
// Kafka's, so that its tools and clients find what they expect.
#pragma once

#include "runtime/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::metadata {

enum class option_type : std::uint8_t { boolean, int32, int64, float64, text, list };

/// How far Troupe honours an option.
enum class option_effect : std::uint8_t {
  full,
  partial, // the documentation says what is missing
  none,    // accepted and shown, so that clients which set it can create their topics; changes nothing
};

struct config_option {
  std::string_view name;
  option_type type;
  std::string_view default_value;
  std::int64_t least;       // of numbers
  std::int64_t most;        // of numbers; the type's largest: no bound
  std::string_view choices; // of texts and lists, comma-separated; empty: anything
  option_effect effect;
  std::string_view documentation;
};

/// What an option's value may be, for a person: "a number from -1".
std::string allowed_values(const config_option& option);

/// Error invalid_config with a sentence that names option, value and what is allowed.
result<void> validate_value(const config_option& option, std::string_view value);

// --- reading values that are valid ---

std::string_view trimmed(std::string_view text);
/// The parts of a comma-separated list, without the blanks around them. They are parts of `text`.
std::vector<std::string_view> split_list(std::string_view text);
/// Nothing if it is no whole number.
std::optional<std::int64_t> to_int64(std::string_view text);
/// "true" in any case is true.
bool to_flag(std::string_view text);

/// What is said of an option that nobody knows: ", did you mean retention.ms?" or nothing.
std::string near_option(std::string_view wanted, const std::vector<std::string_view>& names);

} // namespace troupe::metadata
