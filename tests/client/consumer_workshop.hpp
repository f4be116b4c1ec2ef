// A consumer before a cluster that misbehaves on request, and its handlers: for its tests.
#pragma once

#include "tests/client/fake_cluster.hpp"

#include "actors/client/consumer.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace troupe::client {

/// What all handlers of one consumer got to see, and how they behave.
struct handler_box {
  std::vector<std::string> values;
  std::vector<std::int64_t> offsets;
  std::vector<partition_notice> notices;
  std::vector<handed_batch> unanswered;
  std::size_t batches = 0;
  std::size_t again = 0;
  int started = 0;
  bool answers = true;
  int throw_in = -1;       ///< so many batches from now
  int throw_in_notice = -1; ///< so many notices from now
  bool answers_twice = false;
  bool keeps_values = true;

  std::size_t count(partition_notice::kind what) const {
    std::size_t n = 0;
    for (auto& notice : notices)
      n += notice.what == what;
    return n;
  }
};

using box_ptr = std::shared_ptr<handler_box>;

inline void take(handler_box& box, batch_handler::pointer self, const handed_batch& batch) {
  if (box.throw_in >= 0 && box.throw_in-- == 0)
    throw std::runtime_error("the handler has had enough");
  ++box.batches;
  box.again += batch.again;
  if (box.keeps_values)
    for (auto record : batch.records) {
      box.values.emplace_back(record.value.value_or("null"));
      box.offsets.push_back(record.offset.value());
    }
  if (!box.answers) {
    box.unanswered.push_back(batch);
    return;
  }
  self->send(batch.from, batch_done{batch.id});
  if (box.answers_twice)
    self->send(batch.from, batch_done{batch.id});
}

struct consumer_workshop : test_coordinator_fixture<> {
  consumer_workshop() : cluster(sys) { options.assignments = {{"t"}}; }

  ~consumer_workshop() {
    box->unanswered.clear();
    for (auto& one : started)
      anon_send_exit(one, caf::exit_reason::kill);
    run();
  }

  void settle() { sched.run(); }

  void pass(std::int64_t ms) {
    for (std::int64_t i = 0; i < ms; i += 10) {
      sched.advance_time(std::chrono::milliseconds{std::min<std::int64_t>(10, ms - i)});
      settle();
    }
  }

  handler_factory factory() {
    return [box = box, this](caf::actor_system& system) {
      ++box->started;
      auto made = system.spawn([box](batch_handler::pointer self) -> batch_handler::behavior_type {
        return {
            [box, self](const handed_batch& m) { take(*box, self, m); },
            [box](const partition_notice& m) {
              if (box->throw_in_notice >= 0 && box->throw_in_notice-- == 0)
                throw std::runtime_error("the handler cannot bear notices");
              box->notices.push_back(m);
            },
        };
      });
      latest = made;
      return made;
    };
  }

  consumer_actor start() {
    auto made = spawn_consumer(sys, cluster.access(), options, factory());
    CAF_REQUIRE(made.has_value());
    started.push_back(caf::actor_cast<caf::strong_actor_ptr>(*made));
    settle();
    return *made;
  }

  std::vector<std::string> fill(std::uint64_t first, std::uint64_t count, int partition = 0, std::size_t per_batch = 10,
                                record::compression packed = record::compression::none) {
    std::vector<std::string> all;
    std::vector<std::string> some;
    for (auto i = first; i < first + count; ++i) {
      all.push_back(std::to_string(i));
      some.push_back(all.back());
      if (some.size() == per_batch || i + 1 == first + count) {
        auto timestamp = 1001 + static_cast<std::int64_t>(i - some.size());
        cluster.log("t", partition).append_direct(std::exchange(some, {}), packed, timestamp);
      }
    }
    return all;
  }

  partition_position position(const consumer_actor& of, int partition = 0) {
    partition_position got;
    auto request = self->request(of, caf::infinite, get_position{"t", partition_id{partition}});
    settle();
    request.receive([&](const partition_position& p) { got = p; }, [](caf::error&) { CAF_FAIL("no position"); });
    return got;
  }

  test::fake_cluster cluster;
  consumer_options options;
  std::vector<caf::strong_actor_ptr> started;
  box_ptr box = std::make_shared<handler_box>();
  batch_handler latest;
};

} // namespace troupe::client
