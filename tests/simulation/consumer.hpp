// A consumer: reads partitions from the beginning and waits at their ends, goes back now and then, and asks
// where things are.
#pragma once

#include "tests/simulation/client.hpp"
#include "tests/simulation/reading_session.hpp"

#include "runtime/wire/fetch.hpp"
#include "runtime/wire/list_offsets.hpp"

#include <map>

namespace troupe::simulation {

class consumer final : public client {
public:
  consumer(const world_parts& world, int number, std::uint64_t seed);

  bool is_done() const override { return wire_.unanswered() == 0; }

private:
  struct question {
    place where;
    std::int64_t asked = 0; ///< the offset, or the timestamp
    snapshot before;
  };

  void on_disconnected() override {
    questions_.clear();
    session_.lose();
  }
  void on_answer(const answer& from) override;
  void act() override;

  void fetch(const std::vector<place>& places);
  void fetch_in_session(wire::fetch_request request, bool by_id, std::vector<question> asked);
  void take_in_session(const std::vector<question>& asked, wire::fetch_response& said);
  void ask_offset(const place& where, std::int64_t timestamp);
  void take(const question& asked, const wire::fetch_response::partition_data& part);
  void take(const question& asked, const wire::list_offsets_response::list_offsets_partition_response& part);
  bool is_excused(std::int16_t code) const;

  int number_;
  bool in_sessions_; ///< whether it reads in fetch sessions
  reading_session session_;
  int session_life_ = 0; ///< of the node, when the session was begun
  std::map<place, std::int64_t> positions_;
  std::map<std::int32_t, std::vector<question>> questions_;
};

} // namespace troupe::simulation
