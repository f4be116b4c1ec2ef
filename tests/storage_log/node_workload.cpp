#define CAF_SUITE node_workload
#include "caf/test/unit_test.hpp"

#include "runtime/storage/checkpoint.hpp"
#include "runtime/storage/directory_check.hpp"
#include "runtime/storage/segment_files.hpp"
#include "runtime/storage/segment_scan.hpp"
#include "tests/storage_log/small_node.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::test;

namespace {

/// Runs a node with a seed; gives the first problem.
std::string run(std::uint64_t seed, const std::function<void(small_node&, simulated_file_system&, random_source&)>& life) {
  simulated_file_system disk{seed};
  disk.set_direct(seed % 5 != 0);
  random_source random{seed ^ 0x5eed};
  small_node node{disk, seed, 1 + static_cast<int>(seed % 4)};
  life(node, disk, random);
  return node.problem().empty() ? "" : "seed " + std::to_string(seed) + ": " + node.problem();
}

void work(small_node& node, std::uint64_t steps) {
  for (std::uint64_t i = 0; i < steps && node.is_up() && node.problem().empty(); ++i)
    node.step();
}

/// An index is never synced: a torn entry in it is reported and repaired, and no damage.
bool is_of_index(const std::string& file) { return file.find(".index") != std::string::npos; }

/// What the offline check says of the stopped node's files, but for indices after power cuts.
std::string findings(simulated_file_system& disk, bool with_indices) {
  std::string all;
  auto totals = storage::verify_directory(disk, "data", [&](const storage::finding& f) {
    if (with_indices || !is_of_index(f.file))
      all += f.file + " at " + std::to_string(f.position) + ": " + f.sentence + "\n";
  });
  if (!totals)
    all += totals.error().message();
  return all;
}

/// A segment file with something in it that nothing refers to: room that is never given back.
std::string orphans(simulated_file_system& disk) {
  auto known = storage::read_checkpoint_file(disk, "data/checkpoint");
  if (!known) // the machine stopped between the two renames, and nothing was written since
    known = storage::read_checkpoint_file(disk, "data/checkpoint.old");
  auto partitions = storage::list_partitions(disk, "data");
  if (!known || !partitions)
    return "no checkpoint";
  for (auto& name : *partitions) {
    auto bases = storage::list_segments(disk, "data", name);
    for (auto base : bases.value()) {
      auto& segments = known->partitions[name].segments;
      auto is_known = std::any_of(segments.begin(), segments.end(), [&](auto& s) { return s.base == base; });
      auto path = storage::segment_path("data", name, base);
      if (!is_known && !known->garbage.contains({name, base}) && !disk.content(path)->empty())
        return path + " is an orphan";
    }
  }
  return {};
}

} // namespace

CAF_TEST(a node that is never disturbed) {
  std::string problem;
  for (std::uint64_t seed = 0; seed < 300 && problem.empty(); ++seed)
    problem = run(seed, [](small_node& node, simulated_file_system& disk, random_source&) {
      node.start();
      work(node, 400);
      if (node.is_up())
        node.stop();
      node.expect(node.damage.empty(), "damage was reported: " + (node.damage.empty() ? "" : node.damage.front()));
      auto found = findings(disk, true);
      node.expect(found.empty(), "the check finds: " + found);
    });
  CAF_CHECK_EQUAL(problem, "");
}

CAF_TEST(a node that is restarted and killed now and then) {
  std::string problem;
  for (std::uint64_t seed = 0; seed < 300 && problem.empty(); ++seed)
    problem = run(seed, [](small_node& node, simulated_file_system& disk, random_source& random) {
      for (int life = 0; life < 5 && node.problem().empty(); ++life) {
        node.start();
        work(node, random.below(200));
        if (!node.is_up())
          break;
        if (random.one_in(2))
          node.stop();
        else
          node.kill();
        disk.restart();
      }
      node.expect(node.damage.empty(), "damage was reported: " + (node.damage.empty() ? "" : node.damage.front()));
    });
  CAF_CHECK_EQUAL(problem, "");
}

CAF_TEST(a node whose power is cut at random moments) {
  std::string problem;
  for (std::uint64_t seed = 0; seed < 1'000 && problem.empty(); ++seed)
    problem = run(seed, [](small_node& node, simulated_file_system& disk, random_source& random) {
      for (int life = 0; life < 5 && node.problem().empty(); ++life) {
        disk.crash_after(random.below(400));
        if (node.start())
          work(node, 1'000);
        if (node.is_up())
          node.kill();
        disk.power_cut(random);
        disk.restart();
      }
      node.start();
      node.expect(node.is_up(), "it starts");
      if (node.is_up())
        node.stop();
      node.expect(orphans(disk).empty(), orphans(disk));
      std::erase_if(node.damage, is_of_index);
      node.expect(node.damage.empty(), "damage was reported: " + (node.damage.empty() ? "" : node.damage.front()));
      auto found = findings(disk, false);
      node.expect(found.empty(), "the check finds: " + found);
    });
  CAF_CHECK_EQUAL(problem, "");
}

CAF_TEST(a node whose disk fails now and then) {
  std::string problem;
  for (std::uint64_t seed = 0; seed < 400 && problem.empty(); ++seed)
    problem = run(seed, [](small_node& node, simulated_file_system& disk, random_source& random) {
      node.may_fail = true;
      for (int i = 0; i < 600 && node.problem().empty(); ++i) {
        if (random.one_in(40))
          disk.fail_after(random.below(12), random.one_in(2) ? errc::io_error : errc::no_space);
        if (node.is_up() && !random.one_in(150)) {
          node.step();
        } else {
          node.kill();
          if (random.one_in(2))
            disk.power_cut(random);
          disk.restart();
          node.start();
        }
      }
      disk.clear_failures();
      node.may_fail = false;
      node.kill();
      disk.restart();
      node.start();
      node.expect(node.is_up(), "it starts again");
      work(node, 100);
      if (node.is_up())
        node.stop();
      std::erase_if(node.damage, is_of_index);
      node.expect(node.damage.empty(), "damage was reported: " + (node.damage.empty() ? "" : node.damage.front()));
      auto found = findings(disk, false);
      node.expect(found.empty(), "the check finds: " + found);
    });
  CAF_CHECK_EQUAL(problem, "");
}

CAF_TEST(a disk that is full loses nothing and goes on when there is room) {
  std::string problem;
  for (std::uint64_t seed = 0; seed < 300 && problem.empty(); ++seed)
    problem = run(seed, [](small_node& node, simulated_file_system& disk, random_source& random) {
      node.start();
      for (int round = 0; round < 4 && node.problem().empty() && node.is_up(); ++round) {
        node.may_fail = true;
        disk.set_capacity(disk.used_bytes() + random.below(60'000));
        work(node, 200);
        node.may_fail = false;
        disk.set_capacity(~std::uint64_t{0});
        node.flush(true);
        work(node, 100);
      }
      node.expect(node.is_up(), "a full disk stops no node");
      if (node.is_up())
        node.stop();
      auto found = findings(disk, true);
      node.expect(found.empty(), "the check finds: " + found);
    });
  CAF_CHECK_EQUAL(problem, "");
}
