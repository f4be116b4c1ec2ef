// A consumer's end of a fetch session (KIP-227): what it asked for and was told, so that it asks only for what is new
// and knows what an answer leaves out.
#pragma once

#include "runtime/wire/fetch.hpp"
#include "tests/simulation/ledger.hpp"

#include <map>
#include <optional>

namespace troupe::simulation {

class reading_session {
public:
  using part_answer = wire::fetch_response::partition_data;

  bool is_open() const { return id_ != 0; }
  /// Whether it names topics by id; decided when it is begun.
  bool by_id() const { return by_id_; }

  /// Makes a full request one of this session: begins it, or leaves out what the node knows already.
  void shape(wire::fetch_request& request, bool by_id);
  /// The answer in full: with what it left out. Nothing if the node does not know the session any more; else `problem`
  /// says what is wrong with the answer, if anything.
  std::optional<std::map<place, part_answer>> complete(wire::fetch_response& said, const ledger& known,
                                                       std::string& problem);
  /// The connection broke: nobody knows how far the session got.
  void lose();

private:
  struct told {
    wire::fetch_request::fetch_partition asked;
    std::int64_t high_watermark = -1;
    std::int64_t log_start = -1;
    bool is_new = true;
  };

  std::int32_t id_ = 0;
  std::int32_t lost_id_ = 0; ///< of a session that is to be closed
  std::int32_t epoch_ = 0;
  bool by_id_ = false;
  std::map<place, told> told_;
};

} // namespace troupe::simulation
