#include "tests/simulation_cluster/synced_logs.hpp"

#include "runtime/record/batch_view.hpp"
#include "runtime/storage/checkpoint.hpp"
#include "runtime/storage/directory_check.hpp"
#include "runtime/storage/journal.hpp"
#include "runtime/storage/journal_format.hpp"

#include <algorithm>
#include <utility>

namespace troupe::simulation::cluster {

namespace {

constexpr const char* directory = "data";

synced_batch mark_of(const record::batch_view& batch) {
  return {batch.base_offset().value(), batch.next_offset().value(), batch.partition_leader_epoch().value(), batch.crc()};
}

} // namespace

void synced_logs::note_copy(node_id node, const topic_partition& partition, const synced_batch& what) {
  auto& all = copies_[partition][what.base];
  if (std::none_of(all.begin(), all.end(), [&](auto& one) { return one.node == node && one.what == what; }))
    all.push_back({node, what});
}

/// Without a batch: the log is cut.
void synced_logs::take(node_id node, log& into, const topic_partition& partition, std::int64_t base, std::string_view batch) {
  into.erase(into.lower_bound(base), into.end());
  if (auto view = record::batch_view::parse(batch)) {
    auto mark = mark_of(*view);
    into.emplace(mark.base, mark);
    note_copy(node, partition, mark);
  }
}

void synced_logs::wrote(node_id node, std::string_view group) {
  auto header = storage::decode_journal_group_header(group);
  if (!header)
    return;
  group.remove_prefix(storage::journal_group_header_size_bytes);
  for (auto n = header->entry_count; n > 0; --n) {
    auto entry = *storage::decode_journal_entry_header(group);
    auto body = group.substr(storage::journal_entry_header_size_bytes, entry.body_size_bytes);
    group.remove_prefix(storage::journal_entry_header_size_bytes + entry.body_size_bytes);
    if (entry.kind == storage::journal_entry_kind::flushed)
      continue; // read_disk() sees it
    take(node, nodes_logs_[node].by_partition[entry.partition], entry.partition, entry.base_offset.value(), body);
    if (entry.kind == storage::journal_entry_kind::truncation)
      if (auto where = place_of(entry.partition))
        told_of_cut_(node, *where, entry.base_offset.value());
  }
}

void synced_logs::learn(const metadata::metadata_image& image) {
  image.for_each_topic([this](const metadata::topic& topic) {
    ids_[topic.name] = topic.id;
    names_[topic.id] = topic.name;
    for (auto& [node, known] : nodes_logs_)
      for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
        auto& replicas = topic.partitions[i].replicas;
        if (std::find(replicas.begin(), replicas.end(), node) == replicas.end())
          known.by_partition.erase({topic.id, partition_id{static_cast<std::int32_t>(i)}});
      }
  });
}

std::optional<place> synced_logs::place_of(const topic_partition& which) const {
  auto found = names_.find(which.topic);
  return found == names_.end() ? std::nullopt : std::optional{place{found->second, which.partition.value()}};
}

std::optional<topic_partition> synced_logs::name_of(const place& where) const {
  auto found = ids_.find(where.topic);
  return found == ids_.end() ? std::nullopt : std::optional{topic_partition{found->second, partition_id{where.partition}}};
}

bool synced_logs::holds(node_id node, const place& where, std::int64_t offset) {
  auto name = name_of(where);
  if (!name)
    return false;
  auto has = [&] {
    auto& known = nodes_logs_[node];
    auto start = known.log_starts.find(*name);
    if (start != known.log_starts.end() && offset < start->second)
      return true;
    auto& all = known.by_partition[*name];
    auto next = all.upper_bound(offset);
    return next != all.begin() && std::prev(next)->second.end > offset;
  };
  if (has())
    return true;
  refresh(node);
  return has();
}

