#include "tests/simulation_cluster/peer_words.hpp"

#include "runtime/raft/codec.hpp"
#include "runtime/replication/replica_messages.hpp"

namespace troupe::simulation::cluster {

namespace {

std::string number(std::int64_t value) { return std::to_string(value); }

std::string words(const replication::replica_fetch& m) {
  return "fetch " + m.partition.to_string() + " epoch " + number(m.epoch.value()) + " round " + std::to_string(m.round)
         + " life " + number(m.broker_epoch.value()) + " from " + number(m.from.value()) + " last epoch "
         + number(m.last_epoch.value()) + " durable " + number(m.durable_end.value()) + " high watermark "
         + number(m.high_watermark.value());
}

std::string words(const replication::replica_records& m) {
  return "records " + m.partition.to_string() + " epoch " + number(m.epoch.value()) + " round " + std::to_string(m.round)
         + " " + std::string{replication::name(m.code)} + " batches " + std::to_string(m.batches) + " high watermark "
         + number(m.high_watermark.value()) + " diverging " + number(m.diverging.epoch.value()) + "/"
         + number(m.diverging.end.value());
}

std::string words(const replication::repair_fetch& m) {
  return "repair " + m.partition.to_string() + " round " + std::to_string(m.round) + " from " + number(m.from.value()) + " to "
         + number(m.end.value());
}

std::string words(const replication::repair_records& m) {
  return "repaired " + m.partition.to_string() + " round " + std::to_string(m.round) + " "
         + std::string{replication::name(m.code)} + " batches " + std::to_string(m.batches);
}

result<replication::replica_message> read_replication(const peer_send& what) {
  std::size_t size = 0;
  for (auto& part : what.body)
    size += part.size();
  return replication::decode(what.head.view(), size);
}

std::string replication_words(const peer_send& what) {
  auto read = read_replication(what);
  return read ? std::visit([](auto& m) { return words(m); }, *read) : read.error().message();
}

std::string raft_words(const peer_send& what) {
  static constexpr std::string_view names[] = {
      "pre_vote_request", "pre_vote_reply",   "vote_request",   "vote_reply",      "append_request",
      "append_reply",     "heartbeat_request", "heartbeat_reply", "snapshot_request", "snapshot_reply",
      "observe_request",  "observe_reply",    "timeout_now"};
  static_assert(std::size(names) == static_cast<std::size_t>(raft::message_type::last_type) + 1);
  auto read = raft::decode(what.head);
  if (!read)
    return read.error().message();
  return "raft " + std::string{names[static_cast<std::size_t>(read->type)]} + " term " + std::to_string(read->term.value())
         + " at " + std::to_string(read->log.term.value()) + "/" + std::to_string(read->log.index.value()) + " entries "
         + std::to_string(read->entries.size()) + " commit " + std::to_string(read->commit.value())
         + (read->rejected ? " rejected" : "");
}

} // namespace

std::string describe(node_id from, const peer_send& what) {
  auto line = number(from.value()) + " -> " + number(what.to.value()) + ": ";
  switch (what.service) {
  case peer_service::raft:
    return line + raft_words(what);
  case peer_service::replication:
    return line + replication_words(what);
  case peer_service::directory:
    return line + "directory";
  case peer_service::controller:
    break;
  }
  return line + "controller, " + std::to_string(what.head.size()) + " bytes";
}

std::string describe(const metadata::metadata_image& image) {
  auto line = "metadata " + std::to_string(image.version().value()) + ":";
  auto list = [&line](const char* what, const std::vector<node_id>& nodes) {
    line += what;
    for (auto node : nodes)
      line += " " + number(node.value());
  };
  image.for_each_topic([&](const metadata::topic& topic) {
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
      auto& one = topic.partitions[i];
      line += " " + topic.name + "-" + std::to_string(i) + " epoch " + number(one.leader_epoch.value()) + " leader "
              + number(one.leader.value());
      list(" isr", one.isr);
      list(" elr", one.elr);
      line += ";";
    }
  });
  return line;
}

std::optional<heard_high_watermark> high_watermark_in(const peer_send& what) {
  if (what.service != peer_service::replication)
    return std::nullopt;
  auto read = read_replication(what);
  if (!read)
    return std::nullopt;
  if (auto* asks = std::get_if<replication::replica_fetch>(&*read))
    return heard_high_watermark{asks->partition, asks->high_watermark.value(), false};
  if (auto* answers = std::get_if<replication::replica_records>(&*read))
    return heard_high_watermark{answers->partition, answers->high_watermark.value(), true};
  return std::nullopt;
}

} // namespace troupe::simulation::cluster
