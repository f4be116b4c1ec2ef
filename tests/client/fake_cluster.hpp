// A cluster for tests of clients: partitions that keep what they are given and misbehave on request, with the decisions of
// a real controller behind the views.
#pragma once

#include "actors/interface/cluster_access.hpp"
#include "runtime/record/validator.hpp"
#include "runtime/storage/producer_state.hpp"
#include "tests/metadata/helpers.hpp"

#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "caf/test/dsl.hpp"

namespace troupe::test {

/// What one partition keeps, whichever actor stands for it, and how it misbehaves.
struct fake_log {
  fake_log() { rules.timestamp_after_max_ms = std::numeric_limits<std::int64_t>::max(); }

  struct waiter {
    partition_client who;
    request_tag tag;
  };

  std::vector<bytes> batches;
  offset start{0};
  offset end{0};
  storage::producer_state producers;
  std::vector<waiter> waiters;

  record::validation_rules rules;
  std::deque<errc> refuse;     ///< the next appends, without a trace
  std::deque<errc> refuse_fetch;
  int lose_replies = 0;        ///< of so many appends: done, and not answered
  int drop = 0;                ///< so many requests of any kind: not even done
  bool holds = false;          ///< appends stay in `held`
  timestamp_ms append_time = no_timestamp; ///< of all batches, if the topic stamps records itself
  bool wakes = true;
  std::vector<append_request> held;

  std::size_t appends = 0; ///< asked for
  std::size_t duplicates = 0;
  std::size_t fetches = 0;

  /// The values of all records, in order.
  std::vector<std::string> values() const;
  void append_direct(const std::vector<std::string>& values, record::compression packed = record::compression::none,
                     std::int64_t first_timestamp = 1000);
};

class fake_cluster {
public:
  explicit fake_cluster(caf::actor_system& system);

  void create(const std::string& topic, int partitions);
  void remove(const std::string& topic);
  fake_log& log(const std::string& topic, int partition = 0);
  cluster_access access() const { return access_; }

  /// The partition's actor ends. Whoever has the view learns it.
  void kill(const std::string& topic, int partition = 0);
  /// Another actor stands for it.
  void revive(const std::string& topic, int partition = 0);
  /// Lets a partition answer what it held.
  void release(const std::string& topic, int partition = 0);
  /// Views change, nothing else.
  void publish();

  int producer_ids_given = 0;
  errc refuse_producer_ids = errc::none;

private:
  struct place {
    std::shared_ptr<fake_log> log = std::make_shared<fake_log>();
    partition_actor actor;
  };

  void take_image();

  caf::actor_system& system_;
  metadata::controller_fixture controller_;
  std::map<topic_id, std::vector<place>> topics_;
  std::vector<view_subscriber> subscribers_;
  cluster_access access_;
};

/// Everything that one sender or handler got to see.
template <class Message>
using inbox = std::shared_ptr<std::vector<Message>>;

} // namespace troupe::test
