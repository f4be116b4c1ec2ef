#include "runtime/metadata/topic_name.hpp"

#include "runtime/base/limits.hpp"

#include <algorithm>
#include <string>

namespace troupe::metadata {

error check_topic_name(std::string_view name) {
  if (name.empty())
    return {errc::invalid_topic, "a topic needs a name"};
  if (name == "." || name == "..")
    return {errc::invalid_topic, std::string{name} + " is no name for a topic"};
  if (name.size() > limits::topic_name_max_bytes)
    return {errc::invalid_topic, "the name has " + std::to_string(name.size()) + " bytes; "
                                     + std::to_string(limits::topic_name_max_bytes) + " are allowed"};
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_'
           || c == '-';
  };
  if (!std::all_of(name.begin(), name.end(), allowed))
    return {errc::invalid_topic, "names consist of ASCII letters, digits, dot, underscore and dash"};
  return {};
}

} // namespace troupe::metadata
