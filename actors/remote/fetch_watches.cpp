#include "actors/remote/fetch_watches.hpp"

#include <algorithm>

namespace troupe::remote {

namespace {

/// Answers of versions before 13 name the topic, later ones give its id.
struct answered_partition {
  topic_id id;
  std::string topic;
  std::int32_t partition;

  auto operator<=>(const answered_partition&) const = default;
};

} // namespace

fetch_watches::entries::iterator fetch_watches::drop(entries::iterator which) {
  if (which->second.kept)
    kept_bytes_ -= which->second.kept->size_bytes;
  return watches_.erase(which);
}

void fetch_watches::watch(const watcher& who, const partition_ref& partition, const fetch_request& request,
                          offset from) {
  if (auto earlier = watches_.find(who); earlier != watches_.end())
    drop(earlier);
  watches_[who] = {partition, from, request.current_epoch, request.tag, request.reply_to, 0, from, false, {}};
}

std::optional<fetch_reply> fetch_watches::take(const watcher& who, const fetch_request& request) {
  auto found = watches_.find(who);
  if (found == watches_.end())
    return std::nullopt;
  std::optional<fetch_reply> answer;
  auto& mine = found->second;
  if (mine.kept && mine.from == request.from && mine.epoch == request.current_epoch
      && mine.kept->size_bytes <= request.max_bytes) {
    answer = *mine.kept;
    answer->tag = request.tag;
  }
  drop(found);
  return answer;
}

void fetch_watches::forget(caf::actor_id client) {
  for (auto i = watches_.begin(); i != watches_.end();)
    i = i->first.client == client ? drop(i) : std::next(i);
}

std::vector<awaited_partition> fetch_watches::begin(round_number round) {
  std::map<topic_partition, awaited_partition> wanted; // by topic, so that each is named once in the request
  for (auto& [who, entry] : watches_) {
    if (entry.round != 0 || entry.woken)
      continue;
    entry.round = round;
    auto [mine, first] =
        wanted.try_emplace(who.partition, awaited_partition{entry.partition, entry.from, entry.epoch});
    // Of several readers' offsets the lowest is good for all of them.
    mine->second.from = std::min(mine->second.from, entry.from);
  }
  for (auto& [who, entry] : watches_)
    if (entry.round == round)
      entry.asked_from = wanted.at(who.partition).from;
  std::vector<awaited_partition> list;
  for (auto& [partition, awaited] : wanted)
    list.push_back(std::move(awaited));
  return list;
}

void fetch_watches::give(entry& to, const fetch_reply& reply, std::vector<wakeup>& woken) {
  if (reply.code == errc::none && reply.high_watermark <= to.from)
    return; // another reader's offset was lower
  to.woken = true;
  woken.push_back({to.reply_to, to.tag});
  if (reply.code == errc::none && to.asked_from == to.from
      && kept_bytes_ + reply.size_bytes <= options_.kept_max_bytes) {
    kept_bytes_ += reply.size_bytes;
    to.kept = reply;
  }
}

std::vector<fetch_watches::wakeup> fetch_watches::end(round_number round,
                                                      result<wire::fetch_response>& answer) {
  std::vector<wakeup> woken;
  std::map<answered_partition, fetch_reply> found;
  if (answer)
    for (auto& topic : answer->responses)
      for (auto& partition : topic.partitions)
        if (auto reply = to_fetch_reply(partition); reply.code != errc::none || reply.size_bytes > 0)
          found[{topic.topic_id, topic.topic, partition.partition_index}] = std::move(reply);
  for (auto& [who, entry] : watches_) {
    if (entry.round != round)
      continue;
    entry.round = 0;
    auto reply = found.find({entry.partition->id, "", entry.partition->partition});
    if (reply == found.end())
      reply = found.find({{}, entry.partition->topic, entry.partition->partition});
    if (reply != found.end())
      give(entry, reply->second, woken);
  }
  return woken;
}

} // namespace troupe::remote
