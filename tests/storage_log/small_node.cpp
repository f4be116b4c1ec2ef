#include "tests/storage_log/small_node.hpp"

#include <algorithm>

namespace troupe::test {

using namespace troupe::storage;

namespace {

constexpr std::size_t read_size = 9'000;

} // namespace

std::size_t model_partition::find(offset o) const {
  auto found = std::partition_point(batches.begin(), batches.end(), [&](auto& b) { return b.facts.last < o; });
  return static_cast<std::size_t>(found - batches.begin());
}

std::int32_t model_partition::next_sequence(producer_id producer) const {
  for (auto it = batches.rbegin(); it != batches.rend(); ++it)
    if (it->facts.producer == producer)
      return record::sequence_after(it->facts.last_sequence, 1);
  return 0;
}

small_node::small_node(simulated_file_system& disk, std::uint64_t seed, int partitions)
    : disk_(disk), random_(seed), models_(static_cast<std::size_t>(partitions)) {
  options.segment_bytes = 2'000 + random_.below(30'000);
  options.flush_bytes = 1 + random_.below(8'000);
  options.flush_max_bytes = 1'000 + random_.below(30'000);
  options.straight_bytes = random_.one_in(3) ? limits::mib : 1 + random_.below(6'000);
  options.index_interval_bytes = 1 + random_.below(4'000);
  options.segment_ms = random_.one_in(2) ? 1'000'000 : 2'000;
  options.retention_ms = random_.one_in(2) ? -1 : 20'000;
  options.retention_bytes = random_.one_in(2) ? -1 : 20'000;
  truncates = seed % 3 == 0;
}

small_node::~small_node() = default;

data_directory_options small_node::directory_options() const {
  data_directory_options o;
  o.path = "data";
  o.cluster_id = "test";
  o.node = node_id{1};
  o.fresh_directory_id = {1, 2, 3};
  o.journal.file_size_bytes = 24 * block_size_bytes;
  o.journal.files_max = 6;
  o.journal.group_max_bytes = 8 * block_size_bytes;
  o.segments.open_files_max = 1 + options.segment_bytes % 4;
  o.segments.sync_each_max = options.segment_bytes % 7;
  o.segments.write_size_bytes = 2 * block_size_bytes;
  o.segments.last_blocks_bytes = 6'000;
  return o;
}

void small_node::expect(bool condition, const std::string& what) {
  if (!condition && problem_.empty())
    problem_ = what;
}

bool small_node::survives(const error& why, const std::string& what, bool is_fatal) {
  auto is_fault = why.code == errc::io_error || why.code == errc::no_space;
  expect(disk_.is_off() || (may_fail && is_fault), what + ": " + why.message());
  if (disk_.is_off() || is_fatal)
    kill();
  return is_up();
}

void small_node::kill() {
  logs_.clear();
  reader_.reset();
  directory_.reset();
  flushed_.clear();
  unconfirmed_.clear();
  waiting_.clear();
  pending_.clear();
}

void small_node::stop() {
  // One order holds no more than its maximum, and retention has its turn only now and then.
  is_stopping_ = true;
  for (int quiet = 0; quiet < 20 && is_up() && problem_.empty();)
    quiet = commit() && flush(true) && unflushed_bytes() == 0 ? quiet + 1 : 0;
  if (is_up()) {
    directory_->segments->close();
    static_cast<void>(directory_->journal->seal());
  }
  kill();
}

std::uint64_t small_node::unflushed_bytes() const {
  std::uint64_t sum = 0;
  for (auto& l : logs_)
    sum += l->unflushed_bytes();
  return sum;
}

bool small_node::start() {
  auto opened = open_data_directory(disk_, directory_options());
  if (!opened)
    return survives(opened.error(), "start", true);
  directory_ = std::move(*opened);
  for (auto& sentence : directory_->report.damage)
    damage.push_back(sentence);
  segment_reader_options reader_options;
  reader_options.directory = "data";
  reader_options.chunk_size_bytes = (1 + random_.below(3)) * block_size_bytes;
  reader_options.cache_bytes = random_.below(8) * block_size_bytes;
  reader_options.open_segments_max = 1 + random_.below(4);
  reader_ = std::make_unique<segment_reader>(disk_, reader_options, [this](const std::string& s) { damage.push_back(s); });
  logs_.clear();
  ++epoch_;
  for (int p = 0; p < partitions(); ++p)
    adopt(p, std::move(directory_->partitions[log_partition(p)]));
  lost_checkpoint_ = is_stopping_ = false;
  for (int p = 0; p < partitions() && is_up(); ++p) {
    check_all(p);
    check_producers(p);
    if (is_up())
      log(p).start_epoch(leader_epoch{epoch_});
  }
  return is_up();
}

void small_node::adopt(int partition, recovered_partition recovered) {
  logs_.push_back(std::make_unique<partition_log>(log_partition(partition), options, std::move(recovered)));
  auto& l = log(partition);
  auto& m = model(partition);
  auto where = "partition " + std::to_string(partition) + " ";
  expect(l.log_end() >= m.acknowledged, where + "lost offsets " + std::to_string(l.log_end().value()) + " to "
                                          + std::to_string(m.acknowledged.value()));
  expect(l.log_end() <= m.end(), where + "has more than was appended");
  expect((lost_checkpoint_ || l.log_start() >= m.log_start) && l.log_start() <= m.log_start_ordered,
         where + "starts at " + std::to_string(l.log_start().value()) + " instead of "
           + std::to_string(m.log_start.value()) + " to " + std::to_string(m.log_start_ordered.value()));
  // What was not acknowledged may be gone.
  m.batches.resize(m.find(l.log_end()));
  expect(m.end() == l.log_end(), where + "ends within a batch");
  m.acknowledged = m.end();
  settle(partition);
  m.log_start = m.log_start_ordered = l.log_start();
}

offset small_node::high_watermark(int partition) {
  return truncates ? std::min(model(partition).settled, log(partition).durable_end()) : log(partition).durable_end();
}

void small_node::settle(int partition) {
  auto& m = model(partition);
  if (!truncates)
    return;
  if (m.settled < m.acknowledged && random_.one_in(4))
    m.settled = m.settled + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(m.acknowledged - m.settled) + 1));
  log(partition).settle(m.settled);
}

