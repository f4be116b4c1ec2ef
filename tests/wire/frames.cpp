#define CAF_SUITE wire_frames
#include "caf/test/unit_test.hpp"

#include "runtime/base/cursor.hpp"
#include "runtime/base/random.hpp"
#include "runtime/wire/frame.hpp"

#include <algorithm>
#include <string>

using namespace troupe;
using namespace troupe::wire;

namespace {

std::string framed(std::string_view content) {
  std::string text(4, '\0');
  store_be(text.data(), static_cast<std::int32_t>(content.size()));
  return text += content;
}

std::string size_field(std::int32_t size) {
  std::string text(4, '\0');
  store_be(text.data(), size);
  return text;
}

/// Feeds a piece and collects the frames that it completes.
bool feed(frame_reader& reader, std::string_view piece, std::vector<bytes>& frames) {
  while (true) {
    auto frame = reader.next(piece);
    if (!frame)
      return false;
    if (!*frame) {
      CAF_CHECK(piece.empty());
      return true;
    }
    frames.push_back(**frame);
  }
}

} // namespace

CAF_TEST(frames come out however the stream is cut) {
  random_source random{5};
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> contents(1 + random.below(20));
    std::string stream;
    for (auto& content : contents) {
      content.assign(4 + random.below(random.one_in(10) ? 5'000 : 60), '\0');
      for (auto& c : content)
        c = static_cast<char>(random.next());
      stream += framed(content);
    }
    frame_reader reader;
    std::vector<bytes> frames;
    std::string_view rest = stream;
    while (!rest.empty()) {
      auto piece = rest.substr(0, 1 + random.below(random.one_in(2) ? 3 : 3'000));
      rest.remove_prefix(piece.size());
      CAF_REQUIRE(feed(reader, piece, frames));
    }
    CAF_REQUIRE_EQUAL(frames.size(), contents.size());
    for (std::size_t i = 0; i < frames.size(); ++i)
      CAF_REQUIRE(frames[i].view() == contents[i]);
    CAF_CHECK_EQUAL(reader.held_bytes(), 0u);
    CAF_CHECK_EQUAL(reader.missing_bytes(), 0u);
  }
}

CAF_TEST(a frame ends where the next begins and the rest stays with the caller) {
  auto stream = framed("first") + framed("second");
  frame_reader reader;
  std::string_view data = stream;
  auto first = reader.next(data);
  CAF_REQUIRE(first && *first);
  CAF_CHECK_EQUAL((*first)->view(), "first");
  CAF_CHECK_EQUAL(data.size(), 10u);
}

CAF_TEST(impossible sizes are refused at once) {
  for (auto size :
       {-1, std::numeric_limits<std::int32_t>::min(), 0, 3, 101, std::numeric_limits<std::int32_t>::max()}) {
    frame_reader reader{100};
    auto text = size_field(size);
    std::string_view data = text;
    auto frame = reader.next(data);
    CAF_REQUIRE(!frame);
    CAF_CHECK(frame.error() == (size > 100 ? errc::too_large : errc::malformed));
    CAF_CHECK_EQUAL(reader.held_bytes(), 0u);
  }
  frame_reader reader{100};
  std::vector<bytes> frames;
  CAF_CHECK(feed(reader, framed(std::string(100, 'x')), frames));
  reader.set_max_bytes(50);
  CAF_CHECK(!feed(reader, framed(std::string(51, 'x')), frames));
}

CAF_TEST(a usual frame takes one chunk of its own size) {
  frame_reader reader;
  auto stream = framed(std::string(limits::frame_eager_bytes, 'x'));
  std::vector<bytes> frames;
  CAF_REQUIRE(feed(reader, std::string_view{stream}.substr(0, 5), frames));
  CAF_CHECK_EQUAL(reader.held_bytes(), limits::frame_eager_bytes);
  CAF_CHECK_EQUAL(reader.missing_bytes(), limits::frame_eager_bytes - 1);
  CAF_REQUIRE(feed(reader, std::string_view{stream}.substr(5), frames));
  CAF_REQUIRE_EQUAL(frames.size(), 1u);
  CAF_CHECK_LESS(frames[0].retained_bytes(), limits::frame_eager_bytes + 100);
}

CAF_TEST(a size alone takes no memory) {
  frame_reader reader;
  std::vector<bytes> frames;
  CAF_REQUIRE(feed(reader, size_field(static_cast<std::int32_t>(limits::frame_max_bytes)), frames));
  CAF_CHECK_EQUAL(reader.held_bytes(), 0u);
  CAF_REQUIRE(feed(reader, "x", frames));
  CAF_CHECK_EQUAL(reader.held_bytes(), limits::frame_eager_bytes);
}

CAF_TEST(memory for a large frame doubles as its bytes arrive) {
  frame_reader reader;
  constexpr std::size_t size = 50 * limits::mib;
  std::vector<bytes> frames;
  CAF_REQUIRE(feed(reader, size_field(size), frames));
  std::string piece(64 * limits::kib, 'y');
  std::size_t growths = 0;
  std::size_t copied = 0;
  std::size_t held = 0;
  for (std::size_t fed = 0; fed < size; fed += piece.size()) {
    CAF_REQUIRE(feed(reader, piece, frames));
    if (!frames.empty())
      break;
    CAF_REQUIRE(reader.held_bytes() <= std::max(limits::frame_eager_bytes, 2 * (fed + piece.size())));
    if (reader.held_bytes() != held) {
      ++growths;
      copied += fed;
      held = reader.held_bytes();
    }
  }
  CAF_REQUIRE_EQUAL(frames.size(), 1u);
  CAF_CHECK_LESS(growths, 8u);
  CAF_CHECK_LESS(copied, 2 * size);
  CAF_CHECK_EQUAL(frames[0].size(), size);
  CAF_CHECK_LESS(frames[0].retained_bytes(), size + 100);
  CAF_CHECK(std::all_of(frames[0].view().begin(), frames[0].view().end(), [](char c) { return c == 'y'; }));
}

CAF_TEST(a connection that has sent a large frame is believed the next time) {
  frame_reader reader;
  std::vector<bytes> frames;
  auto stream = framed(std::string(3 * limits::mib, 'x'));
  CAF_REQUIRE(feed(reader, stream, frames));
  CAF_REQUIRE(feed(reader, std::string_view{stream}.substr(0, 5), frames));
  CAF_CHECK_EQUAL(reader.held_bytes(), 3 * limits::mib);
}

CAF_TEST(no more than the proven limit is ever believed) {
  frame_reader reader;
  std::vector<bytes> frames;
  auto stream = framed(std::string(20 * limits::mib, 'x'));
  CAF_REQUIRE(feed(reader, stream, frames));
  CAF_REQUIRE(feed(reader, std::string_view{stream}.substr(0, 5), frames));
  CAF_CHECK_EQUAL(reader.held_bytes(), limits::frame_eager_proven_max_bytes);
}
