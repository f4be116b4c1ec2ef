#define CAF_SUITE records
#include "caf/test/unit_test.hpp"

#include "runtime/base/crc32c.hpp"
#include "runtime/metadata/image.hpp"
#include "runtime/metadata/records.hpp"
#include "tests/metadata/random_records.hpp"

#include <cstring>
#include <malloc.h>

using namespace troupe;
using namespace troupe::metadata;

namespace {

constexpr std::size_t crc_at = 24;
constexpr std::size_t archive_at = 28;

std::string encoded(const std::vector<record>& records) { return std::string{encode(records).view()}; }

/// Makes the checksum right again, as somebody would who forges a batch.
std::string sealed(std::string frame) {
  if (frame.size() < archive_at)
    return frame;
  auto size = static_cast<std::uint32_t>(frame.size() - archive_at);
  std::memcpy(frame.data() + 20, &size, sizeof size);
  auto crc =
      crc32c(std::string_view{frame}.substr(archive_at), crc32c(std::string_view{frame}.substr(0, crc_at)));
  std::memcpy(frame.data() + crc_at, &crc, sizeof crc);
  return frame;
}

errc code_of(std::string_view frame) {
  auto read = decode(frame);
  return read ? errc::none : read.error().code;
}

std::string from_hex(std::string_view text) {
  std::string raw;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    raw.push_back(static_cast<char>(std::stoi(std::string{text.substr(i, 2)}, nullptr, 16)));
  return raw;
}

template <class T>
void overwrite(std::string& frame, std::size_t at, T value) {
  std::memcpy(frame.data() + at, &value, sizeof value);
}

} // namespace

CAF_TEST(every kind of record comes back as it went) {
  record_maker make{1};
  for (std::size_t kind = 0; kind < std::variant_size_v<record>; ++kind) {
    auto same = true;
    for (int i = 0; i < 200; ++i) {
      std::vector<record> one{make.of_kind(kind)};
      same = same && one.front().index() == kind;
      auto back = decode(encoded(one));
      same = same && back && *back == one;
    }
    CAF_CHECK(same);
  }
}

CAF_TEST(batches of many kinds come back as they went) {
  record_maker make{2};
  auto same = true;
  for (int i = 0; i < 300; ++i) {
    auto batch = make.batch(40);
    auto back = decode(encoded(batch));
    same = same && back && *back == batch;
  }
  CAF_CHECK(same);
  CAF_CHECK(decode(encoded({})).value().empty());
}

CAF_TEST(equal records have equal bytes) {
  record_maker a{3}, b{3};
  for (int i = 0; i < 50; ++i)
    CAF_CHECK(encoded(a.batch(10)) == encoded(b.batch(10)));
}

CAF_TEST(the bytes on disk stay as they are) {
  // Written by the first version. A change here means that existing metadata logs can't be read any more.
  topic_id id;
  id.bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  auto frame = encoded({topic_record{"events", id}, producer_ids_record{producer_id{1000}}});
  CAF_CHECK_EQUAL(frame.size(), 114u);
  CAF_CHECK_EQUAL(crc32c(frame), 0xbdcddc14u);
}

CAF_TEST(records of partitions from before eligible replicas and reassignments are read) {
  // Written by the version before: a topic, its partition and a change of that.
  auto old =
      from_hex("544d443101000100000000000000000003000000c4000000fe7e6c82160000000000000073657269616c697a"
               "6174696f6e3a3a6172636869766512000408040801000000050001000000060000006576656e747301020304"
               "05060708090a0b0c0d0e0f100600010000000102030405060708090a0b0c0d0e0f1000000000030000000100"
               "0000020000000300000002000000010000000200000002000000040000000700000007000100000001020304"
               "05060708090a0b0c0d0e0f1000000000020000000300000001000000010000000300000003000000050000000"
               "8000000");
  topic_id id;
  id.bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  auto n = [](int number) { return node_id{number}; };
  std::vector<record> then{
      topic_record{"events", id},
      partition_record{
          id, partition_id{0}, {n(1), n(2), n(3)}, {n(1), n(2)}, n(2), leader_epoch{4}, partition_epoch{7}},
      partition_change_record{
          id, partition_id{0}, {n(3), n(1)}, {n(3)}, n(3), leader_epoch{5}, partition_epoch{8}}};
  auto read = decode(old);
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(*read == then);
  auto image = apply(metadata_image::empty(), *read, metadata_version{1});
  CAF_REQUIRE(image.has_value());
  CAF_CHECK(image->image->find_topic("events")->partitions[0].elr.empty());
  CAF_CHECK(decode(encoded(then)).value() == then);
}

CAF_TEST(the bytes of partitions stay as they are) {
  topic_id id;
  id.bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  auto n = [](int number) { return node_id{number}; };
  auto frame =
      encoded({partition_record{id,
                                partition_id{0},
                                {n(1), n(2), n(3)},
                                {n(1)},
                                n(1),
                                leader_epoch{4},
                                partition_epoch{7},
                                {n(2)},
                                {n(3)},
                                {n(3)},
                                {n(1)}},
               shut_down_broker_record{n(1), broker_epoch{2}},
               unregister_broker_record{n(1), broker_epoch{2}}, broker_epoch_record{broker_epoch{9}}});
  CAF_CHECK_EQUAL(frame.size(), 212u);
  CAF_CHECK_EQUAL(crc32c(frame), 2788744671u);
}

