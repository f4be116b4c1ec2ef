// A producer before a cluster that misbehaves on request, and its senders: for its tests.
#pragma once

#include "tests/client/fake_cluster.hpp"

#include "actors/client/producer.hpp"

#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace troupe::client {

struct sender_box {
  std::vector<delivery> deliveries;
  std::size_t credit = 0;
  std::size_t reports = 0;
  std::uint64_t unnamed = 0;

  void take(const delivery_report& report) {
    credit += report.credit_bytes;
    unnamed += report.refused_unnamed;
    deliveries.insert(deliveries.end(), report.deliveries.begin(), report.deliveries.end());
  }

  std::size_t written() const {
    std::size_t sum = 0;
    for (auto& d : deliveries)
      sum += d.is_written() ? d.count : 0;
    return sum;
  }
  std::size_t reported() const {
    return std::accumulate(deliveries.begin(), deliveries.end(), std::size_t{0},
                           [](auto n, auto& d) { return n + d.count; });
  }
  errc only_error() const { return deliveries.empty() ? errc::none : deliveries.front().what.code; }
};

struct producer_workshop : test_coordinator_fixture<> {
  producer_workshop() : cluster(sys) {
    options.topic = "t";
  }

  ~producer_workshop() {
    for (auto& one : started)
      anon_send_exit(one, caf::exit_reason::kill);
    run();
  }

  /// To the end of all that happens without time passing.
  void settle() { sched.run(); }

  void pass(std::int64_t ms) {
    for (std::int64_t i = 0; i < ms; i += 10) {
      sched.advance_time(std::chrono::milliseconds{std::min<std::int64_t>(10, ms - i)});
      settle();
    }
  }

  producer_actor start() {
    auto made = spawn_producer(sys, cluster.access(), options);
    CAF_REQUIRE(made.has_value());
    started.push_back(caf::actor_cast<caf::strong_actor_ptr>(*made));
    settle();
    return *made;
  }

  delivery_listener listener(std::shared_ptr<sender_box> box) {
    auto made = sys.spawn([box](delivery_listener::pointer) -> delivery_listener::behavior_type {
      return {[box](const delivery_report& report) {
        ++box->reports;
        box->take(report);
      }};
    });
    started.push_back(caf::actor_cast<caf::strong_actor_ptr>(made));
    return made;
  }

  /// Puts the reports aside, as if they stayed in his mailbox, until he listens.
  delivery_listener deaf_listener(std::shared_ptr<sender_box> box, std::shared_ptr<bool> listens) {
    auto aside = std::make_shared<std::vector<delivery_report>>();
    auto made = sys.spawn([=](delivery_listener::pointer) -> delivery_listener::behavior_type {
      return {[=](const delivery_report& report) {
        ++box->reports;
        aside->push_back(report);
        if (*listens)
          for (auto& one : std::exchange(*aside, {}))
            box->take(one);
      }};
    });
    started.push_back(caf::actor_cast<caf::strong_actor_ptr>(made));
    return made;
  }

  /// One record each: first, first + 1, ...
  void send(const producer_actor& to, const delivery_listener& from, std::uint64_t first, std::uint64_t count,
            partition_id where = any_partition) {
    for (auto id = first; id < first + count; ++id) {
      auto record = make_record(std::to_string(id));
      record.partition = where;
      anon_send(to, send_records{id, {std::move(record)}, from});
    }
  }

  static new_record record_at(std::int64_t time) {
    auto made = make_record(std::string(100, 'x'));
    made.timestamp = timestamp_ms{time};
    return made;
  }

  static std::vector<std::string> numbers(std::uint64_t first, std::uint64_t count) {
    std::vector<std::string> all;
    for (auto id = first; id < first + count; ++id)
      all.push_back(std::to_string(id));
    return all;
  }

  test::fake_cluster cluster;
  producer_options options;
  std::vector<caf::strong_actor_ptr> started;
  std::shared_ptr<sender_box> box = std::make_shared<sender_box>();
};

} // namespace troupe::client
