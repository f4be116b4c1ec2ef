#define CAF_SUITE fetch_sessions
#include "caf/test/unit_test.hpp"

#include "actors/kafka/fetch_sessions.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::kafka;

namespace {

using wire::error_code;

constexpr std::int64_t second_ns = 1'000'000'000;

struct wanted_part {
  const char* topic;
  std::int32_t partition;
  std::int64_t offset = 0;
};

wire::fetch_request request(std::int32_t id, std::int32_t epoch, std::vector<wanted_part> parts,
                            std::vector<wanted_part> forgotten = {}) {
  wire::fetch_request made;
  made.session_id = id;
  made.session_epoch = epoch;
  for (auto& part : parts) {
    auto& topic = made.topics.emplace_back();
    topic.topic = part.topic;
    topic.partitions.emplace_back().partition = part.partition;
    topic.partitions.back().fetch_offset = part.offset;
  }
  for (auto& part : forgotten)
    made.forgotten_topics_data.push_back({part.topic, {}, {part.partition}});
  return made;
}

std::string names(const session_plan& plan) {
  std::string all;
  for (auto& part : plan.partitions)
    all += (all.empty() ? "" : " ") + part.topic + std::to_string(part.wanted.partition) + "@"
           + std::to_string(part.wanted.fetch_offset);
  return all;
}

std::string name_of(const session_plan& plan) { return wire::name(plan.code); }

struct said {
  std::int64_t high_watermark;
  bool has_records = false;
  bool failed = false;
  std::int64_t log_start = 0;
};

/// Which of the partitions are news, by position.
std::string settle(fetch_session_cache& cache, const session_plan& plan, std::vector<said> all) {
  std::vector<session_answer> answers;
  for (std::size_t i = 0; i < all.size(); ++i)
    answers.push_back({plan.partitions[i].known, all[i].failed, all[i].has_records, all[i].high_watermark,
                       all[i].log_start});
  cache.settle(plan, answers);
  std::string news;
  for (std::size_t i = 0; i < answers.size(); ++i)
    if (answers[i].is_news)
      news += std::to_string(i);
  return news;
}

} // namespace

CAF_TEST(a request without a session leaves nothing behind) {
  fetch_session_cache cache{1, {}};
  auto plan = cache.open(request(0, -1, {{"a", 0}}), false, 0);
  CAF_CHECK_EQUAL(name_of(plan), "NONE");
  CAF_CHECK_EQUAL(plan.session_id, 0);
  CAF_CHECK(!plan.incremental && plan.partitions.empty());
  CAF_CHECK_EQUAL(cache.size(), 0u);
}

CAF_TEST(a session remembers what is asked for and gives only news) {
  fetch_session_cache cache{1, {}};
  auto first = cache.open(request(0, 0, {{"a", 0}, {"a", 1}, {"b", 0}}), false, 0);
  CAF_REQUIRE_GREATER(first.session_id, 0);
  CAF_CHECK(!first.incremental);
  CAF_CHECK_EQUAL(names(first), "a0@0 a1@0 b0@0");
  CAF_CHECK_EQUAL(settle(cache, first, {{5}, {6}, {7}}), "012");
  auto id = first.session_id;
  auto second = cache.open(request(id, 1, {}), false, 0);
  CAF_CHECK(second.incremental);
  CAF_CHECK_EQUAL(second.session_id, id);
  CAF_CHECK_EQUAL(names(second), "a0@0 a1@0 b0@0");
  CAF_CHECK_EQUAL(settle(cache, second, {{5}, {6}, {7}}), "");
  auto third = cache.open(request(id, 2, {{"a", 1, 6}, {"c", 0, 9}}, {{"a", 0}}), false, 0);
  CAF_CHECK_EQUAL(names(third), "a1@6 b0@0 c0@9");
  // Another high watermark, another log start, and a partition that was never told of.
  CAF_CHECK_EQUAL(settle(cache, third, {{8}, {7, false, false, 3}, {0}}), "012");
}

