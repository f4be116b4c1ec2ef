// A segment whose bytes were changed. Every batch that the walk gives must be one that was written; and if
// one single byte changed, it costs no more than the batch that it is in.
#include "runtime/storage/segment_walk.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/storage_log/log_workshop.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::storage;

namespace {

constexpr int changes_max = 8;

struct segment {
  std::string content;
  std::vector<std::string> batches;
  std::vector<std::size_t> positions;
  std::vector<bool> gap_before; // one more than there are batches
  std::vector<epoch_start> epochs;
  offset end{0};
};

segment write_segment(fuzz::input& in) {
  segment out;
  test::batch_plan plan;
  for (auto n = 1 + in.number<std::uint8_t>() % 10; n > 0; --n) {
    auto what = in.number<std::uint8_t>();
    plan.count = 1 + what % 5;
    plan.epoch += what / 200;
    plan.payload_bytes = 1 + in.number<std::uint16_t>() % 3000;
    auto batch = test::make_batch(plan);
    if (out.epochs.empty() || out.epochs.back().epoch.value() != plan.epoch)
      out.epochs.push_back({leader_epoch{plan.epoch}, offset{plan.base}});
    out.gap_before.resize(out.positions.size() + 1);
    out.gap_before.push_back((what & 32) != 0); // now and then, as compaction leaves them
    plan.base += plan.count + (out.gap_before.back() ? 3 : 0);
    out.positions.push_back(out.content.size());
    out.batches.emplace_back(batch.data.view());
    out.content += batch.data.view();
    out.end = batch.facts.end();
  }
  return out;
}

class memory_source final : public chunk_source {
public:
  explicit memory_source(std::string_view data) : chunk_source(4096, data.size()), data_(data) {}

protected:
  result<bytes> chunk(std::uint64_t number) override {
    return bytes::copy_of(data_.substr(static_cast<std::size_t>(number) * chunk_size(), chunk_size()));
  }

private:
  std::string_view data_;
};

/// The places in `segment.batches` of those that come back. What does not match is a failure, unless the
/// parts that no checksum covers were what changed.
std::vector<std::size_t> walk(const segment& s, offset end, bool strict) {
  memory_source source{s.content};
  segment_walk walk{source, s.epochs, 0, offset{0}, end};
  std::vector<std::size_t> found;
  for (;;) {
    auto batch = walk.next();
    CHECK(batch.has_value());
    if (!*batch)
      return found;
    auto data = (*batch)->data.view();
    CHECK((*batch)->view.crc_ok());
    auto covered = data.substr(record::position::magic);
    auto place = std::find_if(s.batches.begin(), s.batches.end(), [&](const std::string& b) {
      return strict ? b == data : std::string_view{b}.substr(record::position::magic) == covered;
    });
    CHECK(place != s.batches.end(), "nothing comes back that was not written");
    auto i = static_cast<std::size_t>(place - s.batches.begin());
    CHECK(!strict || found.empty() || found.back() < i);
    found.push_back(i);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  auto s = write_segment(in);
  std::vector<std::size_t> all(s.batches.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = i;
  CHECK(walk(s, s.end, true) == all);
  CHECK(walk(s, no_offset, true) == all);

  int changes = 0;
  std::size_t hit = 0;
  std::size_t hit_byte = 0;
  for (; changes < changes_max && !in.empty(); ++changes) {
    auto at = in.number<std::uint32_t>() % s.content.size();
    s.content[at] = static_cast<char>(s.content[at] ^ (in.number<std::uint8_t>() | 1));
    hit = static_cast<std::size_t>(std::upper_bound(s.positions.begin(), s.positions.end(), at)
                                   - s.positions.begin())
          - 1;
    hit_byte = at - s.positions[hit];
  }
  // No checksum covers a batch's base offset: beside a gap, it might as well be another one; and the one before it, if
  // there is a gap before that, might be blamed for it. So might the last one, unless the end is known.
  auto in_offset = changes == 1 && hit_byte < record::position::length;
  auto by_gap = in_offset && (s.gap_before[hit] || s.gap_before[hit + 1] || (hit > 0 && s.gap_before[hit - 1]));
  auto last = in_offset && hit + 1 == s.batches.size();
  if (changes == 1 && !by_gap) {
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(hit));
    CHECK(walk(s, s.end, true) == all);
    CHECK(last || walk(s, no_offset, true) == all);
  } else {
    walk(s, s.end, false);
    walk(s, no_offset, false);
  }
  return 0;
}
