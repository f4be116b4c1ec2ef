#define CAF_SUITE config_listeners

#include "config/listener.hpp"
#include "config/load.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe::config;

namespace {

std::string first_mistake(std::string_view text, const overrides& changes = {}) {
  auto parsed = parse_node_options(text, "node.toml", changes);
  return parsed ? "none" : parsed.error().front().message();
}

std::string mistake_of_listen(std::vector<std::string> listeners) {
  overrides changes;
  changes.listeners = std::move(listeners);
  return first_mistake("", changes);
}

} // namespace

CAF_TEST(addresses) {
  auto named = parse_address("localhost:9092").value_or(address{});
  CAF_CHECK_EQUAL(named.host, "localhost");
  auto numbered = parse_address("[::1]:9092").value_or(address{});
  CAF_CHECK_EQUAL(numbered.host, "::1");
  CAF_CHECK_EQUAL(numbered.port, 9092);
  for (auto text : {"", "9092", ":9092", "host:", "host:65536", "host:-1", "host:+1", "::1:9092", "a b:1",
                    "http://x:1", "host:90a", "[]:1"}) {
    CAF_MESSAGE(text);
    CAF_CHECK(!parse_address(text).has_value());
  }
}

CAF_TEST(what counts as loopback) {
  for (auto host : {"127.0.0.1", "127.8.8.8", "localhost", "::1"})
    CAF_CHECK(is_loopback(host));
  for (auto host : {"", "0.0.0.0", "::", "10.0.0.1", "127.example.org", "12.7.0.1", "localhost.example.org"})
    CAF_CHECK(!is_loopback(host));
}

CAF_TEST(a listener beyond loopback is refused by name) {
  CAF_CHECK_EQUAL(
      first_mistake("node_id = 1\n\n[[listeners]]\nhost = '10.0.0.5'\nport = 9094\n"),
      "listener 10.0.0.5:9094 can be reached from other machines and is not protected at line 3, column 1 "
      "of node.toml: write 'insecure = true' under this [[listeners]] if everybody who reaches it may "
      "read and write everything, or listen on 127.0.0.1");
  CAF_CHECK_EQUAL(
      mistake_of_listen({"127.0.0.1:1", "[fd00::1]:9092"}),
      "listener [fd00::1]:9092 can be reached from other machines and is not protected in --listen: write "
      "--listen [fd00::1]:9092,insecure if everybody who reaches it may read and write everything, or "
      "listen on 127.0.0.1");
}

CAF_TEST(a marked listener is taken) {
  CAF_CHECK_EQUAL(first_mistake("[[listeners]]\nhost = '10.0.0.5'\ninsecure = true\n"), "none");
  CAF_CHECK_EQUAL(mistake_of_listen({"10.0.0.5:9092,insecure"}), "none");
  CAF_CHECK_EQUAL(mistake_of_listen({"0.0.0.0:9092,insecure,advertised=b.example:9092"}), "none");
  // The mark of one is not the mark of another.
  CAF_CHECK_NOT_EQUAL(mistake_of_listen({"10.0.0.5:9092,insecure", "10.0.0.6:9092"}), "none");
}

CAF_TEST(clients need an address that they can connect to) {
  CAF_CHECK_EQUAL(
      mistake_of_listen({"0.0.0.0:9092,insecure"}),
      "listener 0.0.0.0:9092 does not say which address clients should connect to in --listen: append "
      "',advertised=HOST:PORT'");
  CAF_CHECK_EQUAL(
      first_mistake("[[listeners]]\nhost = '::'\ninsecure = true\n"),
      "listener [::]:9092 does not say which address clients should connect to at line 1, column 1 of "
      "node.toml: write 'advertised_host = \"...\"' under this [[listeners]]");
}

CAF_TEST(a listener that is there twice) {
  CAF_CHECK_EQUAL(mistake_of_listen({"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:1"}),
                  "listener 127.0.0.1:1 is there twice in --listen: remove one of them");
  CAF_CHECK_EQUAL(mistake_of_listen({"127.0.0.1:0", "127.0.0.1:0"}), "none");
}

CAF_TEST(mistakes of the command line) {
  CAF_CHECK_EQUAL(mistake_of_listen({"9092"}),
                  "'9092' is no address in --listen: write HOST:PORT, such as 127.0.0.1:9092 or [::1]:9092");
  CAF_CHECK_EQUAL(mistake_of_listen({"127.0.0.1:9092,secure"}),
                  "unknown word 'secure' in --listen: after the address come ',insecure' and "
                  "',advertised=HOST:PORT'");
  CAF_CHECK_EQUAL(mistake_of_listen({"127.0.0.1:9092,advertised=x"}),
                  "'advertised=x' has no address in --listen: write advertised=HOST:PORT");
}
