#define CAF_SUITE partition
#include "caf/test/dsl.hpp"

#include "actors/partition/partition.hpp"
#include "runtime/record/builder.hpp"
#include "runtime/record/record_view.hpp"

using namespace troupe;

namespace {

using record::compression;

struct set_clock final : clock_port {
  timestamp_ms wall() const override { return now; }
  std::int64_t monotonic_ns() const override { return now.value() * ns_per_ms; }
  timestamp_ms now{1'000'000};
};

/// What the partition's neighbours were sent; they answer nothing by themselves.
struct mail {
  std::vector<journal_append> appends;
  std::vector<flush_order> flushes;
  std::vector<read_order> reads;
  std::vector<append_reply> appended;
  std::vector<fetch_reply> fetched;
  std::vector<fetch_wakeup> woken;
  std::vector<list_offset_reply> found;
  std::vector<delete_records_reply> deleted;
  std::vector<partition_size_reply> sizes;
  std::vector<active_producers_reply> producers;
};

template <class Message>
auto into(std::vector<Message>& box) {
  return [&box](Message& message) { box.push_back(std::move(message)); };
}

disk_actor::behavior_type silent_disk(disk_actor::pointer, mail* box) {
  return {
      into(box->appends),         [](const journal_member&) {},   [](const segments_synced&) {},
      [](const partitions_forgotten&) {}, [](const recall_partition&) {}, [](commit_group) {},
      [](idle_check) {},
  };
}

flusher_actor::behavior_type silent_flusher(flusher_actor::pointer, mail* box) {
  return {
      into(box->flushes),
      [](const remove_partitions&) {},
      [](const recall_partition&) {},
      [](flush_group) {},
  };
}

reader_actor::behavior_type silent_reader(reader_actor::pointer, mail* box) {
  return {
      into(box->reads),
      [](search_order&) {},
      [](const stamp_order&) {},
      [](const partitions_forgotten&) {},
  };
}

using test_client = partition_client::extend<caf::reacts_to<delete_records_reply>, caf::reacts_to<partition_size_reply>,
                                             caf::reacts_to<active_producers_reply>>;

test_client::behavior_type listener(test_client::pointer, mail* box) {
  return {
      into(box->appended), into(box->fetched), into(box->woken),     into(box->found), [](const epoch_end_reply&) {},
      into(box->deleted),  into(box->sizes),   into(box->producers),
  };
}

struct fixture : test_coordinator_fixture<> {
  fixture() {
    environment.disk = sys.spawn(silent_disk, &box);
    environment.flusher = sys.spawn(silent_flusher, &box);
    environment.reader = sys.spawn(silent_reader, &box);
    environment.clock = &clock;
    environment.cache = std::make_shared<cache_budget>(1 << 20);
    environment.self = node_id{1};
    environment.log.flush_ms = 1'000'000;
    environment.log.flush_bytes = 1 << 20;
    client = sys.spawn(listener, &box);
    options = metadata::topic_defaults{}.resolve({});
  }

  ~fixture() {
    for (auto actor : {caf::actor_cast<caf::actor>(one), caf::actor_cast<caf::actor>(environment.disk),
                       caf::actor_cast<caf::actor>(environment.flusher),
                       caf::actor_cast<caf::actor>(environment.reader), caf::actor_cast<caf::actor>(client)})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    run();
  }

  void start() {
    auto from = std::make_shared<partition_start>();
    from->name.topic.bytes[0] = 1;
    from->epoch = leader_epoch{3};
    from->options = options;
    one = sys.spawn(partition, environment, from);
    run();
  }

  struct batch_plan {
    std::vector<std::int64_t> times = {1'000'000};
    record::compression codec = compression::none;
    bool with_key = true;
    std::int64_t producer = -1;
    std::int32_t sequence = -1;
    std::size_t value_bytes = 10;
  };

  static bytes batch(const batch_plan& plan) {
    record::batch_options wanted;
    wanted.compression = plan.codec;
    if (plan.producer >= 0) {
      wanted.producer_id = producer_id{plan.producer};
      wanted.producer_epoch = producer_epoch{0};
      wanted.base_sequence = plan.sequence;
    }
    record::batch_builder builder{wanted};
    std::string value(plan.value_bytes, 'v');
    std::vector<record::header_view> headers{{"header", "its value"}, {"empty", std::nullopt}};
    for (auto time : plan.times) {
      auto key = plan.with_key ? std::optional<std::string_view>{"key"} : std::nullopt;
      CAF_REQUIRE(builder.add(timestamp_ms{time}, key, value, headers));
    }
    return builder.build();
  }

