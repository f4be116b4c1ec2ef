#include "tests/simulation_cluster/plan.hpp"

#include "runtime/base/random.hpp"

#include <algorithm>

namespace troupe::simulation::cluster {

namespace {

constexpr std::int64_t block_bytes = static_cast<std::int64_t>(limits::block_size_bytes);
constexpr std::uint16_t kafka_port = 9'000;
constexpr std::uint16_t peer_port = 7'000;
constexpr int controllers_from = 100; ///< ids of nodes that are only controllers

std::int64_t between(random_source& random, std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(to - from) + 1));
}

void draw_sizes(plan& drawn, config::node_options& node, random_source& random) {
  auto& sizes = drawn.sizes;
  auto group_blocks = between(random, 2, 8);
  sizes.journal_group_max_bytes = static_cast<std::size_t>(group_blocks * block_bytes);
  node.journal_file_bytes = (group_blocks + between(random, 4, 60)) * block_bytes;
  node.journal_files = static_cast<std::int32_t>(between(random, 2, 6));
  sizes.log.flush_bytes = static_cast<std::uint64_t>(between(random, 1, 16'000));
  sizes.log.flush_ms = between(random, 1, 10'000);
  sizes.log.flush_max_bytes = static_cast<std::uint64_t>(between(random, 1'000, 60'000));
  sizes.reading.chunk_size_bytes = static_cast<std::size_t>(between(random, 1, 4) * block_bytes);
  sizes.reading.cache_bytes = static_cast<std::size_t>(between(random, 0, 8) * block_bytes);
  sizes.reading.open_segments_max = static_cast<std::size_t>(between(random, 1, 6));
  sizes.segments.open_files_max = static_cast<std::size_t>(between(random, 1, 6));
  sizes.segments.preallocate_max_bytes = static_cast<std::uint64_t>(between(random, 0, 4) * block_bytes);
}

config::node_options draw_node(plan& drawn, random_source& random) {
  config::node_options node;
  node.data_directory = "data";
  node.log_segment_bytes = static_cast<std::int64_t>(limits::mib);
  node.log_index_interval_bytes = between(random, 1, 4'096);
  node.log_roll_ms = random.one_in(3) ? between(random, 500, 20'000) : 7ll * 24 * 3600 * 1000;
  node.log_retention_ms = -1;
  node.cache_bytes = random.one_in(2) ? between(random, 1, 20'000) : 1'000'000;
  node.auto_create_topics_enable = false;
  node.replica_lag_time_max_ms = random.one_in(2) ? 10'000 : between(random, 300, 3'000);
  draw_sizes(drawn, node, random);
  return node;
}

int draw_brokers(random_source& random) {
  if (random.one_in(8))
    return static_cast<int>(between(random, 1, 2));
  return static_cast<int>(random.one_in(3) ? between(random, 4, 5) : 3);
}

int draw_controllers(int brokers, bool apart, random_source& random) {
  if (random.one_in(8) || (!apart && brokers < 3))
    return 1;
  return !apart && brokers == 5 && random.one_in(2) ? 5 : 3;
}

void draw_nodes(plan& drawn, random_source& random) {
  auto base = draw_node(drawn, random);
  auto brokers = draw_brokers(random);
  auto apart = random.one_in(5);
  auto controllers = draw_controllers(brokers, apart, random);
  auto add = [&](int id, const char* roles) {
    auto node = base;
    node.node_id = id;
    node.name = "n" + std::to_string(id);
    node.roles = roles;
    auto port = static_cast<std::uint16_t>(id);
    node.peer_listener = "127.0.0.1:" + std::to_string(peer_port + id);
    node.listeners.clear();
    if (node.is_broker())
      node.listeners.push_back({"127.0.0.1", static_cast<std::uint16_t>(kafka_port + port), {}, 0, false});
    drawn.nodes.push_back(node);
  };
  for (int i = 1; i <= brokers; ++i)
    add(i, apart || i > controllers ? "broker" : "both");
  for (int i = 1; apart && i <= controllers; ++i)
    add(controllers_from + i, "controller");
  std::vector<config::peer_endpoint> peers;
  std::vector<config::peer_endpoint> voters;
  for (auto& node : drawn.nodes) {
    peers.push_back({node.node_id, "127.0.0.1", static_cast<std::uint16_t>(peer_port + node.node_id)});
    if (node.is_controller())
      voters.push_back(peers.back());
  }
  for (auto& node : drawn.nodes) {
    node.peers = peers;
    node.voters = voters;
  }
}

void draw_topics(plan& drawn, random_source& random) {
  auto brokers = std::count_if(drawn.nodes.begin(), drawn.nodes.end(), [](auto& node) { return node.is_broker(); });
  auto count = between(random, 1, 3);
  for (int i = 1; i <= count; ++i) {
    topic_wish wish;
    wish.name = "t" + std::to_string(i);
    wish.partitions = static_cast<std::int32_t>(between(random, 1, 3));
    auto replicas = random.one_in(4) ? between(random, 1, 3) : 3;
    wish.replicas = static_cast<std::int16_t>(std::min<std::int64_t>(replicas, brokers));
    wish.min_insync = static_cast<std::int32_t>(random.one_in(3) ? between(random, 1, wish.replicas)
                                                                 : std::min<std::int64_t>(2, wish.replicas));
    drawn.topics.push_back(wish);
  }
}

void draw_faults(plan& drawn, random_source& random) {
  for (auto fault : {&plan::crashes, &plan::power_cuts, &plan::blackouts, &plan::torn_writes, &plan::orderly_stops,
                     &plan::pauses, &plan::partitions, &plan::one_way, &plan::hold_ups, &plan::partition_deaths,
                     &plan::lost_connections, &plan::clock_jumps, &plan::wipes, &plan::reassignments, &plan::elections,
                     &plan::rot, &plan::membership, &plan::clock_drift})
    drawn.*fault = random.one_in(2);
  // What a wiped disk had was there once more.
  auto controllers = drawn.nodes.front().voters.size();
  drawn.wipes &= controllers >= 3; // nor may the only copy of the metadata go
  for (auto& topic : drawn.topics)
    drawn.wipes &= topic.min_insync >= 2;
  // Of two voters neither may lose its disk.
  drawn.membership &= controllers >= (drawn.wipes ? 5u : 3u);
}

void draw_racks(plan& drawn, random_source& random) {
  drawn.racks = random.one_in(3);
  for (auto& node : drawn.nodes)
    if (drawn.racks)
      node.rack = rack_name(node.node_id % racks_count);
}

void draw_removal(plan& drawn, random_source& random) {
  drawn.deletions = random.one_in(3);
  drawn.retention = random.one_in(4);
  if (!drawn.retention)
    return;
  auto retention_ms = between(random, 5'000, 60'000);
  auto roll_ms = between(random, 500, 10'000);
  auto check_ms = between(random, 500, 5'000);
  for (auto& node : drawn.nodes) {
    node.log_retention_ms = retention_ms;
    node.log_roll_ms = roll_ms;
    node.log_retention_check_interval_ms = check_ms;
  }
}

} // namespace

std::string rack_name(int number) { return "rack-" + std::to_string(number); }

plan draw_plan(std::uint64_t seed, std::int64_t fault_time_ms) {
  random_source random{seed};
  plan drawn;
  drawn.seed = seed;
  drawn.fault_time_ms = fault_time_ms / 2 + between(random, 0, fault_time_ms);
  draw_nodes(drawn, random);
  draw_topics(drawn, random);
  drawn.slow_links = random.one_in(2);
  drawn.slow_nodes = random.one_in(2);
  drawn.producers = static_cast<int>(between(random, 1, 4));
  drawn.consumers = static_cast<int>(between(random, 1, 2));
  drawn.think_max_ms = static_cast<std::uint64_t>(random.one_in(2) ? 300 : 60);
  drawn.padding_max_bytes = random.one_in(3) ? 1'500 : 150;
  draw_faults(drawn, random);
  draw_racks(drawn, random);
  draw_removal(drawn, random);
  return drawn;
}

std::string plan::to_string() const {
  std::string text = "seed " + std::to_string(seed) + ": " + std::to_string(nodes.size()) + " nodes, "
                     + std::to_string(nodes.front().voters.size()) + " controllers"
                     + (nodes.front().is_controller() ? "" : " apart") + ", " + std::to_string(producers) + " producers, "
                     + std::to_string(consumers) + " consumers";
  for (auto& topic : topics)
    text += ", " + topic.name + " " + std::to_string(topic.partitions) + "x" + std::to_string(topic.replicas) + "/"
            + std::to_string(topic.min_insync);
  auto add = [&text](bool on, const char* what) {
    if (on)
      text += std::string{", "} + what;
  };
  add(racks, "racks");
  add(slow_links, "slow links");
  add(slow_nodes, "slow nodes");
  add(crashes, "crashes");
  add(power_cuts, "power cuts");
  add(blackouts, "blackouts");
  add(torn_writes, "torn writes");
  add(orderly_stops, "orderly stops");
  add(pauses, "pauses");
  add(partitions, "partitions");
  add(one_way, "one-way");
  add(hold_ups, "hold-ups");
  add(partition_deaths, "deaths of actors");
  add(lost_connections, "lost connections");
  add(clock_jumps, "clock jumps");
  add(wipes, "wipes");
  add(deletions, "deletions");
  add(retention, "retention");
  add(reassignments, "reassignments");
  add(elections, "elections");
  add(membership, "membership");
  add(clock_drift, "clock drift");
  add(rot, "rot");
  return text;
}

} // namespace troupe::simulation::cluster