std::size_t synced_logs::copies_known(const topic_partition& partition, std::int64_t base) const {
  auto logs = copies_.find(partition);
  if (logs == copies_.end() || !logs->second.contains(base))
    return 0;
  auto& all = logs->second.at(base);
  std::ptrdiff_t most = 0;
  for (auto& one : all)
    most = std::max(most, std::count_if(all.begin(), all.end(), [&](auto& other) { return other.what == one.what; }));
  return static_cast<std::size_t>(most);
}

std::size_t synced_logs::copies(const place& where, std::int64_t base, std::size_t wanted) {
  auto name = name_of(where);
  if (!name)
    return 0;
  if (copies_known(*name, base) < wanted)
    for (auto& node : nodes_)
      refresh(node->id());
  return copies_known(*name, base);
}

void synced_logs::for_each(node_id node, const place& where, std::int64_t from,
                           const std::function<bool(const synced_batch&)>& f) {
  auto name = name_of(where);
  if (!name)
    return;
  auto& all = nodes_logs_[node].by_partition[*name];
  for (auto one = all.lower_bound(from); one != all.end() && f(one->second); ++one) {
  }
}

synced_logs::node_logs synced_logs::read_disk(node_id node) {
  node_logs found;
  auto at = std::find_if(nodes_.begin(), nodes_.end(), [&](auto& one) { return one->id() == node; });
  auto disk = (*at)->disk().durable_copy();
  std::map<topic_partition, log> in_segments;
  static_cast<void>(storage::dump_segments(
      *disk, directory, std::nullopt,
      [&](const storage::stored_batch& one) {
        auto mark = mark_of(one.batch);
        if (one.checksum_ok)
          in_segments[one.partition].emplace(mark.base, mark);
      },
      [](const storage::finding&) {}));
  found.by_partition = in_segments;
  auto replay = [&](const storage::journal_entry& entry) {
    auto& into = found.by_partition[entry.partition];
    if (!entry.flushed) {
      take(node, into, entry.partition, entry.base_offset.value(), entry.batch.view());
      return;
    }
    auto& from = in_segments[entry.partition];
    into.insert(from.lower_bound(entry.base_offset.value()), from.lower_bound(entry.next_offset.value()));
  };
  storage::journal_options options;
  options.directory = std::string{directory} + "/journal";
  static_cast<void>(storage::journal::inspect(*disk, options, replay));
  for (auto& [name, all] : found.by_partition)
    for (auto& [base, mark] : all)
      note_copy(node, name, mark);
  auto checkpoint = storage::read_checkpoint_file(*disk, storage::checkpoint_path(directory));
  if (!checkpoint) // the next one takes its place just now
    checkpoint = storage::read_checkpoint_file(*disk, storage::old_checkpoint_path(directory));
  if (checkpoint)
    for (auto& [name, state] : checkpoint->partitions)
      found.log_starts[name] = state.log_start.value();
  for (auto& [name, all] : found.by_partition)
    std::erase_if(all, [start = found.log_starts[name]](auto& one) { return one.second.end <= start; });
  return found;
}

synced_logs::node_logs synced_logs::refresh(node_id node) {
  auto before = std::exchange(nodes_logs_[node], read_disk(node));
  auto& now = nodes_logs_[node];
  for (auto& [name, all] : before.by_partition)
    for (auto& [base, mark] : all)
      if (rots_ && mark.end > now.log_starts[name])
        now.by_partition[name].emplace(base, mark);
  return before;
}

std::string synced_logs::look_again(node_id node) {
  auto before = refresh(node);
  auto& now = nodes_logs_[node];
  for (auto& [name, all] : before.by_partition) {
    auto where = place_of(name);
    for (auto& [base, mark] : all) {
      if (now.by_partition[name].contains(base) || base < now.log_starts[name] || !where)
        continue;
      return where->to_string() + " at " + std::to_string(base) + " was synced on node " + std::to_string(node.value())
             + " and is not there any more";
    }
  }
  return {};
}

} // namespace troupe::simulation::cluster
