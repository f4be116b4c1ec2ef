// Where the other nodes of the cluster are: from the file of the cluster, from the metadata image, in which each broker has
// written where it listens for them, and, for a node that joins by seeds, from those that it meets. Knows no socket.
#pragma once

#include "actors/interface/peer_messages.hpp"
#include "runtime/metadata/image.hpp"

#include <map>
#include <set>
#include <span>
#include <string_view>
#include <vector>

namespace troupe {

/// What a node that joins asks each one that it is connected with, and the answer: all that one knows first-hand.
struct directory_question {};
struct directory_answer {
  std::vector<peer_address> nodes;
};
bytes encode(const directory_question& question);
bytes encode(const directory_answer& answer);
/// Whether it is a question; else what was answered. Error: malformed.
result<bool> decode_directory(std::string_view message, directory_answer& answer);

class peer_book {
public:
  /// A cluster's nodes; more of them are not taken over from anybody.
  static constexpr std::size_t nodes_max = 1'000;

  /// `own` is this node's, `configured` those of its file.
  peer_book(peer_address own, std::vector<peer_address> configured, std::vector<seed_address> seeds);

  void on_image(const metadata::metadata_image& image);
  void on_status(const peer_status& status);
  void on_answer(node_id from, const directory_answer& answer);

  /// Whether it asks others for what it does not know.
  bool joins() const { return !seeds_.empty(); }
  /// For each other node, first where its registration says, then where the file says, else where others say: each may be of
  /// a time before the node moved. Seeds as long as this node is connected with nobody.
  peers_wanted wanted() const;
  /// First-hand: itself, what registrations and its file say, and whom it is connected with. What is only hearsay is not passed
  /// on: it would never be forgotten.
  directory_answer known() const;

private:
  struct hearsay {
    peer_address where;
    node_id from;
  };

  peer_address own_;
  std::vector<peer_address> configured_;
  std::vector<seed_address> seeds_;
  std::map<node_id, peer_address> registered_;
  std::map<node_id, hearsay> heard_;
  std::set<node_id> connected_;
};

} // namespace troupe
