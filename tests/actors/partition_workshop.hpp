// A partition whose disk, flusher, reader and client only note what they are sent: for its tests. To be included behind
// "caf/test/dsl.hpp".
#pragma once

#include "actors/partition/partition.hpp"
#include "runtime/record/builder.hpp"
#include "runtime/record/record_view.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

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
  std::vector<cut_order> cuts;
  std::vector<patch_order> patches;
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

inline disk_actor::behavior_type silent_disk(disk_actor::pointer, mail* box) {
  return {
      into(box->appends),         [](const journal_member&) {},   [](const segments_synced&) {},
      [](const partitions_forgotten&) {}, [](const recall_partition&) {}, [](commit_group) {},
      [](idle_check) {},
  };
}

inline flusher_actor::behavior_type silent_flusher(flusher_actor::pointer, mail* box) {
  return {
      into(box->flushes),
      into(box->cuts),
      into(box->patches),
      [](const remove_partitions&) {},
      [](const recall_partition&) {},
      [](flush_group) {},
  };
}

inline reader_actor::behavior_type silent_reader(reader_actor::pointer, mail* box) {
  return {
      into(box->reads),
      [](search_order&) {},
      [](const stamp_order&) {},
      [](const partitions_forgotten&) {},
  };
}

using test_client = partition_client::extend<caf::reacts_to<delete_records_reply>, caf::reacts_to<partition_size_reply>,
                                             caf::reacts_to<active_producers_reply>>;

inline test_client::behavior_type listener(test_client::pointer, mail* box) {
  return {
      into(box->appended), into(box->fetched), into(box->woken),     into(box->found), [](const epoch_end_reply&) {},
      into(box->deleted),  into(box->sizes),   into(box->producers),
  };
}

struct partition_workshop : test_coordinator_fixture<> {
  partition_workshop() {
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

  ~partition_workshop() {
    for (auto actor : {caf::actor_cast<caf::actor>(one), caf::actor_cast<caf::actor>(environment.disk),
                       caf::actor_cast<caf::actor>(environment.flusher),
                       caf::actor_cast<caf::actor>(environment.reader), caf::actor_cast<caf::actor>(client)})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    run();
  }

  /// To the end of all that happens without time passing.
  void run() { sched.run(); }

  void start() {
    auto from = std::make_shared<partition_start>();
    from->name.topic.bytes[0] = 1;
    from->role = role(3);
    from->options = options;
    one = sys.spawn(partition, environment, from);
    run();
  }

  /// The only replica leads in this epoch.
  partition_role role(int epoch) {
    partition_role alone;
    alone.state.replicas = alone.state.isr = {environment.self};
    alone.state.leader = environment.self;
    alone.state.leader_epoch = leader_epoch{epoch};
    return alone;
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

inline std::string code_of(const auto& reply) { return std::string{name(reply.code)}; }

} // namespace troupe
