#include "tests/raft/scenario_player.hpp"

#include "runtime/raft/membership.hpp"
#include "tests/raft/cluster.hpp"

#include <algorithm>
#include <sstream>

namespace troupe::raft {

namespace {

const char* name_of(role r) {
  switch (r) {
  case role::follower:
    return "follower";
  case role::pre_candidate:
    return "pre-candidate";
  case role::candidate:
    return "candidate";
  case role::leader:
    return "leader";
  }
  return "?";
}

const char* name_of(message_type t) {
  constexpr const char* names[] = {"pre-vote?",  "pre-vote",  "vote?",     "vote",     "append?",  "append",
                                   "heartbeat?", "heartbeat", "snapshot?", "snapshot", "observe?", "observe",
                                   "lead now"};
  return names[static_cast<std::size_t>(t)];
}

/// An entry or a position: "index.term", index first because that is what one looks for.
std::string show(const position& at) {
  return std::to_string(at.index.value()) + std::string{"."} + std::to_string(at.term.value());
}

/// The voters, and behind a stroke the number of the disk where it is not the node's first.
std::string show(const membership& members) {
  std::ostringstream text;
  text << "{";
  for (auto& v : members.voters) {
    text << (&v == &members.voters.front() ? "" : " ") << v.node.value();
    if (v.disk.value() != static_cast<std::uint64_t>(v.node.value()))
      text << "/" << v.disk.value();
  }
  for (auto& node : members.awaited)
    text << (&node == &members.awaited.front() ? ", awaits " : " ") << node.value();
  text << "}";
  return text.str();
}

std::string show(const std::vector<entry>& entries) {
  std::ostringstream text;
  for (auto& e : entries) {
    text << " " << show(e.at);
    if (e.kind == entry_kind::members)
      text << "=voters" << show(*decode_membership(e.payload.view()));
    else if (!e.payload.empty())
      text << "=" << e.payload.view();
  }
  return text.str();
}

std::string show(const message& m) {
  std::ostringstream out;
  out << m.from.value() << "->" << m.to.value() << " " << name_of(m.type) << " term " << m.term.value();
  switch (m.type) {
  case message_type::pre_vote_request:
  case message_type::vote_request:
    out << " log " << show(m.log) << (m.transfer ? ", as the leader wishes" : "");
    break;
  case message_type::pre_vote_reply:
  case message_type::vote_reply:
    out << (m.rejected ? " no" : " yes");
    break;
  case message_type::append_request:
    out << " after " << show(m.log) << " commit " << m.commit.value() << show(m.entries);
    break;
  case message_type::append_reply:
    if (m.rejected)
      out << " no to " << m.rejected_index.value() << ", perhaps " << show(m.log);
    else
      out << " up to " << m.log.index.value();
    break;
  case message_type::heartbeat_request:
    out << " commit " << m.commit.value();
    break;
  case message_type::heartbeat_reply:
    break;
  case message_type::snapshot_request:
    out << " at " << show(m.piece->at);
    if (m.piece->data.size() < m.piece->size)
      out << " bytes " << m.piece->offset << "-" << m.piece->offset + m.piece->data.size() << " of " << m.piece->size;
    break;
  case message_type::snapshot_reply:
    out << " at " << show(m.log) << " from byte " << m.offset;
    break;
  case message_type::observe_request:
    out << " log " << show(m.log);
    if (m.blank)
      out << ", blank, knows " << show(m.members);
    break;
  case message_type::observe_reply:
    if (m.blank)
      out << " blank, knows " << show(m.members);
    else
      out << (m.leader == no_node ? " no leader is known" : " ask " + std::to_string(m.leader.value()));
    break;
  case message_type::timeout_now:
    break;
  }
  return out.str();
}

class scenario_player {
public:
  void run(const std::string& line) {
    std::istringstream words{line};
    std::string name;
    words >> name;
    auto handler = handlers().find(name);
    if (handler == handlers().end()) {
      out << "error: no such command\n";
      return;
    }
    (this->*handler->second)(words);
    if (all && !all->broken.empty())
      out << "BROKEN: " << all->broken << "\n";
  }

  std::ostringstream out;

private:
  using handler = void (scenario_player::*)(std::istream&);

