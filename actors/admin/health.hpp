// Whether the node lives, and whether clients can be sent to it.
#pragma once

#include "actors/admin/admin_environment.hpp"
#include "actors/admin/http.hpp"

#include <optional>

namespace troupe::admin {

/// /health, /health/live and /health/ready; nothing for any other path. 503 if what is asked for is not so.
std::optional<http_response> health_page(const admin_environment& environment, const http_request& request);

} // namespace troupe::admin
