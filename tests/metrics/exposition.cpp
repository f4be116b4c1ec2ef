#define CAF_SUITE metrics_exposition

#include "caf/test/unit_test.hpp"

#include "runtime/metrics/partition_table.hpp"
#include "runtime/metrics/process.hpp"
#include "runtime/metrics/text.hpp"

#include <cmath>
#include <limits>
#include <regex>
#include <set>
#include <sstream>

using namespace troupe;
using namespace troupe::metrics;

namespace {

std::string number(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

/// What is wrong with a text in Prometheus' format, or nothing.
std::string fault_of(const std::string& text) {
  static const std::regex sample{R"rx(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\n"])*",?)+\})? )rx"
                                 R"rx((NaN|[+-]Inf|[+-]?[0-9.]+(e[+-]?[0-9]+)?))rx"};
  std::set<std::string> families;
  std::string current;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      current = line.substr(7, line.find(' ', 7) - 7);
      if (!families.insert(current).second)
        return "twice: " + current;
    } else if (line.starts_with("# TYPE ")) {
      if (line.substr(7, current.size() + 1) != current + " ")
        return "type of another: " + line;
    } else if (!std::regex_match(line, sample)) {
      return "no sample: " + line;
    } else if (!line.starts_with(current)) {
      return "out of its family: " + line;
    }
  }
  return text.empty() || text.back() == '\n' ? "" : "no newline at the end";
}

} // namespace

CAF_TEST(numbers are short and exact) {
  CAF_CHECK_EQUAL(number(0), "0");
  CAF_CHECK_EQUAL(number(12), "12");
  CAF_CHECK_EQUAL(number(-3), "-3");
  CAF_CHECK_EQUAL(number(0.25), "0.25");
  CAF_CHECK_EQUAL(number(123456789012345.0), "123456789012345");
  CAF_CHECK_EQUAL(std::stod(number(1e22)), 1e22);
  CAF_CHECK_EQUAL(std::stod(number(0.1 + 0.2)), 0.1 + 0.2);
  CAF_CHECK_EQUAL(number(std::nan("")), "NaN");
  CAF_CHECK_EQUAL(number(std::numeric_limits<double>::infinity()), "+Inf");
  CAF_CHECK_EQUAL(number(-std::numeric_limits<double>::infinity()), "-Inf");
}

CAF_TEST(a family has its help and type once and its samples behind) {
  registry all;
  all.add([](sink& to) {
    if (to.family("troupe_x_total", family_kind::counter, "What x is.\nAnd \\ more.")) {
      to.sample({{"a", "1"}}, 5);
      to.sample({{"a", "2"}, {"b", "q\"uo\\te\nd"}}, 6);
    }
    to.gauge("troupe_y", "Y.", 0.5);
  });
  CAF_CHECK_EQUAL(to_text(all), "# HELP troupe_x_total What x is.\\nAnd \\\\ more.\n"
                                "# TYPE troupe_x_total counter\n"
                                "troupe_x_total{a=\"1\"} 5\n"
                                "troupe_x_total{a=\"2\",b=\"q\\\"uo\\\\te\\nd\"} 6\n"
                                "# HELP troupe_y Y.\n"
                                "# TYPE troupe_y gauge\n"
                                "troupe_y 0.5\n");
  CAF_CHECK_EQUAL(fault_of(to_text(all)), "");
}

CAF_TEST(a histogram is cumulative and ends with infinity) {
  registry all;
  duration_histogram histogram;
  histogram.observe(12'000);
  histogram.observe(12'000);
  histogram.observe(20'000'000'000);
  all.add([&](sink& to) { to.histogram("troupe_d_seconds", "D.", histogram); });
  auto text = to_text(all);
  CAF_CHECK_EQUAL(fault_of(text), "");
  auto has = [&](const std::string& line) { return text.find(line + "\n") != std::string::npos; };
  CAF_CHECK(has("troupe_d_seconds_bucket{le=\"1e-05\"} 0"));
  CAF_CHECK(has("troupe_d_seconds_bucket{le=\"1.5e-05\"} 2"));
  CAF_CHECK(has("troupe_d_seconds_bucket{le=\"0.0007\"} 2"));
  CAF_CHECK(has("troupe_d_seconds_bucket{le=\"10\"} 2"));
  CAF_CHECK(has("troupe_d_seconds_bucket{le=\"+Inf\"} 3"));
  CAF_CHECK(has("troupe_d_seconds_count 3"));
  CAF_CHECK(text.find("troupe_d_seconds_sum 20.000024") != std::string::npos);
}

CAF_TEST(everything that the tables and the process say is in order) {
  registry all;
  partition_table table;
  table.add(topic_id{{1}}, "some.topic", partition_id{0})->appended_bytes.add(7);
  all.add(collect_process);
  all.add([&](sink& to) {
    table.collect_topics(to);
    table.collect_partitions(to);
  });
  auto text = to_text(all);
  CAF_CHECK_EQUAL(fault_of(text), "");
  CAF_CHECK(text.find("troupe_topic_appended_bytes_total{topic=\"some.topic\"} 7\n") != std::string::npos);
  CAF_CHECK(text.find("troupe_partition_appended_bytes_total{topic=\"some.topic\",partition=\"0\"} 7\n")
            != std::string::npos);
}
