#define CAF_SUITE fetch_watches
#include "caf/test/unit_test.hpp"

#include "actors/remote/fetch_watches.hpp"

using namespace troupe;
using namespace troupe::remote;

namespace {

topic_id id_of(std::uint8_t number) {
  topic_id id;
  id.bytes[0] = number;
  return id;
}

partition_ref partition(std::uint8_t topic, std::int32_t number) {
  return std::make_shared<const partition_name>(partition_name{std::to_string(topic), id_of(topic), number});
}

watcher who(std::uint8_t topic, std::int32_t number, caf::actor_id client) {
  return {{id_of(topic), partition_id{number}}, client};
}

fetch_request request(std::int64_t from, std::uint64_t tag = 1) {
  fetch_request wanted;
  wanted.from = offset{from};
  wanted.tag = {tag, 0};
  wanted.max_bytes = 1'000;
  return wanted;
}

/// Records of one partition, up to `end`.
result<wire::fetch_response> records(std::uint8_t topic, std::int32_t number, std::int64_t end,
                                     std::size_t size, std::int16_t error_code = 0) {
  wire::fetch_response answer;
  answer.responses.push_back({"", id_of(topic), {}});
  auto& data = answer.responses[0].partitions.emplace_back();
  data.partition_index = number;
  data.high_watermark = end;
  data.error_code = error_code;
  data.records.emplace();
  if (size > 0)
    data.records->slices.push_back(bytes::allocate(size));
  return answer;
}

result<wire::fetch_response> nothing() { return wire::fetch_response{}; }

struct fixture {
  void watch(std::uint8_t topic, std::int32_t number, caf::actor_id client, std::int64_t from,
             std::uint64_t tag = 1) {
    watches.watch(who(topic, number, client), partition(topic, number), request(from, tag), offset{from});
  }
  std::size_t woken(fetch_watches::round_number round, result<wire::fetch_response> answer) {
    return watches.end(round, answer).size();
  }
  fetch_watches watches{{.kept_max_bytes = 100}};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(fetch_watches_tests, fixture)

CAF_TEST(a round asks for what no other round asks for) {
  watch(1, 0, 10, 5);
  CAF_CHECK_EQUAL(watches.begin(1).size(), 1u);
  CAF_CHECK(watches.begin(2).empty());
  watch(1, 1, 10, 6);
  auto second = watches.begin(3);
  CAF_REQUIRE_EQUAL(second.size(), 1u);
  CAF_CHECK_EQUAL(second[0].partition->partition, 1);
  CAF_CHECK_EQUAL(woken(1, nothing()), 0u);
  CAF_CHECK_EQUAL(watches.begin(4).size(), 1u);
}

CAF_TEST(what a round brings is kept for the reader that it wakes) {
  watch(1, 0, 10, 5);
  watches.begin(1);
  CAF_CHECK_EQUAL(woken(1, records(1, 0, 8, 50)), 1u);
  CAF_CHECK(watches.begin(2).empty()); // it has been woken: it will ask
  auto kept = watches.take(who(1, 0, 10), request(5, 9));
  CAF_REQUIRE(kept);
  CAF_CHECK_EQUAL(kept->tag.request, 9u);
  CAF_CHECK_EQUAL(kept->size_bytes, 50u);
  CAF_CHECK_EQUAL(watches.size(), 0u);
  CAF_CHECK_EQUAL(watches.kept_bytes(), 0u);
}

CAF_TEST(a reader that goes on elsewhere gets nothing that was kept) {
  for (auto from : {4, 6}) {
    watch(1, 0, 10, 5);
    watches.begin(1);
    woken(1, records(1, 0, 8, 50));
    CAF_CHECK(!watches.take(who(1, 0, 10), request(from)));
    CAF_CHECK_EQUAL(watches.kept_bytes(), 0u);
  }
}

CAF_TEST(what does not fit is only told) {
  watch(1, 0, 10, 5);
  watches.begin(1);
  CAF_CHECK_EQUAL(woken(1, records(1, 0, 8, 101)), 1u);
  CAF_CHECK(!watches.take(who(1, 0, 10), request(5)));
}

CAF_TEST(two readers of a partition share a round by the lower offset) {
  watch(1, 0, 10, 5);
  watch(1, 0, 11, 7);
  auto wanted = watches.begin(1);
  CAF_REQUIRE_EQUAL(wanted.size(), 1u);
  CAF_CHECK_EQUAL(wanted[0].from.value(), 5);
  // Only the first one has something to read.
  CAF_CHECK_EQUAL(woken(1, records(1, 0, 7, 10)), 1u);
  watches.begin(2);
  CAF_CHECK_EQUAL(woken(2, records(1, 0, 9, 10)), 1u);
  CAF_CHECK(watches.take(who(1, 0, 11), request(7)));
}

CAF_TEST(an offset that was not asked for is not kept) {
  watch(1, 0, 10, 5);
  watch(1, 0, 11, 7);
  watches.begin(1);
  CAF_CHECK_EQUAL(woken(1, records(1, 0, 9, 10)), 2u);
  CAF_CHECK(!watches.take(who(1, 0, 11), request(7)));
  CAF_CHECK(watches.take(who(1, 0, 10), request(5)));
}

CAF_TEST(errors wake the reader which then hears of them itself) {
  watch(1, 0, 10, 5);
  watches.begin(1);
  CAF_CHECK_EQUAL(woken(1, records(1, 0, -1, 0, 1)), 1u);
  CAF_CHECK(!watches.take(who(1, 0, 10), request(5)));
}

CAF_TEST(a failed round wakes nobody and is begun again) {
  watch(1, 0, 10, 5);
  watches.begin(1);
  result<wire::fetch_response> failed = fail(errc::timed_out);
  CAF_CHECK(watches.end(1, failed).empty());
  CAF_CHECK_EQUAL(watches.begin(2).size(), 1u);
}

CAF_TEST(an answer that comes after the reader asked again changes nothing) {
  watch(1, 0, 10, 5);
  watches.begin(1);
  CAF_CHECK(!watches.take(who(1, 0, 10), request(5)));
  watch(1, 0, 10, 5, 2);
  CAF_CHECK_EQUAL(woken(1, records(1, 0, 8, 10)), 0u);
  CAF_CHECK_EQUAL(watches.begin(2).size(), 1u);
}

CAF_TEST(a reader that has gone is forgotten with all that was kept for it) {
  watch(1, 0, 10, 5);
  watch(2, 0, 10, 5);
  watch(1, 0, 11, 5);
  watches.begin(1);
  woken(1, records(1, 0, 8, 30));
  CAF_CHECK_EQUAL(watches.kept_bytes(), 60u);
  watches.forget(10);
  CAF_CHECK_EQUAL(watches.size(), 1u);
  CAF_CHECK_EQUAL(watches.kept_bytes(), 30u);
}

CAF_TEST_FIXTURE_SCOPE_END()