CAF_TEST(an error is told again and again and so is its end) {
  fetch_session_cache cache{1, {}};
  auto id = cache.open(request(0, 0, {{"a", 0}}), false, 0).session_id;
  auto plan = cache.open(request(id, 1, {}), false, 0);
  CAF_CHECK_EQUAL(settle(cache, plan, {{5}}), "0");
  CAF_CHECK_EQUAL(settle(cache, plan, {{-1, false, true}}), "0");
  CAF_CHECK_EQUAL(settle(cache, plan, {{-1, false, true}}), "0");
  CAF_CHECK_EQUAL(settle(cache, plan, {{5}}), "0");
  CAF_CHECK_EQUAL(settle(cache, plan, {{5}}), "");
}

CAF_TEST(a partition that gave records comes last next time) {
  fetch_session_cache cache{1, {}};
  auto plan = cache.open(request(0, 0, {{"a", 0}, {"a", 1}, {"a", 2}}), false, 0);
  settle(cache, plan, {{5, true}, {5}, {5, true}});
  auto next = cache.open(request(plan.session_id, 1, {}), false, 0);
  CAF_CHECK_EQUAL(names(next), "a1@0 a0@0 a2@0");
}

CAF_TEST(what does not fit to a session is refused) {
  fetch_session_cache cache{1, {}};
  CAF_CHECK_EQUAL(name_of(cache.open(request(77, 1, {}), false, 0)), "FETCH_SESSION_ID_NOT_FOUND");
  auto id = cache.open(request(0, 0, {{"a", 0}}), false, 0).session_id;
  CAF_CHECK_EQUAL(name_of(cache.open(request(id, 2, {}), false, 0)), "INVALID_FETCH_SESSION_EPOCH");
  CAF_CHECK_EQUAL(name_of(cache.open(request(id, 1, {}), true, 0)), "FETCH_SESSION_TOPIC_ID_ERROR");
  CAF_CHECK_EQUAL(name_of(cache.open(request(id, 1, {}), false, 0)), "NONE");
  CAF_CHECK_EQUAL(name_of(cache.open(request(id, 1, {}), false, 0)), "INVALID_FETCH_SESSION_EPOCH");
  CAF_CHECK_EQUAL(name_of(cache.open(request(id, 2, {}), false, 0)), "NONE");
}

CAF_TEST(a session ends when its client says so or nothing is left in it) {
  fetch_session_cache cache{1, {}};
  auto id = cache.open(request(0, 0, {{"a", 0}}), false, 0).session_id;
  auto plan = cache.open(request(id, -1, {{"a", 0}}), false, 0);
  CAF_CHECK_EQUAL(plan.session_id, 0);
  CAF_CHECK_EQUAL(cache.size(), 0u);
  id = cache.open(request(0, 0, {{"a", 0}}), false, 0).session_id;
  plan = cache.open(request(id, 0, {{"b", 0}}), false, 0); // begins anew and closes the old one
  CAF_CHECK(plan.session_id != id && plan.session_id > 0);
  CAF_CHECK_EQUAL(cache.size(), 1u);
  auto last = cache.open(request(plan.session_id, 1, {}, {{"b", 0}}), false, 0);
  CAF_CHECK_EQUAL(last.session_id, 0);
  CAF_CHECK_EQUAL(cache.size(), 0u);
}

