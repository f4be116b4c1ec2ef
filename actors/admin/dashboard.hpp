// The dashboard, as it was when the program was built: dashboard/index.html.
#pragma once

#include <string_view>

namespace troupe::admin {

extern const std::string_view dashboard_html;

} // namespace troupe::admin
