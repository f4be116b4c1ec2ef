// The replicas of a partition in memory: each with a log that loses in a crash what is not durable, a network that loses,
// repeats and delays what its user wants, and checks of what must hold in every run.
#pragma once

#include "runtime/replication/follower_core.hpp"
#include "runtime/replication/leader_core.hpp"
#include "tests/replication/model_controller.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace troupe::replication {

struct model_record {
  leader_epoch epoch;
  std::uint64_t value = 0;

  friend bool operator==(const model_record&, const model_record&) = default;
};

/// What is at [start, end); below start, and behind durable_end after a crash, there is nothing.
struct model_log {
  offset start, durable_end;
  std::vector<model_record> records; // by offset

  offset end() const { return offset{static_cast<std::int64_t>(records.size())}; }
  const model_record& at(offset o) const { return records[static_cast<std::size_t>(o.value())]; }
  leader_epoch last_epoch() const { return end() > start ? records.back().epoch : no_leader_epoch; }
  epoch_end end_of(leader_epoch asked, leader_epoch newest) const;
};

struct replica_node {
  node_id id;
  model_log log;
  std::vector<model_log> wiped; // what was lost with the disk
  /// Was cut off behind the log's end, and nothing was stored since: the journal still has it, and a restart brings it
  /// back.
  std::vector<model_record> undead;
  bool running = true;
  broker_epoch life;
  std::size_t image = 0;  // the newest version of the metadata that it knows
  std::size_t joins_at = 0; // it takes part from this version on
  offset high_watermark;
  std::uint64_t round = 0;
  leader_epoch epoch = no_leader_epoch; // of the role that it plays
  leader_epoch led = no_leader_epoch;   // in which it led the last time in this life
  std::optional<leader_core> leader;
  std::optional<follower_core> follower;
  std::map<token, std::pair<offset, std::uint64_t>> waiting; // produces
};

struct packet {
  node_id from, to;
  bytes head;
  offset first; // of the records
  std::vector<model_record> records;
};

struct isr_answer {
  node_id to;
  std::uint64_t attempt;
  leader_epoch epoch;
  std::optional<partition_state> state;
};

class replica_cluster {
public:
  replica_cluster(int replicas, int minimum, bool repeats);

  replica_node& at(int id) { return nodes_[static_cast<std::size_t>(id - 1)]; }
  int size() const { return static_cast<int>(nodes_.size()); }

  void produce(int id, required_acks acks);
  void persist(int id, offset end);
  void deliver(std::size_t which);
  void answer_proposal(std::size_t which);
  void deliver_answer(std::size_t which);
  /// The node gets the next version of the metadata.
  void learn(int id);
  void pass_time(std::int64_t ms);
  void delete_records(int id, offset before);
  void crash(int id);
  void wipe(int id);
  /// Whether there would still be somebody with everything.
  bool may_wipe(int id);
  void restart(int id);
  /// The actor of the partition dies, and comes back.
  void revive(int id);
  void cut(int a, int b);
  void mend(int a, int b);
  void mend_all();
  /// Everything arrives and becomes durable, everybody is there: all must agree soon.
  void heal();

  model_controller controller;
  std::vector<packet> network;
  std::vector<alter_question> proposals;
  std::vector<isr_answer> answers;
  std::string broken; ///< what has been found wrong, in a sentence; empty: nothing

  struct counts {
    std::uint64_t acknowledged = 0, cuts = 0, elections = 0, joins = 0, losses_seen = 0;
  } seen;

private:
  bool connected(node_id a, node_id b) const;
  void take_role(replica_node& n);
  void lead(replica_node& n, const model_state& state);
  void follow(replica_node& n, const model_state& state);
  void leave_role(replica_node& n);
  void tell_state(replica_node& n, const model_state& state);
  void carry_out(replica_node& n, effects list);
  void carry_out(replica_node& n, follower_effects list, const packet* with);
  void answer_follower(replica_node& n, const follower_answer& answer);
  void receive(replica_node& n, const replica_fetch& fetch);
  void receive(replica_node& n, const replica_records& answer, const packet& with);
  void send(node_id from, node_id to, packet what);
  void cut_log(replica_node& n, offset end);
  void recover(replica_node& n);

  void check_high_watermark(replica_node& n, offset high_watermark);
  void check_acknowledged(replica_node& n, offset end, std::uint64_t value);
  void check_leader(const replica_node& n);
  void check_readers(replica_node& n);
  void check_prefix(const replica_node& n);
  void complain(const std::string& what);

  std::vector<replica_node> nodes_;
  std::set<std::pair<node_id, node_id>> cut_;
  std::int64_t now_ms_ = 0;
  bool repeats_;
  std::uint64_t next_value_ = 0;
  token next_token_ = 0;
  std::uint64_t next_attempt_ = 0;

  std::vector<model_record> committed_;             // what was below any high watermark
  struct acknowledgement {
    std::uint64_t value;
    leader_epoch epoch; // whose leader gave it
  };
  std::map<offset, acknowledgement> acknowledged_;  // with acks=all
  offset log_start_;                                // the highest that anybody deleted up to
  std::map<leader_epoch, offset> shown_;            // the highest high watermark of each epoch
  std::map<leader_epoch, offset> settled_;          // the first one that readers were told in each epoch
};

} // namespace troupe::replication