  /// Sends a batch; the answer, if it is there already, is the last of box.appended.
  void append(bytes data, std::int16_t acks = -1) {
    caf::anon_send(one, append_request{{}, std::move(data), acks, true, client});
    run();
  }

  /// The journal has written all that it was given.
  void sync() {
    caf::anon_send(one, journal_durable{box.appends.back().next_offset});
    run();
  }

  void write(const batch_plan& plan) {
    append(batch(plan));
    sync();
  }

  /// The flusher has carried out its last order.
  void flushed() {
    auto order = std::move(box.flushes.back());
    box.flushes.pop_back();
    caf::anon_send(one, flush_done{storage::flush_result{order.request.partition, order.request.checkpoint.flushed_end}});
    run();
  }

  void remove_before(std::int64_t before) {
    caf::anon_send(caf::actor_cast<partition_admin_actor>(one), delete_records_request{{}, offset{before}, client});
    run();
  }

  void fetch(std::int64_t from, std::uint32_t wake_below_bytes = 0) {
    caf::anon_send(one, fetch_request{{}, offset{from}, no_leader_epoch, 1 << 20, true, wake_below_bytes, client});
    run();
  }

  list_offset_reply& find(std::int64_t timestamp) {
    caf::anon_send(one, list_offset_request{{}, timestamp, no_leader_epoch, client});
    run();
    CAF_REQUIRE(!box.found.empty());
    return box.found.back();
  }

  record::batch_view stored() {
    auto view = record::batch_view::parse(box.appends.back().batch.view());
    CAF_REQUIRE(view);
    CAF_CHECK(view->crc_ok());
    return *view;
  }

  /// The records as they are when they are unpacked.
  static std::string unpacked(const record::batch_view& batch) {
    record::decompression_budget budget;
    auto records = record::batch_records::open(batch, budget);
    CAF_REQUIRE(records);
    std::string all;
    for (auto one = records->next(); one; one = records->next())
      all += one->raw;
    CAF_CHECK(records->ok());
    return all;
  }

  set_clock clock;
  mail box;
  partition_environment environment;
  metadata::topic_options options;
  test_client client;
  partition_internal one;
};

std::string code_of(const auto& reply) { return std::string{name(reply.code)}; }

} // namespace

CAF_TEST_FIXTURE_SCOPE(partition_tests, fixture)

CAF_TEST(an append is answered once the journal has it and readable by then) {
  start();
  append(batch({}));
  CAF_REQUIRE_EQUAL(box.appends.size(), 1u);
  CAF_CHECK(box.appended.empty());
  fetch(0);
  CAF_CHECK(box.fetched.back().batches.empty());
  sync();
  CAF_REQUIRE_EQUAL(box.appended.size(), 1u);
  CAF_CHECK_EQUAL(code_of(box.appended[0]), "none");
  CAF_CHECK_EQUAL(box.appended[0].base_offset.value(), 0);
  CAF_CHECK_EQUAL(box.appended[0].log_append_time.value(), -1);
  fetch(0);
  CAF_CHECK_EQUAL(box.fetched.back().batches.size(), 1u);
  CAF_CHECK_EQUAL(box.fetched.back().high_watermark.value(), 1);
}

CAF_TEST(acks of nobody are answered at once and a batch that is kept as it came is not copied) {
  start();
  auto data = batch({});
  auto* where = data.data();
  append(std::move(data), 0);
  CAF_CHECK_EQUAL(box.appended.size(), 1u);
  CAF_CHECK(box.appends.back().batch.data() == where);
}

CAF_TEST(a waiting reader is woken by what becomes readable) {
  start();
  fetch(0, 1);
  CAF_CHECK(box.woken.empty());
  append(batch({}));
  CAF_CHECK(box.woken.empty());
  sync();
  CAF_CHECK_EQUAL(box.woken.size(), 1u);
}

