#include "actors/node/command/bench_load.hpp"

#include "runtime/base/cursor.hpp"
#include "runtime/base/random.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <sys/prctl.h>

namespace troupe::command {

namespace {

constexpr std::int64_t ns_per_us = 1000;
constexpr std::int64_t bench_ns_per_ms = 1'000'000;
constexpr std::size_t pool_bytes = 1 * limits::mib;
/// Unanswered bytes of one producer: beyond them records wait, and their latency grows.
constexpr std::size_t window_bytes = 32 * limits::mib;
/// After the producers are done, what is still on its way arrives within this time.
constexpr std::int64_t arrival_patience_ms = 2000;

/// Text of about six bits of entropy a byte, so that a codec has something to do.
std::string random_text(std::size_t size) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .";
  random_source random{1};
  std::string text(size, ' ');
  for (auto& c : text)
    c = letters[random.below(letters.size())];
  return text;
}

} // namespace

std::uint64_t due_times::count_at(std::int64_t now_ns) const noexcept {
  if (now_ns < start_ns_)
    return 0;
  return static_cast<std::uint64_t>(static_cast<double>(now_ns - start_ns_) / interval_ns_) + 1;
}

void bench_result::add(const bench_result& other) {
  records += other.records;
  failed += other.failed;
  bytes += other.bytes;
  duration_ns = std::max(duration_ns, other.duration_ns);
  latency.add(other.latency);
  if (problem.empty())
    problem = other.problem;
}

bench_producer::bench_producer(kafka_client& client, const bench_options& options, std::int64_t start_ns)
    : options_(options), producer_(client, options.producing),
      due_(start_ns, options.rate / options.producers),
      count_from_ns_(start_ns + options.warmup_ms * bench_ns_per_ms),
      end_ns_(count_from_ns_ + options.duration_ms * bench_ns_per_ms), pool_(random_text(pool_bytes)) {
  builder_.options().compression = options.collecting.compression;
}

bench_result bench_producer::run() {
  // The timers of poll() are to be as exact as the latencies that they decide about.
  ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  if (auto opened = producer_.open(); !opened) {
    result_.problem = opened.error().detail;
    return result_;
  }
  while (true) {
    auto now = monotonic_ns();
    if (now < end_ns_)
      make_due_records(now);
    hand_over(now);
    if (auto done = producer_.step(wait_us(now)); !done) {
      result_.problem = done.error().detail;
      break;
    }
    now = monotonic_ns();
    take_outcomes(now);
    if (now >= end_ns_ && builder_.empty() && producer_.idle())
      break;
  }
  result_.duration_ns = std::max<std::int64_t>(last_answer_ns_ - count_from_ns_, 1);
  return std::move(result_);
}

void bench_producer::make_due_records(std::int64_t now_ns) {
  auto until = due_.has_rate() ? due_.count_at(now_ns) : UINT64_MAX;
  auto batch_max = static_cast<std::size_t>(options_.collecting.batch_max_bytes);
  auto queued = producer_.queued_bytes();
  while (made_ < until && queued < window_bytes) {
    if (builder_.empty()) {
      batch_first_ = made_;
      batch_opened_ns_ = now_ns;
    }
    if (!builder_.add(wall_time(), std::nullopt, payload(made_)))
      return;
    ++made_;
    if (builder_.uncompressed_size_bytes() + static_cast<std::size_t>(options_.record_size_bytes) < batch_max)
      continue;
    hand_over(now_ns);
    // Without a rate there is always more: let the answers come in.
    if (!due_.has_rate() || !builder_.empty())
      return;
    queued = producer_.queued_bytes();
  }
}

std::string_view bench_producer::payload(std::uint64_t number) {
  auto size = static_cast<std::size_t>(options_.record_size_bytes);
  auto from = static_cast<std::size_t>(number * 7919 % (pool_.size() - std::min(size, pool_.size() - 1)));
  if (!options_.has_stamps && size <= pool_.size() - from)
    return {pool_.data() + from, size};
  payload_.assign(size, 'x');
  std::memcpy(payload_.data(), pool_.data() + from, std::min(size, pool_.size() - from));
  store_be(payload_.data(), due_.has_rate() ? due_.of(number) : monotonic_ns());
  return payload_;
}

/// A batch goes when it is full, or old enough and not only going to wait behind others.
void bench_producer::hand_over(std::int64_t now_ns) {
  if (builder_.empty())
    return;
  auto size = builder_.uncompressed_size_bytes() + static_cast<std::size_t>(options_.record_size_bytes);
  auto is_full = size >= static_cast<std::size_t>(options_.collecting.batch_max_bytes);
  auto is_old = now_ns - batch_opened_ns_ >= options_.collecting.linger_ms * bench_ns_per_ms;
  partition_id to{partition_};
  auto has_room = producer_.queued_batches(to) < options_.producing.requests_in_flight_max;
  if (!is_full && !(is_old && has_room))
    return;
  auto count = builder_.record_count();
  if (!due_.has_rate())
    opened_at_ns_[batch_first_] = batch_opened_ns_;
  producer_.add(to, batch_first_, static_cast<std::uint32_t>(count), builder_.build());
  partition_ = (partition_ + 1) % producer_.partition_count();
}

