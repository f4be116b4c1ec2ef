#define CAF_SUITE lanes

#include "actors/peer/inbound_lanes.hpp"
#include "runtime/base/cursor.hpp"

#include "caf/test/unit_test.hpp"

#include <caf/binary_serializer.hpp>

using namespace troupe;
using namespace troupe::peer;

namespace {

bytes filled(std::size_t size, char with) {
  auto made = bytes::allocate(size);
  std::fill_n(made.mutable_data(), size, with);
  return made;
}

peer_send message(peer_service service, std::size_t head_size, std::vector<bytes> body = {}) {
  return {node_id{2}, service, filled(head_size, 'h'), std::move(body)};
}

/// As it comes out of CAF at the other side.
piece received(const piece& sent) {
  auto got = sent;
  auto whole = bytes::allocate(sent.content.size());
  std::size_t at = 0;
  for (auto& part : sent.content.parts) {
    std::copy_n(part.data(), part.size(), whole.mutable_data() + at);
    at += part.size();
  }
  got.content.parts.assign(1, whole);
  return got;
}

piece made_piece(peer_service service, std::uint32_t head_size, std::uint32_t message_size, std::size_t content_size) {
  piece made;
  made.service = static_cast<std::uint8_t>(service);
  made.head_size = head_size;
  made.message_size = message_size;
  made.content.parts.assign(1, filled(content_size, 'x'));
  return made;
}

} // namespace