CAF_TEST(a deletion is answered and seen only once it is durable) {
  start();
  write({.times = {1, 2, 3}});
  write({.times = {4}});
  remove_before(2);
  CAF_REQUIRE_EQUAL(box.flushes.size(), 1u);
  CAF_CHECK(box.flushes[0].request.moves_log_start);
  CAF_CHECK_EQUAL(box.flushes[0].request.checkpoint.log_start.value(), 2);
  CAF_CHECK(box.deleted.empty());
  CAF_CHECK_EQUAL(find(list_offset::earliest).found.value(), 0);
  flushed();
  CAF_REQUIRE_EQUAL(box.deleted.size(), 1u);
  CAF_CHECK_EQUAL(code_of(box.deleted[0]), "none");
  CAF_CHECK_EQUAL(box.deleted[0].low_watermark.value(), 2);
  CAF_CHECK_EQUAL(find(list_offset::earliest).found.value(), 2);
  fetch(1);
  CAF_CHECK_EQUAL(code_of(box.fetched.back()), "offset_out_of_range");
  fetch(2);
  CAF_CHECK_EQUAL(box.fetched.back().batches.size(), 2u); // the batch that holds offset 2 comes whole
  CAF_CHECK_EQUAL(box.fetched.back().log_start.value(), 2);
}

CAF_TEST(a deletion of all that is readable wakes those who wait) {
  start();
  write({.times = {1, 2, 3}});
  fetch(3, 1);
  remove_before(-1);
  CAF_CHECK(box.woken.empty());
  flushed();
  CAF_CHECK_EQUAL(box.woken.size(), 1u);
  CAF_CHECK_EQUAL(box.deleted.back().low_watermark.value(), 3);
  fetch(2);
  CAF_CHECK_EQUAL(code_of(box.fetched.back()), "offset_out_of_range");
  fetch(3);
  CAF_CHECK_EQUAL(code_of(box.fetched.back()), "none");
}

CAF_TEST(what is not readable cannot be deleted and what is gone is gone) {
  start();
  write({.times = {1, 2, 3}});
  append(batch({}));
  remove_before(4);
  CAF_CHECK_EQUAL(code_of(box.deleted.back()), "offset_out_of_range");
  remove_before(0);
  CAF_CHECK_EQUAL(code_of(box.deleted.back()), "none");
  CAF_CHECK_EQUAL(box.deleted.back().low_watermark.value(), 0);
  CAF_CHECK(box.flushes.empty());
  remove_before(3);
  flushed();
  remove_before(1);
  CAF_CHECK_EQUAL(box.deleted.back().low_watermark.value(), 3);
  CAF_CHECK_EQUAL(box.deleted.size(), 4u);
}

CAF_TEST(deletions gather while the flusher is busy) {
  start();
  write({.times = {1, 2, 3}});
  caf::anon_send(one, flush_now{});
  run();
  CAF_REQUIRE_EQUAL(box.flushes.size(), 1u);
  CAF_CHECK(!box.flushes[0].request.moves_log_start);
  remove_before(1);
  remove_before(3);
  CAF_CHECK_EQUAL(box.flushes.size(), 1u);
  flushed();
  CAF_CHECK(box.deleted.empty());
  CAF_REQUIRE_EQUAL(box.flushes.size(), 1u);
  CAF_CHECK_EQUAL(box.flushes[0].request.checkpoint.log_start.value(), 3);
  flushed();
  CAF_REQUIRE_EQUAL(box.deleted.size(), 2u);
  CAF_CHECK_EQUAL(box.deleted[0].low_watermark.value(), 3);
}

CAF_TEST(a deletion that the disk refuses does not happen later) {
  start();
  write({.times = {1, 2, 3}});
  remove_before(2);
  box.flushes.clear();
  caf::anon_send(one, flush_done{fail(errc::no_space)});
  run();
  CAF_CHECK_EQUAL(code_of(box.deleted.back()), "no_space");
  caf::anon_send(one, housekeep{true});
  run();
  for (auto& order : box.flushes)
    CAF_CHECK_EQUAL(order.request.checkpoint.log_start.value(), 0);
  CAF_CHECK_EQUAL(find(list_offset::earliest).found.value(), 0);
}

CAF_TEST(whoever waits for a deletion hears of the end) {
  start();
  write({});
  remove_before(1);
  caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  run();
  CAF_CHECK_EQUAL(code_of(box.deleted.back()), "not_leader");
}

CAF_TEST(a topic that is only compacted has no records deleted) {
  options.cleanup_delete = false;
  options.cleanup_compact = true;
  start();
  write({});
  remove_before(-1);
  CAF_CHECK_EQUAL(code_of(box.deleted.back()), "policy_violation");
  append(batch({.times = {1, 2}, .with_key = false}));
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "invalid_record");
  CAF_CHECK_EQUAL(box.appended.back().refused.size(), 2u);
}

