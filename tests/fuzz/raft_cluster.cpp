// A quorum whose every step the input chooses: time, deliveries in any order, losses, repetitions, crashes,
// snapshots, changes of the members. The cluster itself checks what Raft promises (one leader a term, matching logs, nothing
// committed is lost).
#include "tests/fuzz/fuzz.hpp"
#include "tests/raft/cluster.hpp"

using namespace troupe;
using namespace troupe::raft;

namespace {

constexpr std::size_t network_max = 200;
constexpr int nodes_max = 7;

void change(cluster& all, int id, std::uint8_t detail) {
  auto& core = *all.at(id).core;
  node_id whom{1 + detail / 4 % all.size()};
  switch (detail % 4) {
  case 0:
    core.transfer_leadership(whom);
    break;
  case 1:
    core.remove_voter(whom);
    break;
  case 2:
    core.add_voter(whom);
    break;
  default:
    if (all.size() < nodes_max)
      all.join();
  }
}

void step(cluster& all, std::uint8_t what, std::uint8_t detail) {
  auto id = 1 + detail % all.size();
  auto which = all.network.empty() ? 0 : detail % all.network.size();
  auto running = all.at(id).core.has_value();
  switch (what % 14) {
  case 0:
    if (running)
      all.tick(id);
    break;
  case 1:
  case 2:
    if (!all.network.empty())
      all.deliver(which);
    break;
  case 3:
    if (!all.network.empty())
      all.network.erase(all.network.begin() + static_cast<std::ptrdiff_t>(which));
    break;
  case 4:
    if (!all.network.empty() && all.network.size() < network_max)
      all.network.push_back(all.network[which]);
    break;
  case 5:
    if (running)
      all.persist(id);
    break;
  case 6:
    if (running)
      all.finish(id);
    break;
  case 7:
    if (running)
      all.propose(id, std::string(1 + detail % 3, static_cast<char>('a' + detail % 26)));
    break;
  case 8:
    if (running)
      all.crash(id);
    else
      all.restart(id);
    break;
  case 9:
    if (running)
      all.compact(id);
    break;
  case 10:
    if (running)
      change(all, id, detail);
    break;
  default:
    if (running)
      all.whole_round(id);
  }
  while (all.network.size() > network_max)
    all.network.erase(all.network.begin());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  auto shape = in.number<std::uint8_t>();
  config common;
  common.seed = in.number<std::uint8_t>();
  common.append_max_bytes = shape % 2 == 0 ? 1 : 64;
  common.election_ticks = 3;
  cluster all{1 + shape / 2 % 5, common};
  while (!in.empty()) {
    auto what = in.number<std::uint8_t>();
    step(all, what, in.number<std::uint8_t>());
    CHECK(all.broken.empty(), all.broken);
  }
  return 0;
}
