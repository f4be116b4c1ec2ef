#include "actors/admin/pages.hpp"

#include "actors/admin/dashboard.hpp"
#include "actors/admin/v1_pages.hpp"
#include "runtime/metrics/text.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace troupe::admin {

namespace {

constexpr std::size_t searches_max = 32;
constexpr int search_ticks = 3;
constexpr std::uint64_t records_default = 20;

/// The name in "/v1/topics/NAME/records"; empty if it is another path.
std::string topic_of_records(const std::string& path) {
  constexpr std::string_view prefix = "/v1/topics/";
  constexpr std::string_view suffix = "/records";
  if (!path.starts_with(prefix) || !path.ends_with(suffix) || path.size() <= prefix.size() + suffix.size())
    return {};
  return path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
}

/// Where the partitions stand, those first that were written to last.
std::vector<search_start> starts_of(const metrics::partition_table& table, const std::string& topic, bool& known,
                                    std::optional<std::int64_t> only) {
  std::vector<std::pair<std::int64_t, search_start>> all;
  known = table.for_each_of(topic, [&](const metrics::partition_facts& one) {
    auto& counters = one.counters;
    if (!only || *only == one.partition.value())
      all.push_back({counters.appended_at_ms.value(),
                     {one.partition.value(), offset{counters.log_start.value()}, offset{counters.high_watermark.value()}}});
  });
  std::stable_sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.first > b.first; });
  std::vector<search_start> starts;
  for (auto& [written, start] : all)
    starts.push_back(start);
  return starts;
}

} // namespace

http_response pages_state::page(const http_request& request) const {
  if (request.path == "/metrics") {
    http_response response{200, std::string{metrics::text_content_type}, metrics::to_text(*environment_.registry)};
    if (request.text("detail") == "partitions") {
      metrics::text_sink sink{response.body};
      environment_.partitions->collect_partitions(sink);
    }
    return response;
  }
  if (request.path == "/" || request.path == "/index.html")
    return {200, "text/html; charset=utf-8", std::string{dashboard_html}};
  if (auto found = v1_page(environment_, *view_, request))
    return std::move(*found);
  return refusal(404, "there is no such page");
}

void pages_state::request(page_request& request) {
  if (auto topic = topic_of_records(request.what.path); !topic.empty())
    start_search(request, topic);
  else
    self_->send(request.reply_to, page_reply{request.number, page(request.what)});
}

void pages_state::start_search(page_request& request, const std::string& topic) {
  auto known = false;
  auto partition = request.what.text("partition");
  auto only = partition.empty() ? std::nullopt
                                : std::optional{static_cast<std::int64_t>(request.what.number("partition", 0, INT32_MAX))};
  auto starts = starts_of(*environment_.partitions, topic, known, only);
  if (!known || searches_.size() >= searches_max) {
    auto response = known ? refusal(503, "too many searches at a time") : refusal(404, "there is no such topic");
    self_->send(request.reply_to, page_reply{request.number, std::move(response)});
    return;
  }
  recent_records core{topic, starts, request.what.number("limit", records_default, recent_records::records_max)};
  auto number = ++last_search_;
  auto added = searches_.emplace(number, search{std::move(core), std::move(request)}).first;
  advance(number, added->second);
}

void pages_state::advance(std::uint64_t number, search& of) {
  auto* topic = view_->image->find_topic(of.core.topic());
  while (auto read = of.core.next()) {
    auto* partition = topic ? view_->find(topic->id, read->partition) : nullptr;
    if (!partition) {
      of.core.take(read->part, errc::not_leader, {});
      continue;
    }
    fetch_request order;
    order.tag = {number, static_cast<std::uint32_t>(read->part)};
    order.from = read->from;
    order.max_bytes = recent_records::read_max_bytes;
    order.at_least_one = true;
    order.reply_to = self_;
    self_->send(*partition, std::move(order));
  }
  if (!of.core.done())
    return;
  auto body = of.core.to_json().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  self_->send(of.asked.reply_to, page_reply{of.asked.number, {200, "application/json", std::move(body)}});
  searches_.erase(number);
}

void pages_state::take(fetch_reply& reply) {
  auto found = searches_.find(reply.tag.request);
  if (found == searches_.end())
    return;
  found->second.core.take(reply.tag.part, reply.code, reply.batches);
  advance(found->first, found->second);
}

void pages_state::give_up_old_searches() {
  for (auto one = searches_.begin(); one != searches_.end();) {
    auto& [core, asked, ticks] = one->second;
    if (++ticks <= search_ticks) {
      ++one;
      continue;
    }
    self_->send(asked.reply_to, page_reply{asked.number, refusal(504, "a partition did not answer in time")});
    one = searches_.erase(one);
  }
}

pages_actor::behavior_type pages(pages_actor::stateful_pointer<pages_state> self, admin_environment environment) {
  auto* state = &self->state;
  state->start(std::move(environment));
  return {
      [](const append_reply&) {},
      [state](fetch_reply& m) { state->take(m); },
      [](const fetch_wakeup&) {},
      [](const list_offset_reply&) {},
      [](const epoch_end_reply&) {},
      [state](page_request& m) { state->request(m); },
      [state](const view_update& m) { state->update(m); },
      [state](pages_tick) { state->give_up_old_searches(); },
  };
}

} // namespace troupe::admin
