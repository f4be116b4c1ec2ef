#pragma once
// Clocks, CPU time and the JSON line of the load program.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace outside {

inline int64_t now_us() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000;
}

inline void sleep_until_us(int64_t at_us) {
  const timespec t{at_us / 1'000'000, at_us % 1'000'000 * 1000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
}

/// User and system time of a process ("" counts as none), to a hundredth of a second.
inline double cpu_seconds(const std::string& pid) {
  if (pid.empty())
    return 0;
  std::ifstream file{"/proc/" + pid + "/stat"};
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')'); // the name may hold anything
  if (name_end == std::string::npos)
    return 0;
  std::istringstream rest{line.substr(name_end + 2)};
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    rest >> skipped;
  double user = 0, system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

struct outcome {
  const char* mode;
  uint64_t messages = 0, bytes = 0;
  double seconds = 0, broker_cpu_s = 0, client_cpu_s = 0;
  double bare_p50_ms = 0; // 0: not measured
};

inline void print(const outcome& o, std::vector<uint32_t>* latency_us, const std::map<std::string, uint64_t>& errors) {
  const auto mb = static_cast<double>(o.bytes) / 1e6;
  std::printf("{\"mode\":\"%s\",\"messages\":%llu,\"seconds\":%.3f,\"mb_s\":%.2f,\"msg_s\":%.0f,\"broker_cpu_s\":%.2f,"
              "\"broker_cpu_s_per_gb\":%.3f,\"client_cpu_s\":%.2f",
              o.mode, static_cast<unsigned long long>(o.messages), o.seconds, mb / o.seconds,
              static_cast<double>(o.messages) / o.seconds, o.broker_cpu_s, mb > 0 ? o.broker_cpu_s / (mb / 1000) : 0,
              o.client_cpu_s);
  if (latency_us) {
    std::sort(latency_us->begin(), latency_us->end());
    const auto at = [&](double p) {
      const auto n = latency_us->size();
      return n == 0 ? 0.0 : (*latency_us)[std::min(n - 1, static_cast<size_t>(p * static_cast<double>(n)))] / 1000.0;
    };
    std::printf(",\"counted\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f", latency_us->size(),
                at(.5), at(.99), at(.999), at(1));
  }
  if (o.bare_p50_ms > 0)
    std::printf(",\"bare_p50_ms\":%.3f", o.bare_p50_ms);
  std::printf(",\"errors\":{");
  const char* comma = "";
  for (const auto& [name, count] : errors) {
    std::printf("%s\"%s\":%llu", comma, name.c_str(), static_cast<unsigned long long>(count));
    comma = ",";
  }
  std::printf("}}\n");
}

} // namespace outside
