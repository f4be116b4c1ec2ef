#define CAF_SUITE server_address
#include "caf/test/unit_test.hpp"

#include "actors/remote/server_address.hpp"

using namespace troupe;
using remote::server_address;

CAF_TEST(addresses are read and written) {
  for (auto* text : {"127.0.0.1:9092", "localhost:1", "[::1]:65535", "a.b-c.example:9092"})
    CAF_CHECK_EQUAL(server_address::parse(text).value().to_string(), text);
  CAF_CHECK_EQUAL(server_address::parse("[::1]:9").value().host, "::1");
}

CAF_TEST(what is no address is refused) {
  for (auto* text : {"", ":", ":9092", "host", "host:", "host:0", "host:65536", "host:-1", "host:9092x",
                     "::1:9092", "host: 1"})
    CAF_CHECK(server_address::parse(text).error() == errc::invalid_argument);
}

CAF_TEST(numbers are found without asking anybody) {
  CAF_CHECK_EQUAL(remote::resolve({"127.0.0.1", 9092}, false).value().size(), 1u);
  CAF_CHECK_EQUAL(remote::resolve({"::1", 9092}, false).value().size(), 1u);
  CAF_CHECK(remote::resolve({"localhost", 9092}, false).error() == errc::not_found);
  CAF_CHECK(!remote::resolve({"localhost", 9092}, true).value().empty());
}
