#define CAF_SUITE client_producer
#include "tests/client/producer_workshop.hpp"

using namespace troupe;
using namespace troupe::client;

CAF_TEST_FIXTURE_SCOPE(client_producer_tests, producer_workshop)

CAF_TEST(a record is written and reported with its offset) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  anon_send(producer, send_records{7, {make_record("key", "value")}, me});
  settle();
  CAF_REQUIRE_EQUAL(box->deliveries.size(), 1u);
  auto& d = box->deliveries.front();
  CAF_CHECK(d.is_written());
  CAF_CHECK_EQUAL(d.first_id, 7u);
  CAF_CHECK_EQUAL(d.count, 1u);
  CAF_CHECK_EQUAL(d.partition.value(), 0);
  CAF_CHECK_EQUAL(d.base_offset.value(), 0);
  CAF_CHECK(d.timestamp.value() > 1'600'000'000'000);
  CAF_CHECK_EQUAL(cluster.log("t").values(), std::vector<std::string>{"value"});
}

CAF_TEST(many records in one message become one batch and one report) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  std::vector<new_record> records;
  for (int i = 0; i < 1000; ++i)
    records.push_back(make_record(std::to_string(i)));
  anon_send(producer, send_records{1, std::move(records), me});
  settle();
  CAF_CHECK_EQUAL(cluster.log("t").batches.size(), 1u);
  CAF_CHECK_EQUAL(cluster.log("t").values(), numbers(0, 1000));
  CAF_REQUIRE_EQUAL(box->deliveries.size(), 1u);
  CAF_CHECK_EQUAL(box->deliveries.front().count, 1000u);
}

CAF_TEST(records gather while earlier batches are under way) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  cluster.log("t").holds = true;
  send(producer, me, 0, 1000);
  settle();
  // The first batch goes alone, because the partition does not know the producer.
  CAF_CHECK_EQUAL(cluster.log("t").appends, 1u);
  cluster.release("t");
  settle();
  CAF_CHECK_EQUAL(cluster.log("t").values(), numbers(0, 1000));
  CAF_CHECK_EQUAL(cluster.log("t").batches.size(), 2u);
  CAF_CHECK_EQUAL(box->written(), 1000u);
}

CAF_TEST(a batch lingers for others and no longer) {
  cluster.create("t", 1);
  options.linger_ms = 50;
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 10);
  settle();
  pass(40);
  CAF_CHECK_EQUAL(box->reported(), 0u);
  send(producer, me, 10, 10);
  settle();
  pass(10);
  CAF_CHECK_EQUAL(box->written(), 20u);
  CAF_CHECK_EQUAL(cluster.log("t").batches.size(), 1u);
}

CAF_TEST(a full batch does not linger) {
  cluster.create("t", 1);
  options.linger_ms = 1000;
  options.batch_size_bytes = 10'000;
  auto producer = start();
  auto me = listener(box);
  std::string large(1000, 'x');
  for (std::uint64_t i = 0; i < 25; ++i)
    anon_send(producer, send_records{i, {make_record(large)}, me});
  settle();
  CAF_CHECK_EQUAL(cluster.log("t").batches.size(), 2u);
  for (auto& batch : cluster.log("t").batches)
    CAF_CHECK(batch.size() <= options.batch_size_bytes);
  pass(1000);
  CAF_CHECK_EQUAL(box->written(), 25u);
}

CAF_TEST(every compression is understood by the partition) {
  for (auto type : {record::compression::gzip, record::compression::snappy, record::compression::lz4,
                    record::compression::zstd}) {
    auto name = std::string{"t-"} + std::string{record::name(type)};
    cluster.create(name, 1);
    options.topic = name;
    options.compression_type = type;
    if (type != record::compression::snappy)
      options.compression_level = 1;
    else
      options.compression_level.reset();
    auto producer = start();
    auto me = listener(box);
    std::vector<new_record> records;
    for (int i = 0; i < 500; ++i)
      records.push_back(make_record("the same again and again"));
    anon_send(producer, send_records{0, std::move(records), me});
    settle();
    auto& log = cluster.log(name);
    CAF_REQUIRE_EQUAL(log.batches.size(), 1u);
    CAF_CHECK(record::batch_view::parse(log.batches[0].view())->compression() == type);
    CAF_CHECK(log.batches[0].size() < 5000);
    CAF_CHECK_EQUAL(log.values().size(), 500u);
  }
}

