#define CAF_SUITE codec
#include "caf/test/unit_test.hpp"

#include "runtime/base/random.hpp"
#include "runtime/raft/codec.hpp"
#include "runtime/raft/membership.hpp"

using namespace troupe;
using namespace troupe::raft;

namespace {

membership some_members() {
  return {{{node_id{1}, disk_id{11}}, {node_id{4}, disk_id{~0ull}}}, {node_id{2}, node_id{3}}};
}

message some(message_type type) {
  message m;
  m.type = type;
  m.from = node_id{3};
  m.to = node_id{1};
  m.term = term{7};
  m.from_disk = disk_id{0xfedcba9876543210};
  switch (type) {
  case message_type::pre_vote_request:
  case message_type::vote_request:
    m.to_disk = disk_id{9};
    m.log = {term{6}, log_index{40}};
    m.transfer = true;
    break;
  case message_type::append_request:
    m.log = {term{5}, log_index{40}};
    m.commit = log_index{39};
    m.entries = {{{term{5}, log_index{41}}, bytes::copy_of("payload"), entry_kind::data},
                 {{term{6}, log_index{42}}, encode(some_members()), entry_kind::members},
                 {{term{7}, log_index{43}}, {}, entry_kind::data}};
    break;
  case message_type::append_reply:
    m.log = {term{5}, log_index{40}};
    m.rejected = true;
    m.rejected_index = log_index{41};
    break;
  case message_type::heartbeat_request:
    m.commit = log_index{39};
    break;
  case message_type::snapshot_request:
    m.piece = snapshot_piece{{term{5}, log_index{40}}, some_members(), 100, 50, bytes::copy_of("a part")};
    break;
  case message_type::snapshot_reply:
    m.log = {term{5}, log_index{40}};
    m.offset = 56;
    break;
  case message_type::observe_request:
    m.log = {term{5}, log_index{40}};
    m.blank = true;
    m.members = some_members();
    break;
  case message_type::observe_reply:
    m.leader = node_id{2};
    m.members = some_members();
    break;
  default:
    break;
  }
  return m;
}

std::vector<message> one_of_each() {
  std::vector<message> all;
  for (std::uint8_t type = 0; type <= static_cast<std::uint8_t>(message_type::last_type); ++type)
    all.push_back(some(static_cast<message_type>(type)));
  return all;
}

bool same(const message& a, const message& b) {
  auto pieces = a.piece.has_value() == b.piece.has_value();
  if (a.piece && b.piece)
    pieces = a.piece->at == b.piece->at && a.piece->members == b.piece->members && a.piece->size == b.piece->size
             && a.piece->offset == b.piece->offset && a.piece->data == b.piece->data;
  return pieces && a.type == b.type && a.from == b.from && a.to == b.to && a.term == b.term
         && a.from_disk == b.from_disk && a.to_disk == b.to_disk && a.log == b.log && a.commit == b.commit
         && a.rejected == b.rejected && a.transfer == b.transfer && a.blank == b.blank && a.leader == b.leader
         && a.rejected_index == b.rejected_index && a.offset == b.offset && a.entries == b.entries
         && a.members == b.members;
}

bytes changed(const bytes& frame, std::size_t at, char to) {
  auto copy = bytes::copy_of(frame.view());
  copy.mutable_data()[at] = to;
  return copy;
}

} // namespace

CAF_TEST(every message comes back as it was) {
  for (auto& m : one_of_each()) {
    auto back = decode(encode(m));
    CAF_MESSAGE("type " << static_cast<int>(m.type));
    CAF_REQUIRE(back.has_value());
    CAF_CHECK(same(*back, m));
  }
}

CAF_TEST(payloads share the memory of their frame) {
  auto frame = encode(some(message_type::append_request));
  auto back = decode(frame);
  auto* payload = back->entries.at(0).payload.data();
  CAF_CHECK(payload >= frame.data() && payload < frame.data() + frame.size());
}

CAF_TEST(a message that is cut off or goes on is malformed) {
  for (auto& m : one_of_each()) {
    auto frame = encode(m);
    for (std::size_t size = 0; size < frame.size(); ++size)
      CAF_CHECK(!decode(frame.slice(0, size)));
    CAF_CHECK(!decode(bytes::copy_of(std::string{frame.view()} + '\0')));
  }
}