  static const std::map<std::string, handler>& handlers() {
    static const std::map<std::string, handler> table{
        {"nodes", &scenario_player::nodes},     {"tick", &scenario_player::tick},
        {"round", &scenario_player::round},     {"persist", &scenario_player::persist},
        {"deliver", &scenario_player::deliver}, {"lose", &scenario_player::lose},
        {"settle", &scenario_player::settle},   {"propose", &scenario_player::propose},
        {"crash", &scenario_player::crash},     {"restart", &scenario_player::restart},
        {"compact", &scenario_player::compact}, {"cut", &scenario_player::cut},
        {"heal", &scenario_player::heal},       {"status", &scenario_player::status},
        {"log", &scenario_player::log},         {"blank", &scenario_player::blank},
        {"join", &scenario_player::join},       {"wipe", &scenario_player::wipe},
        {"add", &scenario_player::add},         {"remove", &scenario_player::remove},
        {"transfer", &scenario_player::transfer}, {"lost", &scenario_player::lost},
        {"campaign", &scenario_player::campaign},
        {"piece", &scenario_player::piece},     {"tick-all", &scenario_player::tick_all},
    };
    return table;
  }

  static int number(std::istream& words, int otherwise) {
    int value = otherwise;
    words >> value;
    return words ? value : otherwise;
  }

  /// piece BYTES: the size of a snapshot's pieces, for the nodes to come
  void piece(std::istream& words) {
    common.snapshot_piece_bytes = static_cast<std::size_t>(number(words, 1));
    out << "ok\n";
  }

  /// nodes N: new members, who know of each other and have nothing else on their disks
  void nodes(std::istream& words) {
    all.emplace(number(words, 1), common);
    out << "ok\n";
  }

  /// blank N: new members, with nothing on their disks
  void blank(std::istream& words) {
    all.emplace(number(words, 1), common, false);
    out << "ok\n";
  }

  /// join: one more node, with nothing on its disk
  void join(std::istream&) { out << "node " << all->join() << "\n"; }

  /// wipe ID: crashes, and has nothing on its disk when it comes back
  void wipe(std::istream& words) {
    all->wipe(number(words, 1));
    out << "ok\n";
  }

  /// add ID NODE, remove ID NODE: asks ID to make NODE a voter, or not to
  void add(std::istream& words) {
    auto id = number(words, 1);
    show_outcome(all->at(id).core->add_voter(node_id{number(words, 1)}));
  }
  void remove(std::istream& words) {
    auto id = number(words, 1);
    show_outcome(all->at(id).core->remove_voter(node_id{number(words, 1)}));
  }

  /// transfer ID [NODE]: asks ID to hand over leadership
  void transfer(std::istream& words) {
    auto id = number(words, 1);
    auto done = all->at(id).core->transfer_leadership(node_id{number(words, -1)});
    out << (done ? "ok" : "refused: " + done.error().message()) << "\n";
  }

  /// lost ID NODE: ID learns that NODE's process has ended, and asks for votes if that was the leader
  void lost(std::istream& words) {
    auto id = number(words, 1);
    auto before = all->at(id).core->current();
    all->at(id).core->lost(node_id{number(words, 1)});
    all->at(id).core->campaign();
    show_change(id, before);
  }

  /// campaign ID: asks for votes if it knows no leader, also if it has asked before
  void campaign(std::istream& words) {
    auto id = number(words, 1);
    auto before = all->at(id).core->current();
    all->at(id).core->campaign();
    show_change(id, before);
  }

  /// tick-all [TIMES]: everybody's time passes
  void tick_all(std::istream& words) {
    for (auto left = number(words, 1); left > 0; --left)
      for (int id = 1; id <= all->size(); ++id)
        if (all->at(id).core) {
          auto before = all->at(id).core->current();
          all->tick(id);
          show_change(id, before);
        }
  }

  void show_outcome(const result<position>& at) {
    out << (at ? "at " + show(*at) : "refused: " + at.error().message()) << "\n";
  }

  /// tick ID [TIMES]
  void tick(std::istream& words) {
    auto id = number(words, 1);
    auto before = all->at(id).core->current();
    for (auto left = number(words, 1); left > 0; --left)
      all->tick(id);
    show_change(id, before);
  }

  /// round ID: takes a round, persists it, sends, applies
  void round(std::istream& words) { show_round(number(words, 1)); }

  /// persist ID: only the first half of a round
  void persist(std::istream& words) {
    auto id = number(words, 1);
    out << (all->persist(id) ? "on disk\n" : "nothing to do\n");
  }

  /// deliver [ID]: everything that is under way, to ID or to everybody
  void deliver(std::istream& words) {
    auto id = number(words, 0);
    for (std::size_t i = 0; i < all->network.size();) {
      auto to = all->network[i].to.value();
      if (id == 0 || to == id)
        deliver_one(i);
      else
        ++i;
    }
  }

  /// lose [A->B]: everything that is under way, or only what A has sent to B
  void lose(std::istream& words) {
    std::string way;
    words >> way;
    auto lost = std::erase_if(all->network, [&](auto& m) {
      return way.empty() || way == numbered(numbered("", static_cast<std::uint64_t>(m.from.value())) + "->",
                                            static_cast<std::uint64_t>(m.to.value()));
    });
    out << lost << " lost\n";
  }