CAF_TEST(keys choose the partition as in Kafka and explicit partitions are kept) {
  cluster.create("t", 5);
  auto producer = start();
  auto me = listener(box);
  // murmur2 of foobar and abc with its sign taken off, modulo 5.
  anon_send(producer, send_records{1, {make_record("foobar", "x"), make_record("abc", "y")}, me});
  send(producer, me, 10, 1, partition_id{4});
  settle();
  CAF_CHECK_EQUAL(cluster.log("t", (-790332482 & 0x7fffffff) % 5).values(), std::vector<std::string>{"x"});
  CAF_CHECK_EQUAL(cluster.log("t", (479470107 & 0x7fffffff) % 5).values(), std::vector<std::string>{"y"});
  CAF_CHECK_EQUAL(cluster.log("t", 4).values(), std::vector<std::string>{"10"});
}

CAF_TEST(records without a key stay together and spread over all partitions in time) {
  cluster.create("t", 4);
  auto producer = start();
  auto me = listener(box);
  for (std::uint64_t i = 0; i < 8; ++i) {
    std::vector<new_record> records{make_record("a"), make_record("b"), make_record("c")};
    anon_send(producer, send_records{i * 3, std::move(records), me});
    settle();
  }
  for (int p = 0; p < 4; ++p)
    CAF_CHECK_EQUAL(cluster.log("t", p).values().size(), 6u);
}

CAF_TEST(each delivery has the time of its own first record) {
  cluster.create("t", 1);
  options.linger_ms = 10;
  auto producer = start();
  auto other = std::make_shared<sender_box>();
  anon_send(producer, send_records{0, {record_at(1'000), record_at(1'001)}, listener(box)});
  anon_send(producer, send_records{0, {record_at(2'000), record_at(2'001)}, listener(other)});
  pass(20);
  CAF_CHECK_EQUAL(cluster.log("t").batches.size(), 1u);
  CAF_REQUIRE_EQUAL(box->deliveries.size(), 1u);
  CAF_CHECK_EQUAL(box->deliveries[0].timestamp.value(), 1'000);
  CAF_REQUIRE_EQUAL(other->deliveries.size(), 1u);
  CAF_CHECK_EQUAL(other->deliveries[0].timestamp.value(), 2'000);
}

CAF_TEST(the time of appending is reported if the topic says so) {
  cluster.create("t", 1);
  cluster.log("t").append_time = timestamp_ms{7'000};
  auto producer = start();
  anon_send(producer, send_records{0, {record_at(1'000), record_at(1'001)}, listener(box)});
  settle();
  CAF_REQUIRE_EQUAL(box->deliveries.size(), 1u);
  CAF_CHECK_EQUAL(box->deliveries[0].timestamp.value(), 7'000);
}

CAF_TEST(a partition that does not exist is an error at once) {
  cluster.create("t", 2);
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 3, 1, partition_id{2});
  settle();
  CAF_REQUIRE_EQUAL(box->deliveries.size(), 1u);
  CAF_CHECK(box->only_error() == errc::unknown_topic_or_partition);
  CAF_CHECK(!box->deliveries[0].may_be_written);
}

CAF_TEST(an unknown topic is an error after max_block_ms) {
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 3);
  settle();
  pass(4900);
  CAF_CHECK_EQUAL(box->reported(), 0u);
  pass(200);
  CAF_CHECK_EQUAL(box->reported(), 3u);
  CAF_CHECK(box->only_error() == errc::unknown_topic_or_partition);
  CAF_CHECK(box->deliveries[0].what.detail.find("'t'") != std::string::npos);
  cluster.create("t", 1);
  send(producer, me, 3, 1);
  settle();
  CAF_CHECK_EQUAL(box->written(), 1u);
}

CAF_TEST(an unknown topic is created if that is wanted) {
  options.allow_auto_create_topics = true;
  options.auto_create_partitions = 3;
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 3);
  settle();
  pass(1000);
  CAF_CHECK_EQUAL(box->written(), 3u);
  cluster.log("t", 2);
}

CAF_TEST(producer ids are asked for until there is one) {
  cluster.create("t", 1);
  cluster.refuse_producer_ids = errc::busy;
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 3);
  settle();
  pass(1000);
  CAF_CHECK_EQUAL(box->reported(), 0u);
  cluster.refuse_producer_ids = errc::none;
  pass(200);
  CAF_CHECK_EQUAL(box->written(), 3u);
}

CAF_TEST_FIXTURE_SCOPE_END()