CAF_TEST(a full cache makes room only for what deserves it) {
  fetch_session_cache cache{1, {.sessions_max = 2, .evict_after_ns = 120 * second_ns}};
  auto small = cache.open(request(0, 0, {{"a", 0}}), false, 0).session_id;
  auto large = cache.open(request(0, 0, {{"a", 0}, {"a", 1}, {"a", 2}}), false, 0).session_id;
  auto two = request(0, 0, {{"a", 0}, {"a", 1}});
  CAF_CHECK_EQUAL(cache.open(two, false, second_ns).session_id, 0); // both are young
  auto later = 100 * second_ns;
  CAF_CHECK_EQUAL(name_of(cache.open(request(small, 1, {}), false, later)), "NONE");
  CAF_CHECK_EQUAL(name_of(cache.open(request(large, 1, {}), false, later)), "NONE");
  CAF_CHECK_EQUAL(cache.open(request(0, 0, {{"a", 0}}), false, 130 * second_ns).session_id, 0); // not larger
  auto larger = cache.open(two, false, 130 * second_ns).session_id;
  CAF_CHECK_GREATER(larger, 0);
  CAF_CHECK_EQUAL(name_of(cache.open(request(small, 2, {}), false, later)), "FETCH_SESSION_ID_NOT_FOUND");
  // Nobody has used the large one for two minutes: it goes, however large.
  CAF_CHECK_GREATER(cache.open(request(0, 0, {{"a", 0}}), false, 230 * second_ns).session_id, 0);
  CAF_CHECK_EQUAL(name_of(cache.open(request(large, 2, {}), false, 230 * second_ns)), "FETCH_SESSION_ID_NOT_FOUND");
  CAF_CHECK_EQUAL(cache.size(), 2u);
}

CAF_TEST(sessions together remember no more partitions than they may) {
  fetch_session_cache cache{1, {.partitions_max = 3}};
  CAF_CHECK_EQUAL(cache.open(request(0, 0, {{"a", 0}, {"a", 1}, {"a", 2}, {"a", 3}}), false, 0).session_id, 0);
  auto id = cache.open(request(0, 0, {{"a", 0}, {"a", 1}}), false, 0).session_id;
  CAF_CHECK_GREATER(id, 0);
  CAF_CHECK_EQUAL(cache.open(request(0, 0, {{"a", 0}, {"a", 1}}), false, 0).session_id, 0);
  auto grown = cache.open(request(id, 1, {{"b", 0}, {"b", 1}}), false, 0);
  CAF_CHECK_EQUAL(names(grown), "a0@0 a1@0 b0@0 b1@0");
  CAF_CHECK_EQUAL(name_of(cache.open(request(id, 2, {}), false, 0)), "FETCH_SESSION_ID_NOT_FOUND");
}

CAF_TEST(sessions together remember no more of names than they may) {
  fetch_session_cache cache{1, {.names_max_bytes = 1000}};
  std::string large(400, 'x');
  std::string huge(1001, 'x');
  CAF_CHECK_EQUAL(cache.open(request(0, 0, {{huge.c_str(), 0}}), false, 0).session_id, 0);
  auto id = cache.open(request(0, 0, {{large.c_str(), 0}, {large.c_str(), 1}}), false, 0).session_id;
  CAF_CHECK_GREATER(id, 0);
  CAF_CHECK_EQUAL(cache.open(request(0, 0, {{large.c_str(), 0}}), false, 0).session_id, 0);
  // What is forgotten makes room; what is added takes it, and a session that grows beyond is not kept.
  cache.open(request(id, 1, {}, {{large.c_str(), 1}}), false, 0);
  auto other = cache.open(request(0, 0, {{large.c_str(), 0}}), false, 0).session_id;
  CAF_CHECK_GREATER(other, 0);
  cache.open(request(id, 2, {{large.c_str(), 1}}), false, 0);
  CAF_CHECK_EQUAL(name_of(cache.open(request(id, 3, {}), false, 0)), "FETCH_SESSION_ID_NOT_FOUND");
  CAF_CHECK_EQUAL(name_of(cache.open(request(other, 1, {}), false, 0)), "NONE");
}

CAF_TEST(no sessions at all are a legal choice) {
  fetch_session_cache cache{1, {.sessions_max = 0}};
  CAF_CHECK_EQUAL(cache.open(request(0, 0, {{"a", 0}}), false, 0).session_id, 0);
}