  /// settle: rounds and deliveries until nothing is left to do
  void settle(std::istream&) {
    for (auto busy = true; busy;) {
      busy = false;
      for (int id = 1; id <= all->size(); ++id)
        while (all->at(id).core && (all->at(id).round || all->at(id).core->has_ready())) {
          show_round(id);
          busy = true;
        }
      for (; !all->network.empty(); busy = true)
        deliver_one(0);
    }
  }

  /// propose ID TEXT
  void propose(std::istream& words) {
    auto id = number(words, 1);
    std::string payload;
    words >> payload;
    auto at = all->propose(id, payload);
    out << (at ? "at " + show(*at) : std::string{"refused"}) << "\n";
  }

  void crash(std::istream& words) {
    all->crash(number(words, 1));
    out << "ok\n";
  }

  void restart(std::istream& words) {
    auto id = number(words, 1);
    all->restart(id);
    show_status(id);
  }

  void compact(std::istream& words) {
    auto id = number(words, 1);
    out << (all->compact(id) ? "snapshot at " + show(all->at(id).stored_snapshot.at)
                             : std::string{"nothing to do"})
        << "\n";
  }

  /// cut ID...: nobody hears these any more, and they hear nobody
  void cut(std::istream& words) {
    for (int id = 0; words >> id;)
      all->cut_off.insert(id);
    out << "ok\n";
  }

  void heal(std::istream&) {
    all->cut_off.clear();
    out << "ok\n";
  }

  void status(std::istream&) {
    for (int id = 1; id <= all->size(); ++id)
      show_status(id);
  }

  /// log ID: what is on its disk
  void log(std::istream& words) {
    auto& m = all->at(number(words, 1));
    out << "snapshot " << show(m.stored_snapshot.at) << " " << show(m.stored_snapshot.members) << "; entries"
        << show(m.stored_entries) << "\n";
  }

  void show_status(int id) {
    auto& m = all->at(id);
    if (!m.core) {
      out << id << ": crashed\n";
      return;
    }
    auto now = m.core->current();
    out << id << ": " << (m.core->votes() || m.core->is_leader() ? name_of(now.role) : "observer") << " term "
        << now.term.value();
    if (now.leader != no_node)
      out << " leader " << now.leader.value();
    out << ", log up to " << m.core->last_index().value() << ", committed " << m.core->commit_index().value()
        << ", applied " << m.applied.value() << "\n";
  }

  void show_change(int id, const leadership& before) {
    auto now = all->at(id).core->current();
    if (now == before)
      return;
    out << id << ": " << name_of(before.role) << " term " << before.term.value() << " -> "
        << name_of(now.role) << " term " << now.term.value() << "\n";
  }

  void deliver_one(std::size_t which) {
    auto letter = all->network[which];
    auto& to = all->at(letter.to.value());
    auto before = to.core ? to.core->current() : leadership{};
    all->deliver(which);
    out << show(letter) << "\n";
    if (to.core)
      show_change(letter.to.value(), before);
  }

  void show_round(int id) {
    auto& m = all->at(id);
    if (!m.round && !all->persist(id)) {
      out << id << ": nothing to do\n";
      return;
    }
    auto work = *m.round;
    auto before = m.core->current();
    if (work.state)
      out << id << ": stores term " << work.state->current.value() << " vote " << work.state->vote.value()
          << " commit " << work.state->commit.value() << "\n";
    if (work.install && work.install->at.index == log_index{})
      out << id << ": belongs to the group " << show(work.install->members) << "\n";
    else if (work.install)
      out << id << ": installs the snapshot at " << show(work.install->at) << "\n";
    if (!work.entries.empty())
      out << id << ": stores" << show(work.entries) << "\n";
    if (!work.committed.empty())
      out << id << ": applies" << show(work.committed) << "\n";
    all->finish(id);
    show_change(id, before);
  }

  config common;
  std::optional<cluster> all;
};

} // namespace

std::string play_scenario(const std::string& text) {
  std::istringstream lines{text};
  std::string played;
  scenario_player player;
  auto in_output = false;
  for (std::string line; std::getline(lines, line);) {
    auto command = line.starts_with("> ");
    if (in_output && !line.empty() && line[0] != '#' && !command)
      continue; // what was printed when this was recorded
    in_output = command;
    played += line + "\n";
    if (!command)
      continue;
    player.out.str({});
    player.run(line.substr(2));
    played += player.out.str();
  }
  return played;
}

} // namespace troupe::raft
