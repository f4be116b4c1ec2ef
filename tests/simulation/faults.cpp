#include "tests/simulation/faults.hpp"

#include <algorithm>

namespace troupe::simulation {

namespace {

constexpr std::uint64_t never = std::uint64_t{1} << 60;
constexpr int start_attempts_max = 50;

} // namespace

faults::faults(const plan& drawn, node_host& node, test::simulated_file_system& disk,
               const virtual_clock& clock, judge& checks, history& report, std::uint64_t seed)
    : plan_(drawn), node_(node), disk_(disk), clock_(clock), checks_(checks), report_(report), random_(seed) {
}

bool faults::cuts_power() { return plan_.power_cuts && (!plan_.crashes || random_.one_in(2)); }

void faults::crash() {
  node_.crash(cuts_power(), random_);
  disk_.crash_after(never);
  checks_.node_restarts();
  stopping_ = false;
}

void faults::crash_and_start() {
  crash();
  start();
}

// Damage in the last group of all passes for a write that was cut short.
std::string faults::rot_and_start(ledger& known) {
  crash();
  auto groups = groups_in_journal(disk_, plan_.node.data_directory + "/journal");
  if (!groups.empty())
    groups.pop_back();
  std::erase_if(groups, [&](const journal_group& group) {
    return !std::all_of(group.entries.begin(), group.entries.end(),
                        [&](auto& entry) { return known.find(entry.partition.topic); });
  });
  if (groups.empty()) {
    start();
    return {};
  }
  auto& chosen = groups[random_.below(groups.size())];
  rot(chosen);
  // From the last entry to the first: what ends a log may be in the same group as what comes before it.
  for (auto entry = chosen.entries.rbegin(); entry != chosen.entries.rend(); ++entry)
    known.may_lack(entry->partition, entry->base_offset.value(), entry->next_offset.value());
  start();
  return chosen.file;
}

void faults::rot(const journal_group& group) {
  auto position = group.position + random_.below(group.length_bytes);
  report_.note("disk: a bit flips in " + group.file + " at " + std::to_string(position) + ", in group "
               + std::to_string(group.sequence));
  disk_.flip_bit(group.file, position, static_cast<unsigned>(random_.below(8)));
}

void faults::strike() {
  look_after_node();
  if (healed_ || report_.failed())
    return;
  strike_disk();
  strike_node();
}

void faults::strike_node() {
  if (!node_.is_up() || stopping_)
    return;
  if ((plan_.crashes || plan_.power_cuts) && random_.one_in(500)) {
    if (random_.one_in(2))
      disk_.crash_after(random_.below(40));
    else
      crash();
  } else if (plan_.orderly_stops && node_.is_ready() && random_.one_in(700)) {
    stopping_ = true;
    node_.stop();
  } else if (plan_.partition_deaths && node_.is_ready() && random_.one_in(300)) {
    node_.kill_partition(random_);
  }
}

void faults::strike_disk() {
  if (plan_.failing_disk && random_.one_in(700)) {
    report_.note("disk: an operation will fail");
    disk_.fail_after(random_.below(60), errc::io_error);
  }
  if (plan_.full_disk && !full_ && random_.one_in(600)) {
    report_.note("disk: full");
    disk_.set_capacity(disk_.used_bytes() + random_.below(40'000));
    full_ = true;
    room_again_at_ms_ = clock_.ms() + 1 + static_cast<std::int64_t>(random_.below(15'000));
  }
  if (full_ && clock_.ms() >= room_again_at_ms_) {
    report_.note("disk: room again");
    disk_.set_capacity(~std::uint64_t{0});
    full_ = false;
  }
}

void faults::look_after_node() {
  if (disk_.is_off()) {
    crash();
  } else if (node_.has_ended()) {
    report_.note("node: ended: " + node_.why());
    if (!(stopping_ && node_.why().empty()) && !plan_.failing_disk)
      report_.fail(outcome::correctness, "node: it ended by itself: " + node_.why());
    crash();
  }
  if (!node_.is_up())
    start();
}

void faults::start() {
  for (int i = 0; i < start_attempts_max && !report_.failed(); ++i) {
    if (!healed_ && (plan_.crashes || plan_.power_cuts) && random_.one_in(4))
      disk_.crash_after(random_.below(60));
    if (node_.start())
      return;
    // The machine stopped, or failed, in the middle of the recovery. What else keeps a node from starting is
    // a fault of its own.
    if (!disk_.is_off() && !plan_.failing_disk && !full_)
      report_.fail(outcome::correctness, "node: it does not start: " + node_.why());
    if (full_) {
      disk_.set_capacity(~std::uint64_t{0});
      full_ = false;
    }
    crash();
  }
  report_.fail(outcome::correctness, "node: it does not start any more: " + node_.why());
}

void faults::heal() {
  report_.note("all faults are healed");
  healed_ = true;
  disk_.clear_failures();
  disk_.crash_after(never);
  disk_.set_capacity(~std::uint64_t{0});
  full_ = false;
}

} // namespace troupe::simulation