void bench_producer::take_outcomes(std::int64_t now_ns) {
  for (auto& [partition, outcome] : producer_.take_outcomes()) {
    auto count = static_cast<std::uint64_t>(outcome.record_count);
    auto opened = opened_at_ns_.find(outcome.first_record);
    auto opened_ns = opened == opened_at_ns_.end() ? now_ns : opened->second;
    if (opened != opened_at_ns_.end())
      opened_at_ns_.erase(opened);
    if (outcome.what.code != errc::none) {
      result_.failed += count;
      result_.problem = sentence_of(outcome.what);
      continue;
    }
    acknowledged_.fetch_add(count, std::memory_order_relaxed);
    auto due_from = due_.has_rate() ? due_.of(outcome.first_record) : now_ns;
    if (due_from < count_from_ns_)
      continue;
    last_answer_ns_ = now_ns;
    result_.records += count;
    result_.bytes += count * static_cast<std::uint64_t>(options_.record_size_bytes);
    if (!due_.has_rate())
      result_.latency.add(now_ns - opened_ns, count);
    for (std::uint64_t i = 0; i < count && due_.has_rate(); ++i)
      result_.latency.add(now_ns - due_.of(outcome.first_record + i));
  }
}

std::int64_t bench_producer::wait_us(std::int64_t now_ns) const noexcept {
  constexpr std::int64_t longest_us = 100'000;
  if (now_ns >= end_ns_ && builder_.empty())
    return longest_us;
  auto until = now_ns + longest_us * ns_per_us;
  auto has_room = producer_.queued_bytes() < window_bytes;
  if (!due_.has_rate())
    return has_room && now_ns < end_ns_ ? 0 : longest_us;
  if (has_room && now_ns < end_ns_)
    until = std::min(until, due_.of(made_));
  auto may_go =
      producer_.queued_batches(partition_id{partition_}) < options_.producing.requests_in_flight_max;
  if (!builder_.empty() && may_go)
    until = std::min(until, batch_opened_ns_ + options_.collecting.linger_ms * bench_ns_per_ms);
  return std::max<std::int64_t>(until - monotonic_ns(), 0) / ns_per_us;
}

namespace {

/// Counts the records of what was fetched; `each` gets the value of every one that is wanted.
template <class Each>
void count_records(const fetched_batches& fetched, bench_result& to, Each each) {
  record::batch_cursor batches{fetched.data.view()};
  for (auto batch = batches.next(); batch; batch = batches.next()) {
    record::decompression_budget budget;
    auto records = batch->is_control() ? fail(errc::none) : record::batch_records::open(*batch, budget);
    if (!records)
      continue;
    for (auto r = records->next(); r; r = records->next()) {
      if (records->offset_of(*r) < fetched.first)
        continue;
      each(r->value.value_or(std::string_view{}), to);
    }
  }
}

} // namespace

bench_result measure_arrivals(kafka_client& client, const topic_info& topic,
                              const std::map<partition_id, offset>& from, std::int64_t count_from_ns,
                              const std::atomic<bool>& stop) {
  bench_result total;
  consumer_options options;
  options.topic = topic.name;
  consumer reader{client, options};
  reader.open(topic, from);
  auto last_arrival_ns = monotonic_ns();
  while (!stop || monotonic_ns() - last_arrival_ns < arrival_patience_ms * bench_ns_per_ms) {
    auto fetched = reader.step(100);
    if (!fetched) {
      total.problem = fetched.error().detail;
      return total;
    }
    auto now = monotonic_ns();
    for (auto& part : *fetched)
      count_records(part, total, [&](std::string_view value, bench_result& to) {
        last_arrival_ns = now;
        auto due = value.size() < stamp_bytes ? now : load_be<std::int64_t>(value.data());
        if (due < count_from_ns)
          return;
        ++to.records;
        to.bytes += value.size();
        to.latency.add(now - due);
      });
  }
  total.duration_ns = std::max<std::int64_t>(last_arrival_ns - count_from_ns, 1);
  return total;
}

bench_result measure_reading(kafka_client& client, const topic_info& topic,
                             const std::map<partition_id, offset>& from, std::map<partition_id, offset> ends,
                             std::int64_t duration_ms, const std::function<void(std::uint64_t)>& watch) {
  bench_result total;
  consumer_options options;
  options.topic = topic.name;
  consumer reader{client, options};
  reader.open(topic, from);
  auto start_ns = monotonic_ns();
  auto end_ns = start_ns + duration_ms * bench_ns_per_ms;
  auto last_ns = start_ns;
  while (!ends.empty() && last_ns < end_ns) {
    std::erase_if(ends, [&](auto& entry) {
      auto is_done = reader.position(entry.first) >= entry.second;
      if (is_done)
        reader.stop(entry.first);
      return is_done;
    });
    auto fetched = reader.step(100);
    if (!fetched) {
      total.problem = fetched.error().detail;
      break;
    }
    for (auto& part : *fetched)
      count_records(part, total, [](std::string_view value, bench_result& to) {
        ++to.records;
        to.bytes += value.size();
      });
    last_ns = monotonic_ns();
    watch(total.records);
  }
  total.duration_ns = std::max<std::int64_t>(last_ns - start_ns, 1);
  return total;
}

} // namespace troupe::command
