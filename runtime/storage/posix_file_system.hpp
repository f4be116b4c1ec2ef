// How the machine's errors become ours.
#pragma once

#include "runtime/storage/file_system.hpp"

namespace troupe::storage {

/// The code for an errno of the operating system; whatever is unknown is an io_error.
errc posix_error_code(int number) noexcept;

} // namespace troupe::storage