CAF_TEST(the largest timestamp is that of what is left) {
  start();
  write({.times = {900, 100, 300, 200}});
  write({.times = {150, 250}});
  CAF_CHECK_EQUAL(find(list_offset::max_timestamp).found.value(), 0);
  remove_before(1);
  flushed();
  CAF_CHECK_EQUAL(find(list_offset::max_timestamp).found.value(), 2);
  CAF_CHECK_EQUAL(box.found.back().timestamp.value(), 300);
  remove_before(3);
  flushed();
  CAF_CHECK_EQUAL(find(list_offset::max_timestamp).found.value(), 5);
  CAF_CHECK_EQUAL(find(220).found.value(), 5); // the batch before has 300, which is gone
  remove_before(-1);
  flushed();
  CAF_CHECK_EQUAL(find(list_offset::max_timestamp).found.value(), -1);
}

CAF_TEST(a segment that lost its largest timestamp is searched piece by piece) {
  start();
  write({.times = {900, 100}});
  write({.times = {300}});
  write({.times = {200}});
  caf::anon_send(one, flush_now{});
  run();
  flushed();
  remove_before(1);
  flushed();
  caf::anon_send(one, list_offset_request{{}, list_offset::max_timestamp, no_leader_epoch, client});
  run();
  CAF_REQUIRE_EQUAL(box.reads.size(), 1u);
  auto give = [&](std::vector<std::size_t> batches) {
    auto order = std::move(box.reads.back());
    box.reads.pop_back();
    for (auto i : batches)
      order.reply.batches.push_back(box.appends[i].batch);
    caf::anon_send(order.reply_to, std::move(order.reply));
    run();
  };
  CAF_CHECK_EQUAL(box.reads.back().read.from.value(), 1);
  give({0});
  CAF_REQUIRE_EQUAL(box.reads.size(), 1u);
  CAF_CHECK_EQUAL(box.reads.back().read.from.value(), 2);
  give({1, 2});
  CAF_CHECK(box.reads.empty());
  CAF_REQUIRE_EQUAL(box.found.size(), 1u);
  CAF_CHECK_EQUAL(box.found.back().found.value(), 2);
  CAF_CHECK_EQUAL(box.found.back().timestamp.value(), 300);
}

