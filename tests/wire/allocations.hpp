// What this test program takes by operator new, which is replaced to count it.
#pragma once

#include <cstddef>

/// All that was ever allocated so far.
std::size_t allocated_bytes() noexcept;
