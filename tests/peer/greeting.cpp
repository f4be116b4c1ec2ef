#define CAF_SUITE greeting

#include "actors/peer/greeting.hpp"
#include "runtime/base/random.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe;
using namespace troupe::peer;

namespace {

greeting some_greeting() {
  return {node_id{3}, node_id{1}, peer_incarnation{0xfedcba9876543210}, 42, "cluster", std::string("\0\1\xff", 3)};
}

std::string_view body_of(const std::vector<char>& frame) {
  return {frame.data() + greeting_frame_header_bytes, frame.size() - greeting_frame_header_bytes};
}

} // namespace

CAF_TEST(what is said is understood) {
  auto frame = encode(some_greeting());
  auto size = body_size({frame.data(), greeting_frame_header_bytes});
  CAF_REQUIRE(size);
  CAF_CHECK_EQUAL(*size, frame.size() - greeting_frame_header_bytes);
  auto read = decode_greeting(body_of(frame));
  CAF_REQUIRE(read);
  CAF_CHECK(*read == some_greeting());
  verdict said{verdict_code::welcome, "fine", some_greeting()};
  auto heard = decode_verdict(body_of(encode(said)));
  CAF_REQUIRE(heard);
  CAF_CHECK(*heard == said);
  CAF_CHECK(decode_commit(body_of(encode_commit())));
}

CAF_TEST(a frame that is cut or longer is refused) {
  auto frame = encode(some_greeting());
  auto body = std::string{body_of(frame)};
  for (std::size_t size = 0; size < body.size(); ++size)
    CAF_CHECK(!decode_greeting(body.substr(0, size)));
  CAF_CHECK(!decode_greeting(body + "x"));
  CAF_CHECK(!decode_commit(body));
  CAF_CHECK(!decode_verdict(body));
  CAF_CHECK(!decode_greeting(body_of(encode_commit())));
}

CAF_TEST(what is no greeting at all is named) {
  auto http = body_size(std::string_view{"GET "});
  CAF_REQUIRE(!http);
  CAF_CHECK_EQUAL(http.error().detail, "what came is no greeting of a Troupe node");
  CAF_CHECK(body_size(std::string_view{"\x16\x03\x01\x02", 4}).error().detail.find("TLS") != std::string::npos);
  CAF_CHECK(body_size(std::string_view{"\x00\x00\x10\x00", 4}).error() == errc::too_large);
}

CAF_TEST(frames with bytes changed are refused or read as something that can be written again) {
  random_source random{7};
  auto original = encode(verdict{verdict_code::welcome, "fine", some_greeting()});
  for (int i = 0; i < 100'000; ++i) {
    auto frame = i % 2 == 0 ? encode(some_greeting()) : original;
    for (auto changes = random.below(5) + 1; changes > 0; --changes)
      frame[random.below(frame.size())] = static_cast<char>(random.next());
    frame.resize(greeting_frame_header_bytes + random.below(frame.size()));
    if (auto read = decode_greeting(body_of(frame)); read && !(decode_greeting(body_of(encode(*read))) == *read))
      CAF_FAIL("a greeting that changes");
    if (auto read = decode_verdict(body_of(frame)); read && !decode_verdict(body_of(encode(*read))))
      CAF_FAIL("a verdict that cannot be read again");
    static_cast<void>(decode_commit(body_of(frame)));
  }
}

CAF_TEST(another version is refused with both numbers and a refusal is read in any version) {
  auto frame = encode(some_greeting());
  frame[9] = 7;
  auto read = decode_greeting(body_of(frame));
  CAF_REQUIRE(!read);
  CAF_CHECK(read.error() == errc::unsupported_version);
  CAF_CHECK(read.error().detail.find("version 7") != std::string::npos);
  auto refusal = encode(verdict{verdict_code::refused, "because", some_greeting()});
  refusal[9] = 7;
  auto heard = decode_verdict(body_of(refusal));
  CAF_REQUIRE(heard);
  CAF_CHECK_EQUAL(heard->sentence, "because");
  auto welcome = encode(verdict{verdict_code::welcome, "", some_greeting()});
  welcome[9] = 7;
  CAF_CHECK(!decode_verdict(body_of(welcome)));
}

CAF_TEST(sentences cannot break the lines of a log) {
  auto said = decode_verdict(body_of(encode(verdict{verdict_code::refused, "a\nb\x1b[31m", some_greeting()})));
  CAF_REQUIRE(said);
  CAF_CHECK_EQUAL(said->sentence, "a?b?[31m");
}

CAF_TEST(texts that are too long are cut) {
  auto from = some_greeting();
  from.cluster_id.assign(10'000, 'x');
  auto read = decode_greeting(body_of(encode(from)));
  CAF_REQUIRE(read);
  CAF_CHECK_EQUAL(read->cluster_id, std::string(256, 'x'));
}
