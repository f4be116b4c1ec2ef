#include "tests/native/load.hpp"

#include <charconv>

namespace troupe::test {

namespace {

constexpr int burst_records = 20;

std::int64_t id_of(std::string_view value) {
  std::int64_t id = -1;
  std::from_chars(value.data(), value.data() + value.size(), id);
  return id;
}

} // namespace

void load_facts::wrong(std::string what) {
  if (trouble_.empty())
    trouble_ = std::move(what);
}

void load_facts::report(const client::delivery_report& report) {
  std::lock_guard lock{mutex_};
  for (auto& one : report.deliveries) {
    reported_ += one.count;
    if (!one.is_written())
      wrong("record " + std::to_string(one.first_id) + " failed: " + one.what.message());
  }
}

// What is handed out again is passed over, as by any handler that keeps its results with the offsets.
void load_facts::read(const client::handed_batch& batch) {
  std::lock_guard lock{mutex_};
  auto number = batch.records.partition().value();
  auto& partition = partitions_[number];
  for (auto& record : batch.records) {
    if (record.offset < partition.next)
      continue;
    auto where = std::to_string(number) + " at " + std::to_string(record.offset.value());
    if (record.offset > partition.next)
      wrong("a gap in partition " + where);
    partition.next = record.offset + 1;
    auto id = id_of(record.value.value_or(""));
    if (id <= partition.last_id)
      wrong("record " + std::to_string(id) + " out of order in partition " + where);
    partition.last_id = id;
    times_.resize(std::max(times_.size(), static_cast<std::size_t>(id) + 1));
    if (++times_[static_cast<std::size_t>(id)] > 1)
      wrong("record " + std::to_string(id) + " is there twice: in partition " + where);
    ++seen_;
  }
}

std::uint64_t load_facts::reported() const {
  std::lock_guard lock{mutex_};
  return reported_;
}

std::uint64_t load_facts::seen() const {
  std::lock_guard lock{mutex_};
  return seen_;
}

std::string load_facts::trouble() const {
  std::lock_guard lock{mutex_};
  return trouble_;
}

offset load_facts::next_of(std::int32_t partition) const {
  std::lock_guard lock{mutex_};
  auto known = partitions_.find(partition);
  return known == partitions_.end() ? offset{0} : known->second.next;
}

std::string load_facts::verdict(std::uint64_t sent) const {
  std::lock_guard lock{mutex_};
  if (!trouble_.empty())
    return trouble_;
  if (times_.size() != sent)
    return std::to_string(sent) + " records were sent, and the last one seen is "
           + std::to_string(times_.size());
  for (std::size_t id = 0; id < times_.size(); ++id)
    if (times_[id] != 1)
      return "record " + std::to_string(id) + " is lost";
  return {};
}

load_sender::behavior_type sender(load_sender::stateful_pointer<load_state> self,
                                  client::producer_actor producer, std::shared_ptr<load_facts> facts,
                                  std::chrono::microseconds pause) {
  self->send(producer, client::join_sender{self});
  self->send(self, send_more{});
  return {
      [=](const client::delivery_report& report) {
        self->state.credit += report.credit_bytes;
        facts->report(report);
      },
      [=](send_more) {
        auto& state = self->state;
        if (state.stopped)
          return;
        std::vector<client::new_record> records;
        auto first = state.next;
        for (int i = 0; i < burst_records; ++i) {
          auto record = client::make_record(std::to_string(state.next));
          auto cost = client::credit_cost_bytes(record);
          if (cost > state.credit)
            break;
          state.credit -= cost;
          record.partition = partition_id{static_cast<std::int32_t>(state.next++ % load_partitions)};
          records.push_back(std::move(record));
        }
        if (!records.empty())
          self->send(producer, client::send_records{first, std::move(records), self});
        self->delayed_send(self, pause, send_more{});
      },
      [=](stop_sending) {
        self->state.stopped = true;
        return self->state.next;
      },
  };
}

client::batch_handler::behavior_type watcher(client::batch_handler::pointer self,
                                             std::shared_ptr<load_facts> facts) {
  return {
      [=](const client::handed_batch& batch) {
        facts->read(batch);
        self->send(batch.from, client::batch_done{batch.id});
      },
      [](const client::partition_notice&) {},
  };
}

client::producer_options producer_settings() {
  client::producer_options options;
  options.topic = "load";
  options.buffer_memory_bytes = 1 << 20;
  options.request_timeout_ms = 5'000;
  return options;
}

client::consumer_options consumer_settings(const load_facts& facts) {
  client::consumer_options options;
  for (std::int32_t i = 0; i < load_partitions; ++i)
    options.assignments.push_back({"load", partition_id{i}, client::start_point::at(facts.next_of(i))});
  options.request_timeout_ms = 5'000;
  return options;
}

} // namespace troupe::test
