#include "runtime/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace troupe {

void check_failed(const char* condition, const char* file, int line, std::string_view why) noexcept {
  std::fprintf(stderr, "%s:%d: CHECK(%s) failed%s%.*s\n", file, line, condition, why.empty() ? "" : ": ",
               static_cast<int>(why.size()), why.data());
  std::abort();
}

} // namespace troupe