CAF_TEST(a message comes out as it went in whatever its size) {
  for (std::size_t size : {0u, 1u, 1000u, 131'071u, 131'072u, 131'073u, 3'000'000u}) {
    outbound_lanes out;
    inbound_lanes in;
    CAF_REQUIRE(out.push(message(peer_service::replication, 5, {filled(size, 'a'), {}, filled(3, 'b')})));
    std::optional<inbound_message> got;
    for (int i = 0; i < 100 && !got; ++i) {
      auto next = out.next();
      CAF_REQUIRE(next);
      CAF_CHECK(next->content.size() <= piece_max_bytes);
      auto taken = in.take(received(*next));
      CAF_REQUIRE(taken);
      out.give_back(taken->which, taken->spent_bytes);
      got = std::move(taken->message);
    }
    CAF_REQUIRE(got);
    CAF_CHECK_EQUAL(std::string{got->head.view()}, "hhhhh");
    CAF_CHECK_EQUAL(got->body.size(), size + 3);
    CAF_CHECK_EQUAL(std::string{got->body.view()}, std::string(size, 'a') + "bbb");
    out.give_back(lane::bulk, got->cost_bytes);
    CAF_CHECK_EQUAL(out.outstanding_bytes(), 0u);
    CAF_CHECK_EQUAL(out.queued_bytes(), 0u);
    CAF_CHECK_EQUAL(out.queued_messages(), 0u);
  }
}

CAF_TEST(no more is on the way than the window allows) {
  outbound_lanes out;
  for (int i = 0; i < 100; ++i)
    CAF_REQUIRE(out.push(message(peer_service::replication, 0, {filled(100'000, 'a')})));
  std::size_t sent = 0;
  while (auto next = out.next())
    sent += next->content.size() + piece_cost_bytes;
  CAF_CHECK_EQUAL(out.outstanding_bytes(), sent);
  CAF_CHECK(sent <= default_lane_limits[1].window_bytes);
  CAF_CHECK(sent + 100'000 + piece_cost_bytes > default_lane_limits[1].window_bytes);
  out.give_back(lane::bulk, 100'000 + piece_cost_bytes);
  CAF_CHECK(out.next());
  CAF_CHECK(!out.next());
}

CAF_TEST(tiny messages are bounded too) {
  outbound_lanes out;
  for (int i = 0; i < 10'000; ++i)
    CAF_REQUIRE(out.push(message(peer_service::raft, 1)));
  std::size_t sent = 0;
  while (out.next())
    ++sent;
  CAF_CHECK_EQUAL(sent, default_lane_limits[0].window_bytes / (piece_cost_bytes + 1));
}

CAF_TEST(urgent messages overtake bulk but nothing in their own lane) {
  outbound_lanes out;
  for (int i = 0; i < 3; ++i)
    CAF_REQUIRE(out.push(message(peer_service::replication, 0, {filled(400'000, 'a')})));
  CAF_REQUIRE(out.next()); // the first message of megabytes has begun
  CAF_REQUIRE(out.push(message(peer_service::controller, 1)));
  CAF_REQUIRE(out.push(message(peer_service::raft, 2)));
  auto first = out.next();
  auto second = out.next();
  auto third = out.next();
  CAF_REQUIRE(first && second && third);
  CAF_CHECK_EQUAL(static_cast<int>(first->service), static_cast<int>(peer_service::controller));
  CAF_CHECK_EQUAL(static_cast<int>(second->service), static_cast<int>(peer_service::raft));
  CAF_CHECK_EQUAL(static_cast<int>(third->service), static_cast<int>(peer_service::replication));
  while (out.next()) {
  }
  CAF_REQUIRE(out.push(message(peer_service::raft, 3)));
  CAF_CHECK(out.next()); // the bulk window is used up, the urgent one is not
}

CAF_TEST(a full queue takes no more and loses nothing of what it has) {
  std::array<lane_limits, lane_count> tiny{{{1000, 500, 4}, {1000, 500, 4}}};
  outbound_lanes out{tiny};
  CAF_CHECK(out.push(message(peer_service::raft, 300)));
  CAF_CHECK(!out.push(message(peer_service::raft, 300)));
  CAF_CHECK(out.push(message(peer_service::raft, 200)));
  CAF_CHECK(!out.push(message(peer_service::raft, 1)));
  CAF_CHECK(out.push(message(peer_service::replication, 1))); // the other lane has its own
  CAF_CHECK_EQUAL(out.queued_messages(), 3u);
  CAF_CHECK_EQUAL(out.queued_bytes(), 501u);
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(out.push(message(peer_service::replication, 1)));
  CAF_CHECK(!out.push(message(peer_service::replication, 1)));
  outbound_lanes whole;
  CAF_CHECK(!whole.push(message(peer_service::replication, 0, {filled(message_max_bytes + 1, 'a')})));
}

CAF_TEST(pieces that contradict each other are refused) {
  auto refused = [](std::vector<piece> pieces) {
    inbound_lanes in;
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i)
      CAF_REQUIRE(in.take(std::move(pieces[i])));
    return !in.take(std::move(pieces.back()));
  };
  using enum peer_service;
  auto nobody = made_piece(raft, 0, 1, 1);
  nobody.service = peer_service_count;
  CAF_CHECK(refused({nobody}));
  CAF_CHECK(refused({made_piece(raft, 2, 1, 1)}));
  CAF_CHECK(refused({made_piece(raft, 0, 1, 2)}));
  CAF_CHECK(refused({made_piece(raft, 0, 2, 0)}));
  CAF_CHECK(refused({made_piece(raft, 0, message_max_bytes + 1, 1)}));
  CAF_CHECK(refused({made_piece(raft, 0, 10, 5), made_piece(raft, 0, 0, 6)}));
  CAF_CHECK(refused({made_piece(raft, 0, 10, 5), made_piece(raft, 0, 5, 5)}));
  CAF_CHECK(refused({made_piece(raft, 0, 10, 5), made_piece(controller, 0, 0, 5)}));
  CAF_CHECK(refused({made_piece(raft, 0, 10, 5), made_piece(raft, 0, 0, 0)}));
  CAF_CHECK(!refused({made_piece(raft, 0, 10, 5), made_piece(replication, 0, 9, 5), made_piece(raft, 0, 0, 5)}));
}

CAF_TEST(what comes over the network takes no more memory than it has bytes) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  piece sent = made_piece(peer_service::raft, 1, 10, 10);
  sent.session = 5;
  std::vector<char> raw;
  caf::binary_serializer sink{system, raw};
  CAF_REQUIRE(!sink(sent));
  auto read = [&](const std::vector<char>& from, piece& to) {
    caf::binary_deserializer source{system, from};
    return !source(to);
  };
  piece got;
  CAF_REQUIRE(read(raw, got));
  CAF_CHECK_EQUAL(got.session, 5u);
  CAF_CHECK_EQUAL(got.content.parts.front().view(), sent.content.parts.front().view());
  auto claims = raw;
  auto at = claims.size() - 10 - 4; // the size of the content, before it
  for (auto size : {11u, 0xffffffffu}) {
    store_be(claims.data() + at, std::uint32_t{size});
    CAF_CHECK(!read(claims, got));
  }
  claims.resize(at + 4 + piece_max_bytes + 1);
  store_be(claims.data() + at, static_cast<std::uint32_t>(piece_max_bytes + 1));
  CAF_CHECK(!read(claims, got)); // it is all there, but no node sends so much
  for (std::size_t size = 0; size < raw.size(); ++size)
    CAF_CHECK(!read({raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(size)}, got));
}

CAF_TEST(more credit than was owed opens the window no further) {
  outbound_lanes out;
  out.give_back(lane::bulk, UINT64_MAX);
  CAF_CHECK_EQUAL(out.outstanding_bytes(), 0u);
}
