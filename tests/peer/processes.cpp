#define CAF_SUITE processes

#include "tests/peer/child_process.hpp"
#include "tests/peer/peer_node.hpp"

#include "caf/test/unit_test.hpp"

#include <thread>

using namespace troupe;
using namespace troupe::peer;
using namespace std::chrono_literals;

namespace {

double ms_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

bool echoes(peer_node& node, const child_process& child) {
  node.in().clear();
  node.send(child.id(), peer_service::raft, "echo");
  return node.in().wait_for_messages(1);
}

} // namespace

CAF_TEST(a process that is killed is known as dead within milliseconds and connected again when it is back) {
  peer_node one{settings_of(1)};
  child_process first{2};
  CAF_REQUIRE(first.port() != 0);
  one.want({first.address()});
  CAF_REQUIRE(one.in().wait_for(first.id(), true));
  CAF_CHECK(echoes(one, first));
  auto begin = std::chrono::steady_clock::now();
  first.kill();
  CAF_REQUIRE(one.in().wait_for(first.id(), false, true));
  auto took = ms_since(begin);
  CAF_MESSAGE("known as dead after " << took << " ms");
  CAF_CHECK(took < 100);
  child_process second{2, first.port()};
  CAF_REQUIRE(one.in().wait_for(second.id(), true));
  CAF_CHECK(echoes(one, second));
}

CAF_TEST(a process that hangs is noticed and connected again when it goes on) {
  peer_node one{settings_of(1)};
  child_process other{2};
  one.want({other.address()});
  CAF_REQUIRE(one.in().wait_for(other.id(), true));
  auto begin = std::chrono::steady_clock::now();
  other.signal(SIGSTOP);
  CAF_REQUIRE(one.in().wait_for(other.id(), false));
  auto took = ms_since(begin);
  CAF_MESSAGE("noticed after " << took << " ms");
  CAF_CHECK(took > 700);
  CAF_CHECK(took < 1400);
  CAF_CHECK(!one.in().statuses().back().refused);
  begin = std::chrono::steady_clock::now();
  other.signal(SIGCONT);
  CAF_REQUIRE(one.in().wait_for(other.id(), true));
  CAF_MESSAGE("connected again after " << ms_since(begin) << " ms");
  CAF_CHECK(echoes(one, other));
}

CAF_TEST(a stop does not wait for a process that hangs) {
  peer_node one{settings_of(1)};
  child_process other{2};
  one.want({other.address()});
  CAF_REQUIRE(one.in().wait_for(other.id(), true));
  other.signal(SIGSTOP);
  auto body = bytes::allocate(100'000);
  std::fill_n(body.mutable_data(), body.size(), 'x');
  for (int i = 0; i < 100; ++i)
    one.send(other.id(), peer_service::replication, "never read", {body});
  auto begin = std::chrono::steady_clock::now();
  CAF_CHECK(one.stop());
  CAF_CHECK(ms_since(begin) < 1500);
}
