#include "tests/simulation/ledger.hpp"

#include "runtime/base/crc32c.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::simulation {

namespace {

constexpr std::size_t checksum_digits = 8;

std::string hex(std::uint32_t value) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(checksum_digits, '0');
  for (std::size_t i = 0; i < checksum_digits; ++i)
    text[checksum_digits - 1 - i] = digits[(value >> (4 * i)) & 15];
  return text;
}

} // namespace

record_number ledger::invent(random_source& random, const place& where, int producer, timestamp_ms now,
                             std::uint64_t padding_max_bytes) {
  auto number = attempts_.size();
  attempt made;
  made.where = where;
  made.producer = producer;
  made.key = random.one_in(3) ? "" : "key-" + std::to_string(random.below(10));
  made.time = timestamp_ms{now.value() - static_cast<std::int64_t>(random.below(3'000)) + 1'000};
  made.value = std::to_string(number) + "|" + where.to_string() + "|";
  // Half of it compresses well.
  for (auto n = random.below(padding_max_bytes + 1); n > 0; --n)
    made.value.push_back(n % 2 == 0 ? '.' : static_cast<char>('a' + random.below(26)));
  made.value += "|" + hex(crc32c(made.value));
  attempts_.push_back(std::move(made));
  return number;
}

std::optional<record_number> ledger::recognise(std::string_view value) const {
  if (value.size() < checksum_digits + 1)
    return std::nullopt;
  auto body = value.substr(0, value.size() - checksum_digits - 1);
  if (value.substr(body.size() + 1) != hex(crc32c(body)))
    return std::nullopt;
  record_number number = 0;
  auto [end, problem] = std::from_chars(body.data(), body.data() + body.size(), number);
  if (problem != std::errc{} || number >= attempts_.size() || attempts_[number].value != value)
    return std::nullopt;
  return number;
}

bool partition_facts::may_lack_all(std::int64_t from, std::int64_t end) const {
  while (from < end) {
    auto holds = std::find_if(may_lack.begin(), may_lack.end(),
                              [&](auto& range) { return range.first <= from && from < range.second; });
    if (holds == may_lack.end())
      return false;
    from = holds->second;
  }
  return true;
}

void ledger::may_lack(const topic_partition& where, std::int64_t from, std::int64_t end) {
  auto* topic = find(where.topic);
  if (!topic)
    return;
  auto& facts = partitions_[{topic->name, where.partition.value()}];
  facts.may_lack.emplace_back(from, end);
  facts.at.erase(facts.at.lower_bound(from), facts.at.lower_bound(end));
  for (auto* known : {&facts.acknowledged_end, &facts.high_watermark})
    if (*known > from && *known <= end)
      *known = from;
  facts.log_start = std::min(facts.log_start, facts.high_watermark);
}

topic_facts* ledger::find(const std::string& name) {
  for (auto& topic : topics_)
    if (topic.name == name)
      return &topic;
  return nullptr;
}

const topic_facts* ledger::find(const topic_id& id) const {
  auto found = std::find_if(topics_.begin(), topics_.end(), [&](auto& topic) { return topic.id == id; });
  return found == topics_.end() ? nullptr : &*found;
}

bool ledger::is_live(const std::string& name) {
  auto* topic = find(name);
  return topic && topic->state == topic_state::live;
}

std::vector<place> ledger::live_places() const {
  std::vector<place> places;
  for (auto& topic : topics_)
    if (topic.state == topic_state::live)
      for (std::int32_t i = 0; i < topic.partitions; ++i)
        places.push_back({topic.name, i});
  return places;
}

} // namespace troupe::simulation
