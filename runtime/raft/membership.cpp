#include "runtime/raft/membership.hpp"

#include <algorithm>

namespace troupe::raft {

namespace {

constexpr std::uint8_t membership_version = 1;

bool names_nodes(const membership& members) {
  return (members.voters.empty() || !(members.voters.front().node < node_id{0}))
         && (members.awaited.empty() || !(members.awaited.front() < node_id{0}));
}

bool ascends(const membership& members) {
  auto less = [](auto& a, auto& b) { return !(a.node < b.node); };
  return std::adjacent_find(members.voters.begin(), members.voters.end(), less) == members.voters.end()
         && std::adjacent_find(members.awaited.begin(), members.awaited.end(), std::greater_equal<>{})
              == members.awaited.end();
}

} // namespace

bytes encode(const membership& members) {
  std::vector<char> raw;
  write_cursor out{raw};
  out.number(membership_version);
  out.number(static_cast<std::uint8_t>(members.voters.size()));
  for (auto& v : members.voters) {
    out.number(v.node.value());
    out.number(v.disk.value());
  }
  out.number(static_cast<std::uint8_t>(members.awaited.size()));
  for (auto node : members.awaited)
    out.number(node.value());
  return bytes::copy_of({raw.data(), raw.size()});
}

result<membership> decode_membership(read_cursor& in) {
  if (auto version = in.number<std::uint8_t>(); in.ok() && version != membership_version)
    return fail(errc::unsupported_version, "a membership of version " + std::to_string(version));
  membership members;
  for (auto left = in.number<std::uint8_t>(); left > 0 && in.ok(); --left) {
    node_id node{in.number<std::int32_t>()};
    members.voters.push_back({node, disk_id{in.number<std::uint64_t>()}});
  }
  for (auto left = in.number<std::uint8_t>(); left > 0 && in.ok(); --left)
    members.awaited.push_back(node_id{in.number<std::int32_t>()});
  if (!in.ok() || !ascends(members) || !names_nodes(members) || members.voters.size() > voters_max || members.awaited.size() > voters_max)
    return fail(errc::malformed, "a membership");
  return members;
}

result<membership> decode_membership(std::string_view data) {
  read_cursor in{data};
  auto members = decode_membership(in);
  if (members && in.remaining() > 0)
    return fail(errc::malformed, "a membership with something behind it");
  return members;
}

membership with_voter(membership members, const voter& added) {
  members = without_voter(std::move(members), added.node);
  auto behind = std::find_if(members.voters.begin(), members.voters.end(),
                             [&](auto& v) { return v.node > added.node; });
  members.voters.insert(behind, added);
  return members;
}

membership without_voter(membership members, node_id removed) {
  std::erase_if(members.voters, [&](auto& v) { return v.node == removed; });
  std::erase(members.awaited, removed);
  return members;
}

membership awaiting(membership members, node_id removed) {
  members = without_voter(std::move(members), removed);
  members.awaited.insert(std::upper_bound(members.awaited.begin(), members.awaited.end(), removed), removed);
  return members;
}

} // namespace troupe::raft