CAF_TEST(the append time of the broker is in the batch and in the answer) {
  options.message_timestamp_type = metadata::timestamp_type::log_append_time;
  start();
  write({.times = {1, 2}, .codec = compression::gzip, .producer = 7, .sequence = 0});
  CAF_CHECK(stored().timestamp_type() == record::timestamp_type::log_append_time);
  CAF_CHECK_EQUAL(stored().max_timestamp().value(), 1'000'000);
  CAF_CHECK_EQUAL(box.appended.back().log_append_time.value(), 1'000'000);
  CAF_CHECK_EQUAL(find(999'999).found.value(), 0);
  CAF_CHECK_EQUAL(box.found.back().timestamp.value(), 1'000'000);
  clock.now = timestamp_ms{2'000'000};
  append(batch({.times = {1, 2}, .codec = compression::gzip, .producer = 7, .sequence = 0}));
  CAF_CHECK_EQUAL(box.appends.size(), 1u);
  CAF_CHECK_EQUAL(box.appended.back().log_append_time.value(), 1'000'000); // a duplicate: its first time counts
}

CAF_TEST(records out of their time are named) {
  options.message_timestamp_before_max_ms = 1'000;
  options.message_timestamp_after_max_ms = 2'000;
  start();
  append(batch({.times = {1'000'000, 998'999, 999'000, 1'002'000, 1'002'001}}));
  CAF_REQUIRE_EQUAL(code_of(box.appended.back()), "invalid_timestamp");
  auto& refused = box.appended.back().refused;
  CAF_REQUIRE_EQUAL(refused.size(), 2u);
  CAF_CHECK_EQUAL(refused[0].batch_index, 1);
  CAF_CHECK_EQUAL(refused[1].batch_index, 4);
  CAF_CHECK(!refused[0].message.empty());
  CAF_CHECK(box.appends.empty());
  options.message_timestamp_before_max_ms = 1'001;
  options.message_timestamp_after_max_ms = 2'001;
  caf::anon_send(one, options_changed{options});
  append(batch({.times = {1'000'000, 998'999, 1'002'001}}));
  CAF_CHECK_EQUAL(box.appends.size(), 1u);
}

CAF_TEST(a batch beyond its limits is refused with the limit that it breaks) {
  auto data = batch({.value_bytes = 5'000});
  options.max_message_bytes = static_cast<std::int32_t>(data.size()) - 1;
  start();
  append(data);
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "too_large");
  options.max_message_bytes = static_cast<std::int32_t>(data.size());
  options.segment_bytes = static_cast<std::int32_t>(data.size()) - 1;
  caf::anon_send(one, options_changed{options});
  append(batch({.value_bytes = 5'000}));
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "batch_beyond_segment");
  options.segment_bytes = static_cast<std::int32_t>(data.size());
  caf::anon_send(one, options_changed{options});
  append(batch({.value_bytes = 5'000}));
  CAF_CHECK_EQUAL(box.appends.size(), 1u);
}

CAF_TEST(a topic with a compression of its own packs every batch with it) {
  using choice = metadata::compression_option;
  auto wanted = compression::none;
  start();
  for (auto setting : {choice::uncompressed, choice::gzip, choice::snappy, choice::lz4, choice::zstd}) {
    options.compression = setting;
    caf::anon_send(one, options_changed{options});
    for (auto codec : {compression::none, compression::gzip, compression::snappy, compression::lz4, compression::zstd}) {
      auto data = batch({.times = {1'000'000, 999'000}, .codec = codec, .producer = 1, .sequence = -1});
      data = batch({.times = {1'000'000, 999'000}, .codec = codec, .value_bytes = 500});
      auto* where = data.data();
      auto before = unpacked(*record::batch_view::parse(data.view()));
      write({.times = {1'000'000, 999'000}, .codec = codec, .value_bytes = 500});
      CAF_CHECK(stored().compression() == wanted);
      CAF_CHECK_EQUAL(unpacked(stored()), before);
      CAF_CHECK_EQUAL(stored().record_count(), 2);
      CAF_CHECK_EQUAL(stored().max_timestamp().value(), 1'000'000);
      append(std::move(data));
      CAF_CHECK_EQUAL(box.appends.back().batch.data() == where, codec == wanted);
      sync();
    }
    wanted = static_cast<compression>(static_cast<int>(wanted) + 1);
  }
}

CAF_TEST(a batch that grows beyond its limit when it is unpacked is refused) {
  auto data = batch({.codec = compression::gzip, .value_bytes = 5'000});
  options.compression = metadata::compression_option::uncompressed;
  options.max_message_bytes = 1'000;
  start();
  CAF_REQUIRE_LESS(data.size(), 1'000u);
  append(data);
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "too_large");
  CAF_CHECK(box.appends.empty());
}

CAF_TEST(sizes and producers are told) {
  start();
  write({.producer = 9, .sequence = 0});
  write({.times = {5, 6}, .producer = 9, .sequence = 1});
  auto admin = caf::actor_cast<partition_admin_actor>(one);
  caf::anon_send(admin, partition_size_request{{}, client});
  caf::anon_send(admin, active_producers_request{{}, client});
  run();
  CAF_CHECK_EQUAL(box.sizes.back().size_bytes, box.appends[0].batch.size() + box.appends[1].batch.size());
  auto& producers = box.producers.back().producers;
  CAF_REQUIRE_EQUAL(producers.size(), 1u);
  CAF_CHECK_EQUAL(producers[0].id.value(), 9);
  CAF_CHECK_EQUAL(producers[0].last_sequence, 2);
  CAF_CHECK_EQUAL(producers[0].last_timestamp.value(), 6);
}

CAF_TEST(without room in the journal new batches are refused and known ones are not) {
  start();
  write({.producer = 9, .sequence = 0});
  caf::anon_send(one, journal_room{false});
  append(batch({.producer = 9, .sequence = 1}));
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "no_space");
  append(batch({.producer = 9, .sequence = 0}));
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "none");
  CAF_CHECK_EQUAL(box.appended.back().base_offset.value(), 0);
  caf::anon_send(one, journal_room{true});
  append(batch({.producer = 9, .sequence = 1}));
  CAF_CHECK_EQUAL(box.appends.size(), 2u);
}

CAF_TEST(readers of another epoch are told) {
  start();
  write({});
  caf::anon_send(one, fetch_request{{}, offset{0}, leader_epoch{2}, 1'000, true, 0, client});
  run();
  CAF_CHECK_EQUAL(code_of(box.fetched.back()), "fenced_leader_epoch");
  caf::anon_send(one, fetch_request{{}, offset{0}, leader_epoch{4}, 1'000, true, 0, client});
  run();
  CAF_CHECK_EQUAL(code_of(box.fetched.back()), "unknown_leader_epoch");
  CAF_CHECK_EQUAL(find(list_offset::earliest).epoch.value(), 3);
}

CAF_TEST_FIXTURE_SCOPE_END()
