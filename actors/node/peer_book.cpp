#include "actors/node/peer_book.hpp"

#include "runtime/base/cursor.hpp"
#include "runtime/metadata/commands.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::uint8_t question_kind = 1;
constexpr std::uint8_t answer_kind = 2;
constexpr std::size_t host_max_bytes = 255;

} // namespace

// question = 1:u8
// answer   = 2:u8 count:u16 (node:i32 port:u16 size:u8 host)*    numbers are big-endian

bytes encode(const directory_question&) { return bytes::copy_of(std::string_view{"\1", 1}); }

bytes encode(const directory_answer& answer) {
  std::vector<char> out;
  write_cursor to{out};
  to.number(answer_kind);
  to.number(static_cast<std::uint16_t>(answer.nodes.size()));
  for (auto& one : answer.nodes) {
    auto host = std::string_view{one.host}.substr(0, host_max_bytes);
    to.number(one.node.value());
    to.number(one.port);
    to.number(static_cast<std::uint8_t>(host.size()));
    to.put(host);
  }
  return bytes::copy_of({out.data(), out.size()});
}

result<bool> decode_directory(std::string_view message, directory_answer& answer) {
  read_cursor in{message};
  auto kind = in.number<std::uint8_t>();
  std::size_t count = kind == answer_kind ? in.number<std::uint16_t>() : 0;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    auto& one = answer.nodes.emplace_back();
    one.node = node_id{in.number<std::int32_t>()};
    one.port = in.number<std::uint16_t>();
    one.host = std::string{in.take(in.number<std::uint8_t>())};
    if (one.node < node_id{0} || one.port == 0 || one.host.empty())
      in.fail();
  }
  if (!in.ok() || in.remaining() != 0 || (kind != question_kind && kind != answer_kind))
    return fail(errc::malformed, "what came is no word about where nodes are");
  return kind == question_kind;
}

peer_book::peer_book(peer_address own, std::vector<peer_address> configured, std::vector<seed_address> seeds)
    : own_(std::move(own)), configured_(std::move(configured)), seeds_(std::move(seeds)) {
  std::erase_if(configured_, [this](auto& one) { return one.node == own_.node; });
}

void peer_book::on_image(const metadata::metadata_image& image) {
  registered_.clear();
  image.for_each_broker([this](const metadata::broker& one) {
    auto* at = one.find_endpoint(metadata::peer_listener);
    if (at && one.node != own_.node)
      registered_[one.node] = {one.node, at->host, at->port};
  });
}

void peer_book::on_status(const peer_status& status) {
  if (status.connected)
    connected_.insert(status.node);
  else
    connected_.erase(status.node);
}

void peer_book::on_answer(node_id from, const directory_answer& answer) {
  std::erase_if(heard_, [&](auto& one) { return one.second.from == from; });
  for (auto& one : answer.nodes)
    if (one.node != own_.node && (heard_.size() < nodes_max || heard_.contains(one.node)))
      heard_[one.node] = {one, from};
}

peers_wanted peer_book::wanted() const {
  std::map<node_id, std::vector<peer_address>> all;
  for (auto& [node, where] : registered_)
    all[node].push_back(where);
  for (auto& one : configured_)
    if (auto& addresses = all[one.node]; std::find(addresses.begin(), addresses.end(), one) == addresses.end())
      addresses.push_back(one);
  for (auto& [node, word] : heard_)
    if (auto& addresses = all[node]; addresses.empty())
      addresses.push_back(word.where);
  peers_wanted wanted;
  for (auto& [node, addresses] : all)
    wanted.peers.insert(wanted.peers.end(), addresses.begin(), addresses.end());
  if (connected_.empty())
    wanted.seeds = seeds_;
  return wanted;
}

directory_answer peer_book::known() const {
  std::map<node_id, peer_address> all;
  for (auto& [node, word] : heard_)
    if (connected_.contains(node))
      all[node] = word.where;
  for (auto& one : configured_)
    all[one.node] = one;
  for (auto& [node, where] : registered_)
    all[node] = where;
  all[own_.node] = own_;
  directory_answer answer;
  for (auto& [node, where] : all)
    if (answer.nodes.size() < nodes_max && !where.host.empty() && where.port != 0)
      answer.nodes.push_back(where);
  return answer;
}

} // namespace troupe
