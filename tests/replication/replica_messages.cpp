#define CAF_SUITE replica_messages
#include "caf/test/unit_test.hpp"

#include "runtime/base/random.hpp"
#include "runtime/replication/replica_messages.hpp"

#include <string>

using namespace troupe;
using namespace troupe::replication;

namespace {

topic_partition some_partition() {
  topic_partition tp{{}, partition_id{3}};
  for (std::size_t i = 0; i < tp.topic.bytes.size(); ++i)
    tp.topic.bytes[i] = static_cast<std::uint8_t>(i * 7);
  return tp;
}

replica_fetch some_fetch() {
  return {some_partition(), leader_epoch{4},  0xfedcba9876543210u, node_id{2},  broker_epoch{1ll << 40},
          offset{900},      leader_epoch{3}, offset{800},         offset{700}, offset{100}};
}

replica_records some_records() {
  return {some_partition(), leader_epoch{4}, 77, replica_code::none, offset{700}, offset{100}, {}, 2, 200};
}

errc code_of(std::string_view head, std::size_t body_size = 0) {
  auto decoded = decode(head, body_size);
  return decoded ? errc::none : decoded.error().code;
}

} // namespace

CAF_TEST(what was written is read) {
  auto fetch = some_fetch();
  auto read = decode(encode(fetch).view(), 0);
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(std::get<replica_fetch>(*read) == fetch);
  auto records = some_records();
  read = decode(encode(records).view(), 200);
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(std::get<replica_records>(*read) == records);
  records.code = replica_code::diverged;
  records.diverging = {leader_epoch{2}, offset{650}};
  records.batches = records.size_bytes = 0;
  read = decode(encode(records).view(), 0);
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(std::get<replica_records>(*read) == records);
}

CAF_TEST(what was written of a repair is read) {
  repair_fetch fetch{some_partition(), leader_epoch{4}, 9, offset{10}, offset{20}, 4096};
  auto read = decode(encode(fetch).view(), 0);
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(std::get<repair_fetch>(*read) == fetch);
  CAF_CHECK(code_of(encode(fetch).view(), 1) == errc::malformed);
  fetch.end = fetch.from;
  CAF_CHECK(code_of(encode(fetch).view()) == errc::malformed);
  repair_records records{some_partition(), leader_epoch{4}, 9, replica_code::none, 2, 200};
  read = decode(encode(records).view(), 200);
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(std::get<repair_records>(*read) == records);
  CAF_CHECK(code_of(encode(records).view(), 199) == errc::malformed);
  records.code = replica_code::failed;
  CAF_CHECK(code_of(encode(records).view(), 200) == errc::malformed);
}

CAF_TEST(the bytes are fixed) {
  auto head = encode(some_fetch());
  CAF_CHECK_EQUAL(head.size(), 82u);
  CAF_CHECK_EQUAL(static_cast<int>(head.view()[0]), 1);
  CAF_CHECK_EQUAL(static_cast<int>(head.view()[1]), 1);
  CAF_CHECK_EQUAL(static_cast<int>(head.view()[21]), 3); // the partition's last byte
  CAF_CHECK_EQUAL(static_cast<unsigned char>(head.view()[26]), 0xfe);
  CAF_CHECK_EQUAL(encode(some_records()).size(), 71u);
}

CAF_TEST(every shorter or longer head is refused) {
  for (auto& head : {encode(some_fetch()), encode(some_records())}) {
    auto body = head.view()[1] == 1 ? 0u : 200u;
    for (std::size_t size = 0; size < head.size(); ++size)
      CAF_CHECK(code_of(head.view().substr(0, size), body) != errc::none);
    CAF_CHECK(code_of(std::string{head.view()} + '\0', body) == errc::malformed);
  }
}

CAF_TEST(unknown versions and kinds are refused) {
  std::string head{encode(some_fetch()).view()};
  head[0] = 2;
  CAF_CHECK(code_of(head) == errc::unsupported_version);
  head[0] = 1;
  head[1] = 3;
  CAF_CHECK(code_of(head) == errc::malformed);
}

CAF_TEST(a fetch must not contradict itself) {
  auto refused = [](auto&& change) {
    auto fetch = some_fetch();
    change(fetch);
    return code_of(encode(fetch).view()) == errc::malformed;
  };
  CAF_CHECK(refused([](auto& f) { f.durable_end = f.from + 1; }));
  CAF_CHECK(refused([](auto& f) { f.durable_end = offset{-1}; }));
  CAF_CHECK(refused([](auto& f) { f.log_start = f.from + 1; }));
  CAF_CHECK(refused([](auto& f) { f.log_start = offset{-1}; }));
  CAF_CHECK(refused([](auto& f) { f.high_watermark = offset{-1}; }));
  CAF_CHECK(refused([](auto& f) { f.last_epoch = leader_epoch{-2}; }));
  CAF_CHECK(refused([](auto& f) { f.partition.partition = partition_id{-1}; }));
  CAF_CHECK(refused([](auto& f) { f.epoch = leader_epoch{-1}; }));
  CAF_CHECK(refused([](auto& f) { f.round = 0; }));
  CAF_CHECK(code_of(encode(some_fetch()).view(), 1) == errc::malformed);
}

CAF_TEST(the body must be what the head says) {
  auto records = some_records();
  CAF_CHECK(code_of(encode(records).view(), 199) == errc::malformed);
  CAF_CHECK(code_of(encode(records).view(), 201) == errc::malformed);
  records.batches = 4; // 4 headers do not fit into 200 bytes
  CAF_CHECK(code_of(encode(records).view(), 200) == errc::malformed);
  records.batches = 0;
  CAF_CHECK(code_of(encode(records).view(), 200) == errc::malformed);
  records = some_records();
  records.code = replica_code::failed;
  CAF_CHECK(code_of(encode(records).view(), 200) == errc::malformed);
}

CAF_TEST(a code that nobody knows is refused) {
  auto records = some_records();
  records.batches = records.size_bytes = 0;
  std::string head{encode(records).view()};
  head[34] = 11;
  CAF_CHECK(code_of(head) == errc::malformed);
  head[34] = 10;
  CAF_CHECK(code_of(head) == errc::none);
}

CAF_TEST(random bytes are refused or mean what they say) {
  random_source random{5};
  for (int i = 0; i < 20'000; ++i) {
    std::string head{random.one_in(2) ? encode(some_fetch()).view() : encode(some_records()).view()};
    for (auto changes = 1 + random.below(4); changes > 0; --changes)
      head[random.below(head.size())] = static_cast<char>(random.next());
    auto body = random.one_in(2) ? std::size_t{200} : std::size_t{0};
    auto read = decode(head, body);
    if (!read)
      continue;
    auto again = std::visit([](auto& message) { return encode(message); }, *read);
    CAF_REQUIRE(again.view() == head);
  }
}
