#include "actors/partition/proposal_desk.hpp"

namespace troupe {

namespace {

metadata::alter_partition::item item_of(const isr_proposed& from) {
  metadata::alter_partition::item item;
  item.topic = from.partition.topic;
  item.partition = from.partition.partition;
  item.leader_epoch = from.epoch;
  item.partition_epoch = metadata::partition_epoch{from.proposal.base.value()};
  for (auto& member : from.proposal.isr)
    item.isr.push_back({member.node, metadata::broker_epoch{member.epoch.value()}});
  return item;
}

/// The answer to one of the partitions; nothing if it was not done.
const metadata::alter_partition_reply::item* find(const metadata::alter_partition_reply& reply, std::size_t which,
                                                  const isr_proposed& asked) {
  if (which >= reply.partitions.size())
    return nullptr;
  auto& item = reply.partitions[which];
  auto is_done = item.what.code == errc::none && item.topic == asked.partition.topic
                 && item.partition == asked.partition.partition && item.leader_epoch == asked.epoch;
  return is_done ? &item : nullptr;
}

} // namespace

bool proposal_desk::add(const isr_proposed& message) {
  waiting_.push_back(message);
  return waiting_.size() == 1;
}

std::optional<std::pair<std::uint64_t, metadata::alter_partition>> proposal_desk::next(node_id self,
                                                                                      metadata::broker_epoch epoch) {
  if (waiting_.empty())
    return std::nullopt;
  metadata::alter_partition question;
  question.leader = self;
  question.epoch = epoch;
  for (auto& one : waiting_)
    question.partitions.push_back(item_of(one));
  auto number = next_number_++;
  asked_[number] = std::exchange(waiting_, {});
  return std::pair{number, std::move(question)};
}

std::vector<std::pair<topic_partition, isr_answered>> proposal_desk::answered(const controller_reply& reply) {
  std::vector<std::pair<topic_partition, isr_answered>> all;
  auto asked = asked_.find(reply.tag.request);
  if (asked == asked_.end())
    return all;
  auto* what = reply.code == errc::none ? std::get_if<metadata::alter_partition_reply>(&reply.what) : nullptr;
  for (std::size_t i = 0; i < asked->second.size(); ++i) {
    auto& one = asked->second[i];
    isr_answered answer{one.epoch, one.proposal.attempt, false, {}, 1};
    if (auto* item = what && what->what.code == errc::none ? find(*what, i, one) : nullptr) {
      answer.accepted = true;
      answer.state = {replication::partition_epoch{item->partition_epoch.value()}, item->isr, item->elr, {}};
      answer.min_insync_replicas = item->min_insync_replicas;
    }
    all.emplace_back(one.partition, std::move(answer));
  }
  asked_.erase(asked);
  return all;
}

} // namespace troupe
