#include "tests/raft/cluster.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/cursor.hpp"

#include <algorithm>

namespace troupe::raft {

namespace {

std::uint64_t hash_after(std::uint64_t before, std::string_view payload) {
  auto hash = before ^ 0xcbf29ce484222325ull;
  for (auto c : payload)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hash + 1;
}

bytes save_machine(std::uint64_t machine) {
  auto saved = bytes::allocate(sizeof machine);
  store_be(saved.mutable_data(), machine);
  return saved;
}

std::string number(node_id node) { return std::to_string(node.value()); }
std::string number(term t) { return std::to_string(t.value()); }
std::string number(log_index index) { return std::to_string(index.value()); }

} // namespace

cluster::cluster(int voters, config common, bool founded) : common_(std::move(common)) {
  common_.voters.clear();
  snapshot founding;
  for (int id = 1; id <= voters; ++id) {
    common_.voters.push_back(node_id{id});
    founding.members.voters.push_back({node_id{id}, disk_id{static_cast<std::uint64_t>(id)}});
  }
  for (int id = 1; id <= voters; ++id) {
    auto& m = members_.emplace_back();
    m.id = node_id{id};
    m.disk = disk_id{static_cast<std::uint64_t>(id)};
    if (founded && voters > 1)
      m.stored_snapshot = founding;
  }
  for (int id = 1; id <= voters; ++id)
    restart(id);
}

int cluster::join() {
  auto& m = members_.emplace_back();
  m.id = node_id{size()};
  m.disk = disk_id{static_cast<std::uint64_t>(size())};
  restart(size());
  return size();
}

void cluster::wipe(int id) {
  crash(id);
  auto& m = at(id);
  m.stored_state = {};
  m.stored_snapshot = {};
  m.stored_entries.clear();
  if (!faults.keeps_name_when_wiped)
    m.disk = m.disk + 100;
}

void cluster::complain(const std::string& what) {
  if (broken.empty())
    broken = what;
}

void cluster::restart(int id) {
  auto& m = at(id);
  CHECK(!m.core);
  auto stored = m.stored_entries.empty() ? m.stored_snapshot.at.index : m.stored_entries.back().at.index;
  if (m.stored_state.commit > std::max(stored, m.stored_snapshot.at.index))
    complain("node " + number(m.id) + " has committed more than it has stored");
  auto options = common_;
  options.self = m.id;
  options.disk = m.disk;
  options.seed = common_.seed * 1000 + static_cast<std::uint64_t>(id) + 100 * restarts_++;
  m.core.emplace(options, restored{m.stored_state, m.stored_snapshot, m.stored_entries});
  // What the core took no notice of would be in the way of what it stores next.
  auto& log = m.core->log();
  std::erase_if(m.stored_entries, [&](auto& e) { return e.at.index < log.first_index() || !log.has(e.at); });
  m.applied = m.stored_snapshot.at.index;
  m.machine = m.stored_snapshot.state.empty() ? 0 : load_be<std::uint64_t>(m.stored_snapshot.state.data());
  check_leader(m);
}

void cluster::crash(int id) {
  auto& m = at(id);
  m.core.reset();
  m.round.reset();
  m.persisted = false;
}

/// In the order that `ready` asks for: state, snapshot, removal of what it replaces, removal of the suffix,
/// then the entries one by one.
void cluster::store(member& m, const ready& work, std::size_t steps) {
  if (work.state && steps > 0) {
    check_vote(m, *work.state);
    m.stored_state = *work.state;
    if (faults.forgets_votes)
      m.stored_state.vote = no_node;
  }
  if (work.install && steps > 1)
    m.stored_snapshot = *work.install;
  if (work.install && steps > 2)
    m.stored_entries.clear();
  if (work.entries.empty() || steps < 4)
    return;
  auto from = work.entries.front().at.index;
  std::erase_if(m.stored_entries, [from](auto& e) { return e.at.index >= from; });
  auto before = m.stored_entries.empty() ? m.stored_snapshot.at : m.stored_entries.back().at;
  auto whole = std::min(work.entries.size(), steps - 4);
  std::vector<entry> fresh{work.entries.begin(), work.entries.begin() + static_cast<std::ptrdiff_t>(whole)};
  m.stored_entries.insert(m.stored_entries.end(), fresh.begin(), fresh.end());
  check_log_matching(fresh, before);
  if (faults.forgets_entries && !fresh.empty())
    m.stored_entries.pop_back();
}

void cluster::send(int id, std::vector<message>& letters) {
  if (!cut_off.contains(id))
    for (auto& letter : letters)
      network.push_back(std::move(letter));
}

bool cluster::persist(int id) {
  auto& m = at(id);
  if (m.round || !m.core->has_ready())
    return false;
  m.round = m.core->take_ready();
  send(id, m.round->early);
  store(m, *m.round, SIZE_MAX);
  m.persisted = true;
  return true;
}

void cluster::crash_while_writing(int id, std::size_t steps) {
  auto& m = at(id);
  if (!m.round && m.core->has_ready()) {
    auto work = m.core->take_ready();
    send(id, work.early);
    store(m, work, steps);
  }
  crash(id);
}

bool cluster::finish(int id) {
  auto& m = at(id);
  if (!m.round)
    return false;
  auto work = *std::exchange(m.round, std::nullopt);
  m.persisted = false;
  send(id, work.messages);
  if (work.install && work.install->at.index > log_index{}) {
    m.applied = work.install->at.index;
    m.machine = load_be<std::uint64_t>(work.install->state.data());
    check_applied(m, work.install->at.term);
  }
  for (auto& e : work.committed)
    apply(m, e);
  m.core->advance();
  check_leader(m);
  return true;
}

void cluster::apply(member& m, const entry& e) {
  if (e.at.index != m.applied + 1)
    complain("node " + number(m.id) + " applies " + number(e.at.index) + " after " + number(m.applied));
  m.applied = e.at.index;
  if (e.kind == entry_kind::data)
    m.machine = hash_after(m.machine, e.payload.view());
  check_applied(m, e.at.term);
}

void cluster::tick(int id) {
  at(id).core->tick();
  check_leader(at(id));
}

void cluster::deliver(std::size_t which) {
  auto letter = std::move(network[which]);
  network.erase(network.begin() + static_cast<std::ptrdiff_t>(which));
  if (letter.to.value() > size())
    return;
  auto& to = at(letter.to.value());
  if (!to.core || cut_off.contains(letter.to.value()) || cut_off.contains(letter.from.value()))
    return;
  to.core->step(std::move(letter));
  check_leader(to);
}

std::optional<position> cluster::propose(int id, const std::string& payload) {
  auto accepted = at(id).core->propose(bytes::copy_of(payload));
  return accepted ? std::optional{*accepted} : std::nullopt;
}

bool cluster::compact(int id) {
  auto& m = at(id);
  if (m.round || m.applied <= m.core->log().base().at.index)
    return false;
  auto taken = m.core->snapshot_at({*m.core->log().term_at(m.applied), m.applied}, save_machine(m.machine));
  m.stored_snapshot = taken;
  std::erase_if(m.stored_entries, [&](auto& e) { return e.at.index <= taken.at.index; });
  m.core->compact(taken);
  return true;
}

int cluster::leader() {
  int found = 0;
  term newest;
  for (auto& m : members_)
    if (m.core && m.core->is_leader() && m.core->current().term > newest) {
      newest = m.core->current().term;
      found = m.id.value();
    }
  return found;
}

/// A disk votes once in a term, and its term does not go back.
void cluster::check_vote(const member& m, const hard_state& state) {
  if (state.current < m.stored_state.current)
    complain("node " + number(m.id) + " goes back to term " + number(state.current));
  if (state.vote == no_node)
    return;
  auto [known, fresh] = votes_.try_emplace({m.disk, state.current}, state.vote);
  if (!fresh && known->second != state.vote)
    complain("vote: node " + number(m.id) + " votes twice in term " + number(state.current));
}

/// Two logs that have an entry in common are the same up to it.
void cluster::check_log_matching(const std::vector<entry>& entries, position before) {
  for (auto& e : entries) {
    auto [known, fresh] =
        entries_.try_emplace({e.at.term, e.at.index}, seen{std::string{e.payload.view()}, before});
    if (!fresh && (known->second.payload != e.payload.view() || !(known->second.before == before)))
      complain("log matching: two entries " + number(e.at.index) + " of term " + number(e.at.term));
    before = e.at;
  }
}

/// There is one leader in a term, and it has all that was committed before. Who has not stored yet that it leads (its
/// own vote may be enough) has not told anybody either.
void cluster::check_leader(member& m) {
  auto now = m.core->current().term;
  if (!m.core->is_leader() || m.stored_state.current != now)
    return;
  auto [known, fresh] = leaders_.try_emplace(now, m.id);
  if (known->second != m.id)
    complain("election safety: term " + number(now) + " has the leaders " + number(known->second) + " and "
             + number(m.id));
  if (!fresh)
    return;
  auto& log = m.core->log();
  for (auto& [index, c] : committed_)
    if (index >= log.base().at.index && log.term_at(index) != c.of)
      complain("leader completeness: the leader of term " + number(now) + " lacks " + number(index));
}

/// All state machines go through the same states.
void cluster::check_applied(member& m, term of) {
  auto [known, fresh] = committed_.try_emplace(m.applied, committed{of, m.machine});
  if (!fresh && (known->second.of != of || known->second.machine != m.machine))
    complain("state machine safety: node " + number(m.id) + " differs at " + number(m.applied));
}

} // namespace troupe::raft
