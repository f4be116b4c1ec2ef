#include "actors/admin/recent_records.hpp"

#include "runtime/record/batch_view.hpp"
#include "runtime/record/record_view.hpp"

#include <algorithm>
#include <tuple>

#include <nlohmann/json.hpp>

namespace troupe::admin {

namespace {

using nlohmann::json;

shown_bytes shown(std::string_view data) {
  return {std::string{data.substr(0, recent_records::shown_max_bytes)}, data.size()};
}

std::optional<shown_bytes> shown(const std::optional<std::string_view>& data) {
  return data ? std::optional{shown(*data)} : std::nullopt;
}

shown_record shown(std::int32_t partition, const record::batch_records& batch, const record::record_view& one) {
  shown_record out{partition, batch.offset_of(one), batch.timestamp_of(one), shown(one.key), shown(one.value), {}};
  for (auto& header : one.headers()) {
    if (out.headers.size() == recent_records::headers_max)
      break;
    out.headers.emplace_back(shown(header.key), shown(header.value));
  }
  return out;
}

/// Where a text that was cut ends without half a character.
std::size_t whole_characters(std::string_view text) {
  auto end = text.size();
  while (end > 0 && text.size() - end < 3 && (static_cast<unsigned char>(text[end - 1]) & 0xc0) == 0x80)
    --end;
  return end > 0 && static_cast<unsigned char>(text[end - 1]) >= 0xc0 ? end - 1 : text.size();
}

bool is_text(std::string_view data) {
  for (std::size_t i = 0; i < data.size();) {
    auto first = static_cast<unsigned char>(data[i]);
    if (first < 0x20 && first != '\n' && first != '\t' && first != '\r')
      return false;
    std::size_t more = 4; // no first byte of a character
    if (first < 0x80)
      more = 0;
    else if (first >= 0xc2 && first < 0xf5)
      more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (more == 4 || data.size() - i <= more)
      return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((static_cast<unsigned char>(data[i + k]) & 0xc0) != 0x80)
        return false;
    i += more + 1;
  }
  return true;
}

std::string hex(std::string_view data) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (auto c : data.substr(0, recent_records::shown_max_bytes / 4)) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

/// null, or what it is as text, or as hexadecimal digits, with its whole size.
json to_json(const std::optional<shown_bytes>& data) {
  if (!data)
    return nullptr;
  std::string_view content = data->content;
  if (content.size() < data->size_bytes)
    content = content.substr(0, whole_characters(content));
  json out{{"size_bytes", data->size_bytes}};
  if (is_text(content))
    out["text"] = content;
  else
    out["hex"] = hex(content);
  return out;
}

} // namespace

recent_records::recent_records(std::string topic, const std::vector<search_start>& partitions, std::size_t limit)
    : topic_(std::move(topic)), limit_(std::clamp<std::size_t>(limit, 1, records_max)) {
  for (auto& start : partitions) {
    if (parts_.size() == partitions_max)
      break;
    auto from = std::max(start.log_start, start.high_watermark - static_cast<std::int64_t>(limit_));
    parts_.push_back({start, from, from, false, start.high_watermark <= start.log_start, {}});
  }
}

std::optional<recent_records::read> recent_records::next() {
  for (auto& one : parts_)
    if (!one.ordered && !one.done) {
      one.ordered = true;
      return read{static_cast<std::size_t>(&one - parts_.data()), one.start.partition, one.from};
    }
  return std::nullopt;
}

void recent_records::take(std::size_t index, errc code, const std::vector<bytes>& batches) {
  if (index >= parts_.size() || parts_[index].done)
    return;
  auto& one = parts_[index];
  if (!batches.empty())
    one.found.clear();
  for (auto& some : batches)
    add(one, some.view());
  auto left = one.start.high_watermark - one.from;
  one.done = code != errc::none || batches.empty() || one.reached >= one.start.high_watermark || left <= 1;
  if (one.done)
    return;
  one.from = one.start.high_watermark - left / 2;
  one.ordered = false;
}

// From the last `limit_` only: a batch may hold thousands.
void recent_records::add(part& to, std::string_view batches) {
  record::decompression_budget budget;
  while (auto batch = record::batch_view::parse(batches)) {
    batches.remove_prefix(batch->size());
    to.reached = batch->next_offset();
    if (batch->last_offset() < to.from || batch->is_control())
      continue;
    auto records = record::batch_records::open(*batch, budget);
    if (!records)
      continue;
    while (auto one = records->next()) {
      if (records->offset_of(*one) < to.from || records->offset_of(*one) >= to.start.high_watermark)
        continue;
      if (to.found.size() >= 2 * limit_)
        to.found.erase(to.found.begin(), to.found.end() - static_cast<std::ptrdiff_t>(limit_));
      to.found.push_back(shown(to.start.partition, *records, *one));
    }
  }
}

bool recent_records::done() const noexcept {
  return std::all_of(parts_.begin(), parts_.end(), [](auto& one) { return one.done; });
}

json recent_records::to_json() const {
  std::vector<const shown_record*> all;
  for (auto& one : parts_)
    for (auto& found : one.found)
      all.push_back(&found);
  std::sort(all.begin(), all.end(), [](auto* a, auto* b) {
    return std::tuple{b->when, b->partition, b->at} < std::tuple{a->when, a->partition, a->at};
  });
  all.resize(std::min(all.size(), limit_));
  auto records = json::array();
  for (auto* one : all) {
    auto headers = json::array();
    for (auto& [key, value] : one->headers)
      headers.push_back({{"key", admin::to_json(std::optional{key})}, {"value", admin::to_json(value)}});
    records.push_back({{"partition", one->partition},
                       {"offset", one->at.value()},
                       {"timestamp_ms", one->when.value()},
                       {"key", admin::to_json(one->key)},
                       {"value", admin::to_json(one->value)},
                       {"headers", std::move(headers)}});
  }
  return {{"topic", topic_}, {"records", std::move(records)}};
}

} // namespace troupe::admin
