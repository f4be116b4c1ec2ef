#include "tests/simulation/reading_session.hpp"

#include "runtime/wire/error_code.hpp"

#include <algorithm>
#include <set>

namespace troupe::simulation {

void reading_session::shape(wire::fetch_request& request, bool by_id) {
  if (id_ == 0) {
    request.session_id = lost_id_;
    request.session_epoch = epoch_ = 0;
    by_id_ = by_id;
    told_.clear();
  } else {
    request.session_id = id_;
    request.session_epoch = epoch_;
  }
  std::set<place> wanted;
  for (auto& topic : request.topics) {
    auto is_known = [&](const wire::fetch_request::fetch_partition& part) {
      place where{topic.topic, part.partition};
      wanted.insert(where);
      auto [found, is_new] = told_.try_emplace(where);
      auto known = !is_new && found->second.asked == part;
      found->second.asked = part;
      return known;
    };
    topic.partitions.erase(std::remove_if(topic.partitions.begin(), topic.partitions.end(), is_known),
                           topic.partitions.end());
  }
  std::erase_if(request.topics, [](auto& topic) { return topic.partitions.empty(); });
  for (auto one = told_.begin(); one != told_.end();) {
    if (wanted.contains(one->first)) {
      ++one;
      continue;
    }
    request.forgotten_topics_data.push_back({one->first.topic, {}, {one->first.partition}});
    one = told_.erase(one);
  }
}

std::optional<std::map<place, reading_session::part_answer>>
reading_session::complete(wire::fetch_response& said, const ledger& known, std::string& problem) {
  auto code = static_cast<wire::error_code>(said.error_code);
  if (code == wire::error_code::fetch_session_id_not_found) {
    lose();
    return std::nullopt;
  }
  if (code != wire::error_code::none)
    problem = "session: a fetch is refused: " + wire::name(code);
  if (epoch_ > 0 && said.session_id != id_)
    problem = "session: the answer is of another one";
  auto incremental = epoch_ > 0;
  id_ = said.session_id;
  lost_id_ = 0;
  ++epoch_;
  std::map<place, part_answer> all;
  for (auto& topic : said.responses) {
    auto name = topic.topic;
    for (auto& one : known.topics())
      if (by_id_ && one.id == topic.topic_id)
        name = one.name;
    for (auto& part : topic.partitions)
      all[{name, part.partition_index}] = std::move(part);
  }
  for (auto& [where, before] : told_) {
    auto found = all.find(where);
    if (found == all.end() && (!incremental || before.is_new))
      problem = "session: " + where.to_string() + " is missing in an answer";
    if (found == all.end()) {
      auto& same = all[where];
      same.partition_index = where.partition;
      same.high_watermark = before.high_watermark;
      same.log_start_offset = before.log_start;
      continue;
    }
    before.is_new = found->second.error_code != 0;
    before.high_watermark = found->second.high_watermark;
    before.log_start = found->second.log_start_offset;
  }
  if (all.size() != told_.size() && problem.empty())
    problem = "session: an answer has partitions that nobody asked for";
  return all;
}

void reading_session::lose() {
  if (id_ != 0)
    lost_id_ = id_;
  id_ = epoch_ = 0;
}

} // namespace troupe::simulation
