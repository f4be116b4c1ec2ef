#include "runtime/metadata/placement.hpp"

#include <algorithm>
#include <map>

namespace troupe::metadata {

namespace {

struct candidate {
  node_id node;
  std::string rack; // brokers without one share the rack ""
};

/// One of each rack in turn, so that neighbours are on different racks as far as possible. Racks and the
/// brokers of each begin at a random place: topics of one partition do not all go to the same broker.
std::vector<candidate> interleaved(const std::map<std::string, std::vector<node_id>>& racks,
                                   random_source& random) {
  std::vector<std::vector<candidate>> rows;
  for (auto& [rack, nodes] : racks) {
    auto& row = rows.emplace_back();
    for (auto node : nodes)
      row.push_back({node, rack});
    std::rotate(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(random.below(row.size())), row.end());
  }
  if (!rows.empty())
    std::rotate(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(random.below(rows.size())),
                rows.end());
  std::vector<candidate> ring;
  for (std::size_t column = 0, added = 1; added > 0; ++column) {
    added = 0;
    for (auto& row : rows)
      if (column < row.size()) {
        ring.push_back(row[column]);
        ++added;
      }
  }
  return ring;
}

class replica_choice {
public:
  replica_choice(const candidate& leader, std::size_t wanted) : wanted_(wanted) { take(leader); }

  /// Goes round the ring from `start`: first those on racks that have no replica yet, then anybody.
  void fill(const std::vector<candidate>& ring, std::size_t start) {
    for (auto fresh_racks_only : {true, false})
      for (std::size_t i = 0; i < ring.size() && nodes.size() < wanted_; ++i) {
        auto& c = ring[(start + i) % ring.size()];
        auto known_rack = std::find(racks_.begin(), racks_.end(), c.rack) != racks_.end();
        if (std::find(nodes.begin(), nodes.end(), c.node) == nodes.end() && !(fresh_racks_only && known_rack))
          take(c);
      }
  }

  std::vector<node_id> nodes;

private:
  void take(const candidate& c) {
    nodes.push_back(c.node);
    racks_.push_back(c.rack);
  }

  std::size_t wanted_;
  std::vector<std::string> racks_;
};

std::string too_few(std::int32_t wanted, std::int32_t ready, std::size_t registered) {
  auto text = std::to_string(wanted) + (wanted == 1 ? " replica is" : " replicas are") + " wanted, and "
              + std::to_string(ready) + (ready == 1 ? " broker is" : " brokers are") + " ready";
  if (registered != static_cast<std::size_t>(ready))
    text += " of " + std::to_string(registered) + " that are registered";
  return text;
}

} // namespace

result<std::vector<std::vector<node_id>>> place(const metadata_image& image, std::int32_t partitions,
                                                std::int32_t replication_factor, random_source& random) {
  std::map<std::string, std::vector<node_id>> ready;
  std::int32_t ready_count = 0;
  image.for_each_broker([&](const broker& b) {
    if (b.fenced || b.shutting_down)
      return;
    ready[b.rack.value_or("")].push_back(b.node);
    ++ready_count;
  });
  if (replication_factor > ready_count)
    return fail(errc::invalid_replication_factor,
                too_few(replication_factor, ready_count, image.broker_count()));
  auto leaders = interleaved(ready, random);
  std::vector<std::vector<node_id>> placed;
  for (std::size_t i = 0; i < static_cast<std::size_t>(partitions); ++i) {
    auto at = i % leaders.size();
    auto round = i / leaders.size(); // shifts the followers, so that a broker's followers are spread as well
    replica_choice choice{leaders[at], static_cast<std::size_t>(replication_factor)};
    auto shift = leaders.size() > 1 ? round % (leaders.size() - 1) : 0;
    choice.fill(leaders, at + 1 + shift);
    placed.push_back(std::move(choice.nodes));
  }
  return placed;
}

} // namespace troupe::metadata
