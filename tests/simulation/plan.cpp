#include "tests/simulation/plan.hpp"

#include "runtime/base/random.hpp"

namespace troupe::simulation {

namespace {

constexpr std::int64_t block = static_cast<std::int64_t>(limits::block_size_bytes);

std::int64_t between(random_source& random, std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(to - from) + 1));
}

/// Now and then the smallest, often small, seldom large.
std::int64_t small(random_source& random, std::int64_t least, std::int64_t most) {
  return random.one_in(4) ? least
                          : between(random, least, random.one_in(3) ? most : least + (most - least) / 8);
}

void draw_sizes(plan& drawn, random_source& random) {
  auto& sizes = drawn.sizes;
  auto group_blocks = between(random, 2, 8);
  sizes.journal_group_max_bytes = static_cast<std::size_t>(group_blocks * block);
  drawn.node.journal_file_bytes = (group_blocks + between(random, 2, 24)) * block;
  drawn.node.journal_files = static_cast<std::int32_t>(between(random, 2, 6));
  sizes.log.flush_bytes = static_cast<std::uint64_t>(small(random, 1, 16'000));
  sizes.log.flush_ms = small(random, 1, 10'000);
  sizes.log.flush_max_bytes = static_cast<std::uint64_t>(small(random, 1'000, 60'000));
  sizes.log.straight_bytes = random.one_in(3) ? limits::mib : static_cast<std::uint64_t>(between(random, 1, 8'000));
  sizes.reading.chunk_size_bytes = static_cast<std::size_t>(between(random, 1, 4) * block);
  sizes.reading.cache_bytes = static_cast<std::size_t>(between(random, 0, 8) * block);
  sizes.reading.open_segments_max = static_cast<std::size_t>(between(random, 1, 6));
  sizes.segments.open_files_max = static_cast<std::size_t>(between(random, 1, 6));
  sizes.segments.sync_each_max = static_cast<std::size_t>(between(random, 0, 8));
  sizes.segments.write_size_bytes = static_cast<std::size_t>(between(random, 1, 8) * block);
  sizes.segments.last_blocks_bytes = static_cast<std::size_t>(between(random, 0, 8) * block);
  sizes.segments.preallocate_max_bytes = static_cast<std::uint64_t>(between(random, 0, 16) * block);
}

void draw_topics(plan& drawn, random_source& random) {
  auto& node = drawn.node;
  // A topic's segments have 1 MiB at the least: it is by age that they are many.
  node.log_segment_bytes = static_cast<std::int64_t>(limits::mib);
  node.log_index_interval_bytes = small(random, 1, 4'096);
  node.log_roll_ms = random.one_in(4) ? 7ll * 24 * 3600 * 1000 : between(random, 100, 20'000);
  node.log_retention_ms = random.one_in(3) ? between(random, 500, 60'000) : -1;
  node.log_retention_bytes = random.one_in(3) ? between(random, 2'000, 60'000) : -1;
  node.log_retention_check_interval_ms = between(random, 100, 20'000);
  node.cache_bytes = small(random, 1, 200'000);
  node.auto_create_topics_enable = random.one_in(2);
}

} // namespace

plan draw_plan(std::uint64_t seed, std::uint64_t steps) {
  random_source random{seed};
  plan drawn;
  drawn.seed = seed;
  drawn.steps = steps / 2 + random.below(steps + 1);
  drawn.node.data_directory = "data";
  draw_sizes(drawn, random);
  draw_topics(drawn, random);
  drawn.direct_disk = !random.one_in(5);
  drawn.producers = static_cast<int>(between(random, 1, 4));
  drawn.consumers = static_cast<int>(between(random, 1, 3));
  drawn.topics = static_cast<int>(between(random, 1, 3));
  drawn.padding_max_bytes = random.one_in(3) ? 1'500 : 150;
  drawn.crashes = random.one_in(2);
  drawn.power_cuts = random.one_in(2);
  drawn.orderly_stops = random.one_in(2);
  drawn.full_disk = random.one_in(4);
  drawn.failing_disk = random.one_in(4);
  drawn.lost_connections = random.one_in(2);
  drawn.topic_changes = random.one_in(2);
  drawn.slow_start = random.one_in(2);
  drawn.partition_deaths = random.one_in(2);
  drawn.deletions = random.one_in(2);
  drawn.journal_rot = random.one_in(2);
  return drawn;
}

std::string plan::to_string() const {
  std::string text = "seed " + std::to_string(seed) + ": " + std::to_string(steps) + " steps, "
                     + std::to_string(producers) + " producers, " + std::to_string(consumers) + " consumers, "
                     + std::to_string(topics) + " topics";
  auto add = [&text](bool on, const char* what) {
    if (on)
      text += std::string{", "} + what;
  };
  add(!direct_disk, "no direct I/O");
  add(crashes, "crashes");
  add(power_cuts, "power cuts");
  add(orderly_stops, "orderly stops");
  add(partition_deaths, "partition deaths");
  add(full_disk, "full disk");
  add(failing_disk, "failing disk");
  add(lost_connections, "lost connections");
  add(topic_changes, "topic changes");
  add(deletions, "deletions");
  add(journal_rot, "rot in the journal");
  add(node.log_retention_ms >= 0 || node.log_retention_bytes >= 0, "retention");
  return text;
}

} // namespace troupe::simulation
