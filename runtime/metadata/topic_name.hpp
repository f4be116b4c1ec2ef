// Which names topics may have.
#pragma once

#include "runtime/base/error.hpp"

#include <string_view>

namespace troupe::metadata {

/// invalid_topic with a sentence, or none.
error check_topic_name(std::string_view name);

} // namespace troupe::metadata
