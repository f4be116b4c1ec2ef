#include "actors/controller/raft_storage.hpp"

#include "runtime/base/random.hpp"
#include "runtime/raft/membership.hpp"

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

/// In ticks of 50 ms: elections after 300 to 600 ms of silence, again after 100 to 200 ms if there was no outcome.
constexpr int election_ticks = 6;
constexpr int heartbeat_ticks = 2;
constexpr int retry_ticks = 2;

result<raft::entry> from_durable(const storage::durable_entry& entry) {
  raft::entry read{{raft::term{entry.term}, raft::log_index{entry.index}}, entry.payload, raft::entry_kind::data};
  if (entry.kind == static_cast<std::uint8_t>(raft::entry_kind::members)) {
    read.kind = raft::entry_kind::members;
    if (auto members = raft::decode_membership(entry.payload.view()); !members)
      return fail(std::move(members));
  } else if (entry.kind != 0) {
    return fail(errc::wrong_format, "an entry of kind " + std::to_string(entry.kind));
  }
  return read;
}

result<raft::snapshot> from_durable(const storage::durable_snapshot& snapshot) {
  raft::snapshot read{{raft::term{snapshot.term}, raft::log_index{snapshot.index}}, snapshot.payload, {}};
  if (snapshot.members.empty())
    return read; // of a time before members were written down
  auto members = raft::decode_membership(snapshot.members.view());
  if (!members)
    return fail(std::move(members));
  read.members = std::move(*members);
  return read;
}

/// The name of the directory's content, drawn if it has none yet.
result<raft::disk_id> name_of(storage::durable_log& log, storage::durable_hard_state& state, const raft::config& config) {
  if (state.disk == 0) {
    random_source random{config.seed ^ static_cast<std::uint64_t>(config.self.value())};
    state.disk = random.next() | 1;
    if (auto saved = log.save(state); !saved)
      return fail(std::move(saved));
  }
  return raft::disk_id{state.disk};
}

} // namespace

storage::durable_entry to_durable(const raft::entry& entry) {
  return {entry.at.index.value(), entry.at.term.value(), entry.payload, static_cast<std::uint8_t>(entry.kind)};
}

storage::durable_snapshot to_durable(const raft::snapshot& snapshot) {
  return {snapshot.at.index.value(), snapshot.at.term.value(), snapshot.state, raft::encode(snapshot.members)};
}

result<raft_start> open_raft(storage::file_system& files, const std::string& directory, raft::config config) {
  auto opened = storage::durable_log::open(files, {.directory = directory});
  if (!opened)
    return fail(std::move(opened));
  if (!opened->cut.empty())
    spdlog::warn("raft_driver: {}", opened->cut);
  raft_start start;
  start.log = std::move(opened->log);
  start.config = std::move(config);
  start.config.election_ticks = election_ticks;
  start.config.heartbeat_ticks = heartbeat_ticks;
  start.config.retry_ticks = retry_ticks;
  auto disk = name_of(*start.log, opened->hard_state, start.config);
  if (!disk)
    return fail(std::move(disk));
  start.config.disk = *disk;
  start.restored.state = {raft::term{opened->hard_state.term}, node_id{opened->hard_state.vote},
                          raft::log_index{opened->hard_state.commit}};
  if (opened->snapshot) {
    auto snapshot = from_durable(*opened->snapshot);
    if (!snapshot)
      return fail(std::move(snapshot));
    start.restored.snap = std::move(*snapshot);
  }
  for (auto& stored : opened->entries) {
    auto entry = from_durable(stored);
    if (!entry)
      return fail(errc::corrupt, directory + ": entry " + std::to_string(stored.index) + ": " + entry.error().message());
    start.restored.entries.push_back(std::move(*entry));
  }
  return start;
}

} // namespace troupe
