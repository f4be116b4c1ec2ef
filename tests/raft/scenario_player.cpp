#include "tests/raft/scenario_player.hpp"

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
  constexpr const char* names[] = {"pre-vote?", "pre-vote",   "vote?",     "vote",     "append?",
                                   "append",    "heartbeat?", "heartbeat", "snapshot?"};
  return names[static_cast<std::size_t>(t)];
}

/// An entry or a position: "index.term", index first because that is what one looks for.
std::string show(const position& at) {
  return std::to_string(at.index.value()) + std::string{"."} + std::to_string(at.term.value());
}

std::string show(const std::vector<entry>& entries) {
  std::ostringstream text;
  for (auto& e : entries) {
    text << " " << show(e.at);
    if (!e.payload.empty())
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
    out << " log " << show(m.log);
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
    out << " at " << show(m.snap->at);
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
        {"log", &scenario_player::log},
    };
    return table;
  }

  static int number(std::istream& words, int otherwise) {
    int value = otherwise;
    words >> value;
    return words ? value : otherwise;
  }

  /// nodes N: new members, with nothing on their disks
  void nodes(std::istream& words) {
    all.emplace(number(words, 1), config{});
    out << "ok\n";
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

  /// lose: everything that is under way
  void lose(std::istream&) {
    out << all->network.size() << " lost\n";
    all->network.clear();
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
    out << "snapshot " << show(m.stored_snapshot.at) << "; entries" << show(m.stored_entries) << "\n";
  }

  void show_status(int id) {
    auto& m = all->at(id);
    if (!m.core) {
      out << id << ": crashed\n";
      return;
    }
    auto now = m.core->current();
    out << id << ": " << name_of(now.role) << " term " << now.term.value();
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
    if (work.install)
      out << id << ": installs the snapshot at " << show(work.install->at) << "\n";
    if (!work.entries.empty())
      out << id << ": stores" << show(work.entries) << "\n";
    if (!work.committed.empty())
      out << id << ": applies" << show(work.committed) << "\n";
    all->finish(id);
    show_change(id, before);
  }

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
