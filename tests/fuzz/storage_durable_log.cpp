// The log of the metadata quorum, whose files were changed. The input says what is stored and which bytes
// change. If it opens at all, then hard state and snapshot are those that were saved last, and the entries
// are those of the end or, where a write looks torn, of a moment before; but never fewer than were committed.
#include "runtime/storage/durable_log.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "runtime/simulated/simulated_file_system.hpp"

#include <algorithm>
#include <string>

using namespace troupe;
using namespace troupe::storage;
using test::simulated_file_system;

namespace {

constexpr int changes_max = 4;
const durable_log_options log_options{"data/metadata", 6 * block_size_bytes};

using entries_type = std::vector<durable_entry>;

/// What should be there: the entries after each change of them, the newest last.
struct model {
  std::vector<entries_type> history{{}};
  durable_hard_state state;
  std::optional<durable_snapshot> snapshot;

  std::uint64_t snapshot_index() const { return snapshot ? snapshot->index : 0; }
  std::uint64_t last_index() const { return snapshot_index() + now().size(); }
  const entries_type& now() const { return history.back(); }
};

entries_type behind(const entries_type& all, std::uint64_t index) {
  entries_type out;
  std::copy_if(all.begin(), all.end(), std::back_inserter(out), [&](auto& e) { return e.index > index; });
  return out;
}

void append(durable_log& log, model& m, fuzz::input& in) {
  entries_type added;
  for (auto n = 1 + in.number<std::uint8_t>() % 3; n > 0; --n) {
    auto index = m.last_index() + added.size() + 1;
    std::string payload(in.number<std::uint16_t>() % 6000, static_cast<char>('a' + index % 26));
    added.push_back({index, m.state.term, bytes::copy_of(payload)});
  }
  if (!log.append(added))
    return;
  auto all = m.now();
  all.insert(all.end(), added.begin(), added.end());
  m.history.push_back(std::move(all));
}

/// Entries that are not committed go, as when a new leader says otherwise.
void truncate(durable_log& log, model& m, std::uint8_t detail) {
  auto first = std::max(m.state.commit, m.snapshot_index()) + 1;
  if (first > m.last_index())
    return;
  auto index = first + detail % (m.last_index() - first + 1);
  CHECK(log.truncate_suffix(index).has_value());
  auto all = m.now();
  all.resize(static_cast<std::size_t>(index - m.snapshot_index() - 1));
  m.history.push_back(std::move(all));
}

void save_state(durable_log& log, model& m, std::uint8_t detail) {
  m.state.term += detail % 2;
  m.state.vote = detail % 5;
  m.state.commit += detail / 16 % (m.last_index() - m.state.commit + 1);
  CHECK(log.save(m.state).has_value());
}

void save_snapshot(durable_log& log, model& m, std::uint8_t detail) {
  if (m.state.commit <= m.snapshot_index())
    return;
  auto index = m.snapshot_index() + 1 + detail % (m.state.commit - m.snapshot_index());
  auto term = m.now()[static_cast<std::size_t>(index - m.snapshot_index() - 1)].term;
  m.snapshot = durable_snapshot{index, term, bytes::copy_of(std::string(detail, 's'))};
  CHECK(log.save(*m.snapshot).has_value());
  m.history.push_back(behind(m.now(), index));
  if (detail % 2 == 0)
    CHECK(log.compact_prefix(index).has_value());
}

void live(durable_log& log, model& m, fuzz::input& in) {
  for (auto steps = 1 + in.number<std::uint8_t>() % 16; steps > 0; --steps) {
    auto what = in.number<std::uint8_t>() % 8;
    auto detail = in.number<std::uint8_t>();
    switch (what) {
    case 0:
      truncate(log, m, detail);
      break;
    case 1:
    case 2:
      save_state(log, m, detail);
      break;
    case 3:
      save_snapshot(log, m, detail);
      break;
    case 4:
      CHECK(log.seal().has_value());
      break;
    default:
      append(log, m, in);
    }
  }
}

int change_bytes(simulated_file_system& fs, fuzz::input& in) {
  auto names = *fs.list(log_options.directory);
  int changes = 0;
  for (; changes < changes_max && !in.empty(); ++changes) {
    auto path = log_options.directory + "/" + names[in.number<std::uint8_t>() % names.size()];
    auto content = *fs.content(path);
    if (content.empty())
      continue;
    auto at = in.number<std::uint32_t>() % content.size();
    content[at] = static_cast<char>(content[at] ^ (in.number<std::uint8_t>() | 1));
    fs.plant_file(path, content);
  }
  return changes;
}

void check(const durable_log::opened& found, const model& m, int changes) {
  CHECK(found.hard_state == m.state);
  CHECK(found.snapshot == m.snapshot);
  CHECK(found.log->last_index() == m.snapshot_index() + found.entries.size());
  CHECK(found.log->last_index() >= m.state.commit, "nothing committed is lost");
  if (changes == 0)
    CHECK(found.entries == m.now() && found.cut.empty());
  auto is_there = [&](auto& moment) { return behind(moment, m.snapshot_index()) == found.entries; };
  auto newest = m.history.rbegin();
  CHECK(std::any_of(newest, m.history.rend(), is_there), "the entries are those of some moment");
  // With more than one change a segment may look as if nothing had ever been written to it.
  if (changes == 1 && !is_there(*newest))
    CHECK(!found.cut.empty(), "what is cut is reported");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  simulated_file_system fs;
  model m;
  {
    auto opened = durable_log::open(fs, log_options);
    CHECK(opened.has_value());
    m.state.term = 1;
    CHECK(opened->log->save(m.state).has_value());
    live(*opened->log, m, in);
  }
  auto changes = change_bytes(fs, in);
  fs.restart();
  auto found = durable_log::open(fs, log_options);
  CHECK(found || changes > 0);
  if (!found) {
    CHECK(found.error() == errc::corrupt || found.error() == errc::wrong_format);
    return 0;
  }
  check(*found, m, changes);
  found->log.reset();
  auto again = durable_log::open(fs, log_options);
  CHECK(again && again->entries == found->entries && again->cut.empty(), "cutting settles it");
  return 0;
}