bool small_node::truncate(int partition) {
  if (!truncates || may_fail || !commit()) // when the disk fails, a partition waits
    return is_up();
  auto& l = log(partition);
  auto& m = model(partition);
  auto lowest = std::max(m.settled, l.log_start());
  auto first = m.find(lowest);
  if (l.flush_outstanding() || l.durable_end() < l.log_end() || first >= m.batches.size())
    return true;
  auto kept = first + random_.below(m.batches.size() - first);
  auto to = std::max(lowest, kept == 0 ? offset{0} : m.batches[kept - 1].facts.end());
  if (m.find(to) < m.batches.size() && m.batches[m.find(to)].facts.base < to)
    return true; // the batch that holds it would go, too: is there something settled in it?
  m.acknowledged = to; // until it is done, more may come back
  auto order = l.truncate(to);
  CHECK(directory_->journal->fits(0), "there is room in an empty group");
  directory_->journal->truncate(log_partition(partition), to);
  if (!commit())
    return is_up();
  m.acknowledged = to;
  if (order) {
    auto done = directory_->segments->cut(*order);
    if (!done)
      return survives(done.error(), "cut", true);
    if (!write_checkpoint())
      return false;
    reader_->forget(log_partition(partition));
    directory_->journal->truncated(log_partition(partition), done->end);
    l.on_cut(done);
  }
  expect(l.log_end() == to, "a log is cut to " + std::to_string(to.value()) + " and ends at "
                              + std::to_string(l.log_end().value()));
  m.batches.resize(m.find(to));
  l.start_epoch(leader_epoch{++epoch_});
  return true;
}