CAF_TEST(other versions and types are refused by name) {
  auto frame = encode(some(message_type::heartbeat_reply));
  CAF_CHECK(decode(changed(frame, 0, 2)).error().code == errc::unsupported_version);
  CAF_CHECK(decode(changed(frame, 1, 99)).error().code == errc::unsupported_version);
  CAF_CHECK(decode(changed(frame, 2, 8)).error().code == errc::malformed);
  CAF_CHECK(decode(changed(frame, 3, -1)).error().code == errc::malformed); // a negative node
}

CAF_TEST(an append from nowhere is malformed) {
  auto m = some(message_type::append_request);
  m.entries[1].at.term = term{4}; // back
  CAF_CHECK(!decode(encode(m)));
  m = some(message_type::append_request);
  m.entries[2].at.term = term{8}; // beyond its sender's
  CAF_CHECK(!decode(encode(m)));
  m = some(message_type::append_request);
  m.entries[1].payload = bytes::copy_of("nobody"); // names no members
  CAF_CHECK(!decode(encode(m)));
  m = some(message_type::append_request);
  m.log.term = term{8};
  m.entries.clear();
  CAF_CHECK(!decode(encode(m)));
}

CAF_TEST(a piece lies within its snapshot) {
  auto m = some(message_type::snapshot_request);
  m.piece->offset = 95;
  CAF_CHECK(!decode(encode(m)));
  m.piece->offset = ~0ull;
  CAF_CHECK(!decode(encode(m)));
  m = some(message_type::snapshot_request);
  m.piece->size = snapshot_max_bytes + 1;
  CAF_CHECK(!decode(encode(m)));
}

CAF_TEST(numbers that would overflow are refused) {
  auto m = some(message_type::heartbeat_reply);
  m.term = term{~0ull};
  CAF_CHECK(!decode(encode(m)));
  m = some(message_type::append_request);
  m.log.index = log_index{~0ull};
  CAF_CHECK(!decode(encode(m)));
}

CAF_TEST(members are in order and each is there once) {
  CAF_CHECK(*decode_membership(encode(some_members()).view()) == some_members());
  membership twice{{{node_id{1}, disk_id{1}}, {node_id{1}, disk_id{2}}}, {}};
  CAF_CHECK(!decode_membership(encode(twice).view()));
  membership back{{}, {node_id{2}, node_id{1}}};
  CAF_CHECK(!decode_membership(encode(back).view()));
  CAF_CHECK(!decode_membership(std::string_view{"\2\0\0", 3}));
  CAF_CHECK(decode_membership(std::string_view{"\1\0\0", 3})->empty());
  membership many;
  for (int id = 0; id <= static_cast<int>(voters_max); ++id)
    many = with_voter(std::move(many), {node_id{id}, disk_id{1}});
  CAF_CHECK(!decode_membership(encode(many).view()));
}

CAF_TEST(nobody is named who cannot be) {
  auto m = some(message_type::observe_reply);
  m.leader = no_node;
  CAF_CHECK(decode(encode(m)));
  m.leader = node_id{-2};
  CAF_CHECK(!decode(encode(m)));
  CAF_CHECK(!decode_membership(encode(membership{{{node_id{-1}, disk_id{1}}}, {}}).view()));
  CAF_CHECK(!decode_membership(encode(membership{{}, {node_id{-1}, node_id{2}}}).view()));
}

CAF_TEST(noise is never more than malformed) {
  random_source random{1};
  auto all = one_of_each();
  for (int i = 0; i < 20'000; ++i) {
    auto frame = encode(all[random.below(all.size())]);
    for (auto left = 1 + random.below(4); left > 0; --left)
      frame.mutable_data()[2 + random.below(frame.size() - 2)] = static_cast<char>(random.next());
    if (auto m = decode(frame)) {
      auto again = decode(encode(*m));
      CAF_REQUIRE(again.has_value());
      CAF_REQUIRE(same(*again, *m));
    }
  }
}
