#include "runtime/metrics/process.hpp"

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

namespace troupe::metrics {

namespace {

std::string whole_file(const char* path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The fields of /proc/self/stat behind the process's name, which may hold anything: [0] is the state (field 3 in proc(5)).
std::array<std::int64_t, 22> stat_fields() {
  std::array<std::int64_t, 22> fields{};
  auto text = whole_file("/proc/self/stat");
  auto rest = std::string_view{text};
  rest.remove_prefix(std::min(rest.rfind(')'), rest.size()));
  for (auto& field : fields) {
    auto space = rest.find(' ');
    if (space == rest.npos)
      break;
    rest.remove_prefix(space + 1);
    std::from_chars(rest.data(), rest.data() + rest.size(), field);
  }
  return fields;
}

std::int64_t boot_time_seconds() {
  auto text = whole_file("/proc/stat");
  std::int64_t seconds = 0;
  if (auto at = text.find("btime "); at != text.npos)
    std::from_chars(text.data() + at + 6, text.data() + text.size(), seconds);
  return seconds;
}

std::int64_t count_open_files() {
  auto* folder = ::opendir("/proc/self/fd");
  if (!folder)
    return 0;
  std::int64_t count = 0;
  while (auto* entry = ::readdir(folder))
    count += entry->d_name[0] != '.';
  ::closedir(folder);
  return count - 1; // without the folder itself
}

} // namespace

process_facts this_process() {
  auto fields = stat_fields();
  auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  process_facts facts;
  facts.cpu_seconds = static_cast<double>(fields[11] + fields[12]) / ticks;
  facts.threads = fields[17];
  facts.started_seconds = static_cast<double>(boot_time_seconds()) + static_cast<double>(fields[19]) / ticks;
  facts.virtual_bytes = fields[20];
  facts.resident_bytes = fields[21] * ::sysconf(_SC_PAGESIZE);
  facts.open_files = count_open_files();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    facts.open_files_max = static_cast<std::int64_t>(limit.rlim_cur);
  return facts;
}

void collect_process(sink& to) {
  auto facts = this_process();
  auto number = [](std::int64_t value) { return static_cast<double>(value); };
  to.counter("process_cpu_seconds_total", "Processor time that the process has used, user and system.", facts.cpu_seconds);
  to.gauge("process_resident_memory_bytes", "Resident memory.", number(facts.resident_bytes));
  to.gauge("process_virtual_memory_bytes", "Virtual memory.", number(facts.virtual_bytes));
  to.gauge("process_open_fds", "Open file descriptors.", number(facts.open_files));
  to.gauge("process_max_fds", "How many file descriptors may be open.", number(facts.open_files_max));
  to.gauge("process_threads", "Threads.", number(facts.threads));
  to.gauge("process_start_time_seconds", "When the process was started, in seconds since 1970.", facts.started_seconds);
}

} // namespace troupe::metrics
