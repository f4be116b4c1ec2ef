// Tells the service manager that started this process how far it is: the protocol of sd_notify(3), without its library.
#pragma once

#include <string_view>

namespace troupe {

/// Sends "READY=1", "STOPPING=1" or the like to the socket that NOTIFY_SOCKET names; nothing happens where nobody
/// waits for it. Neither blocks nor fails.
void notify_service_manager(std::string_view state) noexcept;

} // namespace troupe