CAF_TEST(a flipped bit is a wrong checksum or a wrong header) {
  record_maker make{4};
  auto frame = encoded(make.batch(5));
  auto noticed = true;
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    auto damaged = frame;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    noticed = noticed && code_of(damaged) != errc::none;
    if (bit / 8 >= 8 && bit / 8 < 20)
      noticed = noticed && code_of(damaged) == errc::checksum_mismatch;
  }
  CAF_CHECK(noticed);
}

CAF_TEST(what is cut off or has something behind it is malformed) {
  record_maker make{5};
  auto frame = encoded(make.batch(5));
  auto refused = true;
  for (std::size_t size = 0; size < frame.size(); ++size)
    refused = refused && code_of(std::string_view{frame}.substr(0, size)) == errc::malformed;
  CAF_CHECK(refused);
  CAF_CHECK(code_of(frame + "x") == errc::malformed);
  CAF_CHECK(code_of(sealed(frame + "x")) == errc::malformed);
}

CAF_TEST(a cut that is sealed again is refused) {
  record_maker make{6};
  auto frame = encoded({make.of_kind(2), make.of_kind(6)});
  auto refused = true;
  for (std::size_t size = 0; size < frame.size(); ++size)
    // In the middle of the archive's own header it looks like that of another machine.
    refused =
        refused
        && (code_of(sealed(frame.substr(0, size))) == errc::malformed
            || (size < archive_at + 42 && code_of(sealed(frame.substr(0, size))) == errc::wrong_format));
  CAF_CHECK(refused);
}

CAF_TEST(a newer format or record version or kind is refused by its name) {
  auto frame = encoded({cluster_record{"c"}});
  auto newer_format = frame;
  overwrite<std::uint16_t>(newer_format, 4, 2);
  CAF_CHECK(code_of(newer_format) == errc::wrong_format);

  // The record follows the archive's header: tag, then Boost's tracking byte and class version.
  auto record_at = frame.size() - (1 + 4 + 4 + 1 + 1);
  CAF_REQUIRE_EQUAL(frame[record_at], 0);
  auto unknown_kind = frame;
  unknown_kind[record_at] = static_cast<char>(std::variant_size_v<record>);
  CAF_CHECK(code_of(sealed(unknown_kind)) == errc::wrong_format);

  auto newer_class = frame;
  overwrite<std::uint32_t>(newer_class, record_at + 2, 2);
  CAF_CHECK(code_of(sealed(newer_class)) == errc::wrong_format);

  auto no_class_version = frame;
  overwrite<std::uint32_t>(no_class_version, record_at + 2, 0);
  CAF_CHECK(code_of(sealed(no_class_version)) == errc::malformed);

  auto newer_boost = frame;
  overwrite<std::uint16_t>(newer_boost, archive_at + 30, 999);
  CAF_CHECK(code_of(sealed(newer_boost)) == errc::wrong_format);
}

CAF_TEST(a snapshot is no batch and a batch no snapshot) {
  CAF_CHECK(code_of(encode_snapshot(*metadata_image::empty()).view()) == errc::malformed);
  auto read = decode_snapshot(encoded({}));
  CAF_CHECK(!read && read.error().code == errc::malformed);
}

CAF_TEST(forged lengths take no memory) {
  record_maker make{7};
  auto frame = encoded({make.of_kind(2), make.of_kind(6), make.of_kind(9), make.of_kind(0)});
  auto before = mallinfo2().arena + mallinfo2().hblkhd;
  std::size_t most = before;
  for (auto forged : {0xffffffffu, 0x7fffffffu, 0xffffu, 0x10000u, 0x40000000u})
    for (auto at = archive_at; at + 8 <= frame.size(); ++at) {
      auto hostile = frame;
      overwrite<std::uint32_t>(hostile, at, forged);
      decode(sealed(hostile));
      auto wide = frame;
      overwrite<std::uint64_t>(wide, at, forged | std::uint64_t{forged} << 16);
      decode(sealed(wide));
      most = std::max(most, mallinfo2().arena + mallinfo2().hblkhd);
    }
  auto many = frame;
  overwrite<std::uint32_t>(many, 16, 0xffffffffu);
  CAF_CHECK(code_of(sealed(many)) == errc::malformed);
  CAF_CHECK(most < before + 16 * 1024 * 1024);
}

CAF_TEST(random damage under a right checksum never does more than fail) {
  record_maker make{8};
  std::size_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    auto frame = encoded(make.batch(6));
    for (auto flips = 1 + make.random().below(4); flips > 0; --flips) {
      auto at = archive_at + make.random().below(frame.size() - archive_at);
      frame[at] = static_cast<char>(make.random().next());
    }
    auto code = code_of(sealed(frame));
    CAF_REQUIRE(code == errc::none || code == errc::malformed || code == errc::wrong_format);
    refused += code != errc::none;
  }
  CAF_CHECK(refused > 300);
}

CAF_TEST(random bytes are malformed) {
  random_source random{9};
  for (int i = 0; i < 500; ++i) {
    std::string noise;
    for (auto left = random.below(200); left > 0; --left)
      noise.push_back(static_cast<char>(random.next()));
    CAF_REQUIRE(code_of(noise) == errc::malformed);
  }
}
