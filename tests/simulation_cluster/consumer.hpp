// A consumer: reads partitions from their leaders, from the beginning, and waits at their ends; goes back now and then, and
// asks where things are. It says which epoch it takes the leader to be in, so that an answer is of that epoch. One that stands
// in a rack reads from the replica that a leader names instead (KIP-392), until that one refuses or some time has passed.
#pragma once

#include "runtime/wire/fetch.hpp"
#include "runtime/wire/list_offsets.hpp"
#include "runtime/wire/offset_for_leader_epoch.hpp"
#include "tests/simulation_cluster/client.hpp"

namespace troupe::simulation::cluster {

class consumer final : public client {
public:
  consumer(const world_parts& world, int number, std::uint64_t seed);

  bool is_done() const override { return !waits_for_answers(); }

private:
  struct question {
    place where;
    std::int64_t asked = 0; ///< the offset, the timestamp or the epoch
    std::int32_t epoch = -1;
    snapshot before;
    bool of_follower = false;
  };
  struct nearest_replica {
    int node = -1;
    std::int64_t until_ms = 0;
  };

  void on_answer(int node, const answer& from) override;
  void on_lost(int node) override;
  void act() override;

  void fetch(int node);
  /// Where it reads from: the leader, or the replica that the leader has named.
  int reads_from(const place& where, const route& leader);
  void ask_nearest(const place& where, std::int32_t named);
  void ask_offset(const place& where, std::int64_t timestamp);
  void ask_epoch_end(const place& where);
  void take(const question& asked, int node, const wire::fetch_response::partition_data& part);
  void take(const question& asked, int node,
            const wire::list_offsets_response::list_offsets_partition_response& part);
  void take(const question& asked, int node, const wire::offset_for_leader_epoch_response::epoch_end_offset& part);
  template <class Topics, class Member>
  void take_all(const std::vector<question>& asked, int node, const Topics& topics, Member partitions);
  void taken_from_leader(const question& asked, int node, const records_read& event);
  void tell_log_start(const question& asked, const records_read& event);
  void served(const question& asked, int node, const snapshot& told);
  void refused(const question& asked, std::int16_t code);

  int number_;
  std::string rack_; ///< empty: it stands in none
  std::map<place, nearest_replica> nearest_;
  std::map<place, std::int64_t> positions_;
  std::map<request_name, std::vector<question>> questions_;
};

} // namespace troupe::simulation::cluster
