// Batches and snapshots of the metadata log: as they come, with a frame put around them that is right, and
// with one byte of a good one changed. What decodes must encode to something that decodes to the same, and
// the image that takes it must survive as a snapshot.
#include "runtime/base/crc32c.hpp"
#include "runtime/metadata/framing.hpp"
#include "runtime/metadata/image.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/metadata/random_records.hpp"

#include <cstring>
#include <string>

using namespace troupe;
using namespace troupe::metadata;

namespace {

constexpr std::size_t kind_at = 6;
constexpr std::size_t count_at = 16;
constexpr std::size_t size_at = 20;
constexpr std::size_t crc_at = 24;
constexpr std::size_t archive_at = 28;

template <class T>
void put(std::string& frame, std::size_t at, T value) {
  std::memcpy(frame.data() + at, &value, sizeof value);
}

void apply_all(std::span<const record> records) {
  auto made = apply(metadata_image::empty(), records, metadata_version{1});
  if (!made)
    return;
  auto snapshot = encode_snapshot(*made->image);
  auto again = decode_snapshot(snapshot.view());
  CHECK(again.has_value());
  CHECK(**again == *made->image);
}

void check(std::string_view frame) {
  if (auto records = decode(frame)) {
    auto again = decode(encode(*records).view());
    CHECK(again && *again == *records);
    apply_all(*records);
  }
  if (auto image = decode_snapshot(frame)) {
    auto again = decode_snapshot(encode_snapshot(**image).view());
    CHECK(again && **again == **image);
  }
}

void put_frame_right(std::string& frame, std::uint16_t kind, std::uint32_t count) {
  put(frame, kind_at, kind);
  put(frame, count_at, count);
  put(frame, size_at, static_cast<std::uint32_t>(frame.size() - archive_at));
  std::string_view view{frame};
  put(frame, crc_at, crc32c(view.substr(archive_at), crc32c(view.substr(0, crc_at))));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  check(in.rest());
  auto kind = static_cast<std::uint16_t>(1 + in.number<std::uint8_t>() % 2);
  auto count = static_cast<std::uint32_t>(in.number<std::uint8_t>());
  auto seed = in.number<std::uint16_t>();

  // An archive of the input's making, behind the header that every archive has.
  std::string frame{encode({}).view()};
  frame += in.rest();
  put_frame_right(frame, kind, count);
  check(frame);

  // A good batch, changed where the input says.
  auto records = record_maker{seed}.batch(8);
  std::string good{encode(records).view()};
  CHECK(*decode(good) == records);
  apply_all(records);
  while (!in.empty()) {
    auto at = archive_at + in.number<std::uint16_t>() % (good.size() - archive_at);
    good[at] = static_cast<char>(in.number<std::uint8_t>());
  }
  put_frame_right(good, kind, static_cast<std::uint32_t>(records.size()));
  check(good);
  return 0;
}
