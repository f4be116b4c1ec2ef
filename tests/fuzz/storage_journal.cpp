// A journal whose files were changed behind its back. The input says what is appended and committed and which
// bytes change afterwards. Whatever comes back must be what was appended, byte for byte and in order; without
// a change all of it must come back; and the journal must open again and go on.
#include "runtime/storage/journal_format.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/storage_journal/journal_workshop.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::storage;
using test::appended;
using test::simulated_file_system;

namespace {

constexpr int changes_max = 8;

struct written {
  std::vector<appended> committed;
  std::vector<std::string> paths;
};

written write_journal(simulated_file_system& fs, const journal_options& options, fuzz::input& in) {
  written out;
  auto opened = journal::open(fs, options, [](const journal_entry&) {});
  CHECK(opened.has_value());
  auto& log = *opened->log;
  std::vector<appended> pending;
  std::int64_t next = 0;
  for (auto steps = 1 + in.number<std::uint8_t>() % 12; steps > 0; --steps) {
    auto what = in.number<std::uint8_t>();
    appended a{what % 3, next, next + 1,
               std::string(1 + in.number<std::uint16_t>() % 9000, static_cast<char>('a' + next % 26))};
    next += 1;
    if (log.fits(a.batch.size())) {
      test::append(log, a);
      pending.push_back(std::move(a));
    }
    if ((what & 16) != 0 && log.commit()) {
      out.committed.insert(out.committed.end(), pending.begin(), pending.end());
      pending.clear();
    }
    if ((what & 32) != 0 && pending.empty())
      CHECK(log.seal().has_value());
  }
  if (log.commit())
    out.committed.insert(out.committed.end(), pending.begin(), pending.end());
  auto names = fs.list(options.directory);
  CHECK(names.has_value());
  for (auto& name : *names)
    out.paths.push_back(options.directory + "/" + name);
  return out;
}

/// Returns whether anything changed.
bool change_bytes(simulated_file_system& fs, const written& journal, fuzz::input& in) {
  bool changed = false;
  for (int n = 0; n < changes_max && !in.empty(); ++n) {
    auto& path = journal.paths[in.number<std::uint8_t>() % journal.paths.size()];
    auto content = *fs.content(path);
    auto at = in.number<std::uint32_t>() % content.size();
    auto mask = in.number<std::uint8_t>();
    content[at] = static_cast<char>(content[at] ^ mask);
    changed = changed || mask != 0;
    fs.plant_file(path, content);
  }
  return changed;
}

/// Whether `part` is what remains of `whole` when some are left out.
bool is_part_of(const std::vector<appended>& part, const std::vector<appended>& whole) {
  auto at = whole.begin();
  for (auto& a : part) {
    at = std::find(at, whole.end(), a);
    if (at == whole.end())
      return false;
    ++at;
  }
  return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  simulated_file_system fs;
  auto options = test::small_journal(20, 8);
  auto journal_files = write_journal(fs, options, in);
  auto changed = change_bytes(fs, journal_files, in);
  fs.restart();

  std::vector<appended> seen;
  auto report = journal::inspect(fs, options, test::collect_into(seen));
  CHECK(report || changed);
  CHECK(is_part_of(seen, journal_files.committed));
  if (!changed)
    CHECK(seen == journal_files.committed && report->damage.empty());

  std::vector<appended> replayed;
  auto opened = journal::open(fs, options, test::collect_into(replayed));
  CHECK(opened.has_value() == report.has_value());
  if (!opened)
    return 0;
  CHECK(replayed == seen);
  appended last{0, 1'000'000, 1'000'001, "the last one"};
  test::append(*opened->log, last);
  if (!opened->log->commit())
    return 0;
  opened->log.reset();
  std::vector<appended> finally;
  CHECK(journal::inspect(fs, options, test::collect_into(finally)).has_value());
  CHECK(!finally.empty() && finally.back() == last);
  CHECK(is_part_of(seen, finally), "nothing that was there goes lost by opening");
  return 0;
}
