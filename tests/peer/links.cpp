#define CAF_SUITE links

#include "peer_node.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe;
using namespace troupe::peer;

namespace {

bool connect(peer_node& from, peer_node& to) {
  from.want({to.address()});
  return from.in().wait_for(to.id(), true) && to.in().wait_for(from.id(), true);
}

bytes filled(std::size_t size, char with) {
  auto made = bytes::allocate(size);
  std::fill_n(made.mutable_data(), size, with);
  return made;
}

} // namespace

CAF_TEST(two nodes greet each other and exchange messages in order) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  CAF_REQUIRE(connect(one, two));
  for (int i = 0; i < 1000; ++i) {
    one.send(two.id(), peer_service::raft, "question " + std::to_string(i));
    two.send(one.id(), peer_service::raft, "answer " + std::to_string(i));
  }
  CAF_REQUIRE(two.in().wait_for_messages(1000));
  CAF_REQUIRE(one.in().wait_for_messages(1000));
  auto got = two.in().received();
  for (std::size_t i = 0; i < got.size(); ++i)
    CAF_REQUIRE_EQUAL(std::string{got[i].head.view()}, "question " + std::to_string(i));
  CAF_CHECK_EQUAL(got[0].from.value(), 1);
  CAF_CHECK_EQUAL(got[0].incarnation.value(), 1001u);
  CAF_CHECK_EQUAL(std::string{one.in().received().back().head.view()}, "answer 999");
  CAF_CHECK(one.stop());
  CAF_CHECK(two.stop());
}

CAF_TEST(large bodies of several parts arrive in one piece) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  CAF_REQUIRE(connect(one, two));
  for (std::size_t size : {0u, 1u, 131'072u, 131'073u, 9'000'000u})
    one.send(two.id(), peer_service::replication, "head", {filled(size, 'a'), filled(7, 'b'), filled(size, 'c')});
  CAF_REQUIRE(two.in().wait_for_messages(5));
  auto got = two.in().received();
  for (std::size_t i = 0; i < 5; ++i)
    CAF_CHECK_EQUAL(std::string{got[i].head.view()}, "head");
  CAF_CHECK_EQUAL(got[0].body.size(), 7u);
  CAF_CHECK_EQUAL(got[4].body.size(), 18'000'007u);
  auto body = got[4].body.view();
  CAF_CHECK(body.substr(0, 9'000'000).find_first_not_of('a') == body.npos);
  CAF_CHECK_EQUAL(std::string{body.substr(9'000'000, 7)}, "bbbbbbb");
  CAF_CHECK(body.substr(9'000'007).find_first_not_of('c') == body.npos);
}
