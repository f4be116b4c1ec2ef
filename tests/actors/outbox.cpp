#define CAF_SUITE outbox
#include "caf/test/unit_test.hpp"

#include "actors/kafka/outbox.hpp"
#include "runtime/base/random.hpp"
#include "runtime/wire/fetch.hpp"
#include "runtime/wire/header.hpp"

using namespace troupe;

namespace {

bytes noise(std::size_t size, random_source& random) {
  auto data = bytes::allocate(size);
  for (std::size_t i = 0; i < size; ++i)
    data.mutable_data()[i] = static_cast<char>(random.next());
  return data;
}

/// An answer whose slices are smaller and larger than what is worth sharing.
wire::fetch_response make_response(random_source& random) {
  wire::fetch_response response;
  for (auto topics = random.below(4); topics > 0; --topics) {
    auto& topic = response.responses.emplace_back();
    topic.topic = "t" + std::to_string(topics);
    for (auto partitions = random.below(4); partitions > 0; --partitions) {
      auto& partition = topic.partitions.emplace_back();
      partition.records.emplace();
      for (auto slices = random.below(4); slices > 0; --slices)
        partition.records->slices.push_back(noise(1 + random.below(3 * wire::splice_min_bytes), random));
    }
  }
  return response;
}

} // namespace

CAF_TEST(a fetched answer is the same in one piece and in many) {
  random_source random{7};
  kafka::outbox box;
  std::size_t spliced = 0;
  for (int round = 0; round < 200; ++round) {
    auto response = make_response(random);
    auto version = static_cast<wire::api_version>(4 + random.below(9));
    std::vector<char> whole;
    wire::append_response(7, version, response, whole);
    box.fill([&](auto& own, auto& splices) {
      wire::append_response(7, version, response, own, &splices);
      spliced += splices.size();
    });
    CAF_REQUIRE_EQUAL(box.size(), whole.size());
    std::vector<char> pieces;
    while (!box.empty()) {
      auto before = pieces.size();
      std::size_t wanted = 1 + random.below(6000);
      auto expected = before + std::min(wanted, whole.size() - before);
      box.drain(pieces, wanted);
      CAF_REQUIRE_EQUAL(pieces.size(), expected);
    }
    CAF_REQUIRE(pieces == whole);
  }
  CAF_CHECK(spliced > 100);
}
