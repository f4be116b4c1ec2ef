#define CAF_SUITE config_admin_listener

#include "config/admin_listener.hpp"
#include "config/load.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe::config;

namespace {

/// What --set admin_listener=TEXT is answered.
std::string mistake_of(const std::string& text) {
  overrides changes;
  changes.settings = {"admin_listener=" + text};
  auto parsed = parse_node_options("", "", changes);
  return parsed ? "none" : parsed.error().front().message();
}

} // namespace

CAF_TEST(what may be written and what it means) {
  auto chosen = parse_admin_listener("auto", {});
  CAF_REQUIRE(chosen && *chosen);
  CAF_CHECK_EQUAL((*chosen)->host, "127.0.0.1");
  CAF_CHECK_EQUAL((*chosen)->port, 9644);
  CAF_CHECK((*chosen)->may_fail);
  auto off = parse_admin_listener("off", {});
  CAF_REQUIRE(off.has_value());
  CAF_CHECK(!off->has_value());
  auto named = parse_admin_listener("[::1]:0", {});
  CAF_REQUIRE(named && *named);
  CAF_CHECK_EQUAL((*named)->host, "::1");
  CAF_CHECK_EQUAL((*named)->port, 0);
  CAF_CHECK(!(*named)->may_fail);
  auto open = parse_admin_listener("0.0.0.0:9644,insecure", {});
  CAF_REQUIRE(open && *open);
  CAF_CHECK_EQUAL((*open)->host, "0.0.0.0");
}

CAF_TEST(what is refused) {
  for (auto good : {"auto", "off", "127.0.0.1:1", "localhost:0", "10.0.0.1:9644,insecure"})
    CAF_CHECK_EQUAL(mistake_of(good), "none");
  for (auto bad : {"", "on", "9644", "localhost", "localhost:x", "localhost:70000", "127.0.0.1:1,secure", "127.0.0.1:1,"}) {
    CAF_MESSAGE(bad);
    CAF_CHECK(mistake_of(bad).find("write auto, off, or HOST:PORT") != std::string::npos);
  }
  for (auto open : {"0.0.0.0:9644", "192.168.0.1:0", "[::]:1", "node.example:9644"}) {
    CAF_MESSAGE(open);
    CAF_CHECK(mistake_of(open).find("append ',insecure'") != std::string::npos);
  }
}