bool small_node::step() {
  auto p = static_cast<int>(random_.below(models_.size()));
  now_ += static_cast<std::int64_t>(random_.below(50));
  switch (random_.below(16)) {
    case 0:
    case 1:
      return flush(random_.one_in(3));
    case 2:
    case 3:
    case 4:
      return commit();
    case 5:
      evict(p, random_.one_in(2) ? random_.below(10'000) : ~std::uint64_t{0});
      break;
    case 6:
      check_time(p);
      break;
    case 7:
      check_producers(p);
      break;
    case 8:
      if (random_.one_in(8))
        delete_records(p);
      else if (random_.one_in(4))
        return truncate(p);
      break;
    case 9:
    case 10: {
      auto start = log(p).log_start();
      auto from = start + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(log(p).log_end() - start) + 1));
      check_read(p, from, log(p).durable_end(), random_.below(20'000));
      break;
    }
    default:
      append(p);
  }
  return is_up();
}

batch_plan small_node::next_batch(int partition) {
  batch_plan plan;
  plan.base = log(partition).log_end().value();
  plan.count = static_cast<std::int32_t>(1 + random_.below(20));
  plan.epoch = epoch_;
  plan.timestamp = now_ + static_cast<std::int64_t>(random_.below(3'000)) - 1'500;
  plan.payload_bytes = random_.one_in(8) ? random_.below(9'000) : random_.below(300);
  if (random_.one_in(2)) {
    plan.producer = static_cast<std::int64_t>(1 + random_.below(3));
    plan.producer_epoch = 0;
    plan.sequence = model(partition).next_sequence(producer_id{plan.producer});
  }
  return plan;
}

void small_node::append(int partition) {
  auto batch = make_batch(next_batch(partition));
  auto& journal = *directory_->journal;
  if (!(waiting_.empty() && journal.fits(batch.data.size())) && !commit())
    return;
  if (!(waiting_.empty() && journal.fits(batch.data.size()))) // the journal is full
    return;
  auto known = log(partition).check_producer(batch.facts);
  expect(known && !*known, "the next sequence is refused");
  log(partition).append(batch.data, batch.facts, timestamp_ms{now_});
  model(partition).batches.push_back(std::move(batch));
  hand_over(partition);
}

void small_node::hand_over(int partition) {
  while (auto order = log(partition).next_for_journal())
    waiting_.emplace_back(partition, std::move(*order));
  fill_group();
}

void small_node::fill_group() {
  auto& journal = *directory_->journal;
  for (; !waiting_.empty(); waiting_.pop_front()) {
    auto& [p, order] = waiting_.front();
    auto name = log_partition(p);
    if (!journal.fits(order.flushed ? block_size_bytes : order.batch.size()))
      return;
    if (order.flushed)
      journal.flushed(name, order.base, order.end, *order.flushed);
    else
      journal.append(name, order.base, order.end, order.batch.view());
    pending_[p] = order.end;
  }
}

bool small_node::commit() {
  auto done = directory_->journal->commit();
  if (!done && done.error().code == errc::no_space) {
    flush(true);
    if (!is_up())
      return false;
    done = directory_->journal->commit();
  }
  if (!done) {
    survives(done.error(), "commit", done.error().code == errc::io_error);
    return false;
  }
  for (auto& [p, end] : std::exchange(pending_, {})) {
    log(p).mark_durable(end);
    model(p).acknowledged = end;
    settle(p);
    hand_over(p);
  }
  fill_group();
  return true;
}

bool small_node::flush(bool force) {
  std::vector<flush_request> orders;
  for (int p = 0; p < partitions(); ++p) {
    auto order = random_.one_in(3) ? log(p).expire(timestamp_ms{now_}, high_watermark(p)) : std::nullopt;
    if (!order && random_.one_in(3))
      order = log(p).next_deletion(high_watermark(p));
    if (!order)
      order = log(p).next_flush(timestamp_ms{now_}, force);
    if (order) {
      model(p).log_start_ordered = std::max(model(p).log_start_ordered, order->checkpoint.log_start);
      orders.push_back(std::move(*order));
    }
  }
  // What happens while the flusher works.
  for (int p = 0; p < partitions() && !is_stopping_ && random_.one_in(4); ++p) {
    if (random_.one_in(2))
      append(p);
    if (is_up())
      delete_records(p);
    if (is_up() && random_.one_in(2) && directory_->journal->fits(0))
      commit();
    if (!is_up())
      return false;
  }
  auto results = directory_->segments->flush(orders);
  expect(results.size() == orders.size(), "every flush has a result");
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto p = orders[i].partition.partition.value();
    if (results[i] && orders[i].moves_log_start)
      unconfirmed_.emplace_back(p, *results[i]);
    else
      log(p).on_flushed(results[i]);
    hand_over(p);
    if (results[i])
      flushed_[p] = results[i]->flushed_end;
    else if (!survives(results[i].error(), "flush"))
      return false;
  }
  if (!directory_->segments->checkpoint_due() || (!force && random_.one_in(3)))
    return true;
  return write_checkpoint();
}

bool small_node::write_checkpoint() {
  if (auto written = directory_->segments->write_checkpoint(); !written)
    return survives(written.error(), "checkpoint");
  for (auto& [p, end] : flushed_)
    directory_->journal->checkpointed(log_partition(p), end);
  flushed_.clear();
  for (auto& [p, done] : std::exchange(unconfirmed_, {})) {
    log(p).on_flushed(done);
    model(p).log_start = log(p).log_start();
  }
  if (auto released = directory_->journal->release(); !released)
    return survives(released.error(), "release", released.error().code == errc::io_error);
  return true;
}

void small_node::evict(int partition, std::uint64_t bytes) {
  auto before = log(partition).cached_bytes();
  auto freed = log(partition).evict(bytes);
  expect(freed >= std::min(bytes, before) && before - freed == log(partition).cached_bytes(), "evict frees what it says");
}

void small_node::delete_records(int partition) {
  if (!deletes)
    return;
  auto& l = log(partition);
  auto end = high_watermark(partition);
  if (end < l.log_start())
    return;
  auto to = l.log_start() + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(end - l.log_start()) + 1));
  auto done = l.delete_records_before(to, end);
  expect(done.has_value(), "records can be deleted");
}

void small_node::check_read(int partition, offset from, offset limit, std::size_t max_bytes) {
  auto where = "read of partition " + std::to_string(partition) + " from " + std::to_string(from.value());
  auto plan = log(partition).read(from, limit, max_bytes, true);
  if (!plan)
    return expect(false, where + ": " + plan.error().message());
  auto batches = std::move(plan->batches);
  if (plan->segment) {
    expect(batches.empty(), where + ": a plan is either memory or segments");
    auto read = reader_->read(*plan->segment);
    if (!read) {
      survives(read.error(), where);
      return;
    }
    batches = std::move(read->batches);
    expect(read->next > from, where + ": no progress");
  }
  auto got = joined(batches);
  auto& m = model(partition);
  std::string wanted;
  for (auto i = m.find(from); i < m.batches.size() && wanted.size() < got.size(); ++i) {
    expect(m.batches[i].facts.end() <= limit, where + ": beyond the limit");
    wanted += m.batches[i].data.view();
  }
  expect(got == wanted, where + ": not what was appended");
  if (from < limit)
    expect(!got.empty(), where + ": nothing, though there is something");
  auto first = m.find(from);
  if (first < m.batches.size())
    expect(got.size() <= std::max(max_bytes, m.batches[first].data.size()), where + ": too much");
}

void small_node::check_all(int partition) {
  auto from = log(partition).log_start();
  auto end = log(partition).log_end();
  while (from < end && is_up() && problem_.empty()) {
    check_read(partition, from, end, read_size);
    auto& m = model(partition);
    std::size_t taken = 0;
    auto i = m.find(from);
    for (; i < m.batches.size() && (taken == 0 || taken + m.batches[i].data.size() <= read_size); ++i)
      taken += m.batches[i].data.size();
    // A read may stop early, where memory or another segment begins: the next one overlaps then.
    from = m.batches[std::min(i, m.find(from) + 1) - 1].facts.end();
  }
}

void small_node::check_time(int partition) {
  auto& l = log(partition);
  auto& m = model(partition);
  timestamp_ms time{now_ - static_cast<std::int64_t>(random_.below(6'000)) + 1'000};
  auto from = l.log_start();
  auto limit = l.durable_end();
  offset wanted = no_offset;
  for (auto i = m.find(from); i < m.batches.size() && m.batches[i].facts.end() <= limit && wanted == no_offset; ++i)
    if (m.batches[i].facts.max_timestamp >= time)
      wanted = m.batches[i].facts.base;
  offset got = no_offset;
  while (true) {
    auto plan = l.find_by_time(time, from, limit);
    if (!plan.segment) {
      if (plan.batch)
        got = offset{load_be<std::int64_t>(plan.batch->data())};
      break;
    }
    auto found = reader_->find_by_time(*plan.segment);
    if (!found) {
      survives(found.error(), "time search");
      return;
    }
    if (!found->batch.empty()) {
      got = offset{load_be<std::int64_t>(found->batch.data())};
      break;
    }
    expect(found->next > from, "a time search goes on");
    if (found->next <= from)
      break;
    from = found->next;
  }
  expect(got == wanted, "time search of partition " + std::to_string(partition) + " for " + std::to_string(time.value())
                          + " gave " + std::to_string(got.value()) + " instead of " + std::to_string(wanted.value()));
}

void small_node::check_producers(int partition) {
  if (!is_up())
    return;
  auto& m = model(partition);
  std::map<producer_id, int> seen;
  for (auto it = m.batches.rbegin(); it != m.batches.rend(); ++it) {
    auto& b = it->facts;
    if (b.producer == no_producer_id || ++seen[b.producer] > 5)
      continue;
    auto known = log(partition).check_producer(b);
    auto what = "the duplicate of offset " + std::to_string(b.base.value()) + " of partition " + std::to_string(partition);
    expect(known && *known, what + " is not recognised");
    if (known && *known)
      expect((*known)->base == b.base && (*known)->timestamp == b.max_timestamp, what + " gets another answer");
  }
  for (auto& [producer, count] : seen) {
    auto early = m.batches.back().facts;
    early.producer = producer;
    early.producer_epoch = troupe::producer_epoch{0};
    early.base_sequence = early.last_sequence = record::sequence_after(m.next_sequence(producer), 1);
    auto checked = log(partition).check_producer(early);
    expect(!checked && checked.error().code == errc::out_of_order_sequence, "a sequence that is too early is refused");
  }
}

} // namespace troupe::test
