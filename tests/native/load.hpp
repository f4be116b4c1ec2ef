// A native producer and a native consumer under load, and what must be true of both in the end: nothing
// failed, nothing is lost, nothing is there twice, and all is in order.
#pragma once

#include "actors/client/consumer.hpp"
#include "actors/client/producer.hpp"
#include "actors/interface/cluster_access.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <caf/all.hpp>

namespace troupe::test {

constexpr std::int32_t load_partitions = 3;

/// What both sides have seen; any thread may look.
class load_facts {
public:
  void report(const client::delivery_report& report);
  void read(const client::handed_batch& batch);

  std::uint64_t reported() const;
  std::uint64_t seen() const;
  /// The first thing that went wrong; empty: nothing did.
  std::string trouble() const;
  /// Where a consumer that keeps its results goes on.
  offset next_of(std::int32_t partition) const;
  /// Once all `sent` records have been reported and seen: each is there once. Empty, or what is wrong.
  std::string verdict(std::uint64_t sent) const;

private:
  struct partition_facts {
    offset next{0};
    std::int64_t last_id = -1;
  };

  void wrong(std::string what);

  mutable std::mutex mutex_;
  std::uint64_t reported_ = 0;
  std::string trouble_;
  std::map<std::int32_t, partition_facts> partitions_;
  std::vector<std::uint8_t> times_; ///< by id
  std::uint64_t seen_ = 0;
};

struct load_state {
  static inline const char* name = "load";

  load_state() = default; // no aggregate: CAF would pass itself as the first member

  std::uint64_t next = 0;
  std::size_t credit = 0;
  bool stopped = false;
};

/// INTERNAL: the sender to itself: as many records as there is credit for.
struct send_more {};
/// Send no more than you have. The answer: how many that is.
struct stop_sending {};

using load_sender = caf::typed_actor<caf::reacts_to<client::delivery_report>, caf::reacts_to<send_more>,
                                     caf::replies_to<stop_sending>::with<std::uint64_t>>;

/// Sends records 0, 1, 2 ... (of partition id % 3) through the producer until told to stop, `pause` between
/// bursts.
load_sender::behavior_type sender(load_sender::stateful_pointer<load_state> self,
                                  client::producer_actor producer, std::shared_ptr<load_facts> facts,
                                  std::chrono::microseconds pause);

/// Passes everything on to the facts.
client::batch_handler::behavior_type watcher(client::batch_handler::pointer self,
                                             std::shared_ptr<load_facts> facts);

client::producer_options producer_settings();
/// From where the facts are.
client::consumer_options consumer_settings(const load_facts& facts);

} // namespace troupe::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::test::send_more)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::test::stop_sending)
