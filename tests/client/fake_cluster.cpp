#include "tests/client/fake_cluster.hpp"

#include "runtime/record/builder.hpp"

#include <algorithm>

namespace troupe::test {

namespace {

struct release_held {};

using fake_actor = partition_actor::extend<caf::reacts_to<release_held>>;

class fake_partition {
public:
  fake_partition(fake_actor::pointer self, std::shared_ptr<fake_log> log) : self_(self), log_(std::move(log)) {}

  void append(append_request& request) {
    ++log_->appends;
    if (log_->holds) {
      log_->held.push_back(std::move(request));
      return;
    }
    if (log_->drop > 0) {
      --log_->drop;
      return;
    }
    append_reply reply;
    reply.tag = request.tag;
    reply.code = done(request, reply);
    reply.log_append_time = log_->append_time;
    if (log_->lose_replies > 0)
      --log_->lose_replies;
    else
      self_->send(request.reply_to, std::move(reply));
  }

  void fetch(const fetch_request& request) {
    ++log_->fetches;
    if (log_->drop > 0) {
      --log_->drop;
      return;
    }
    fetch_reply reply;
    reply.tag = request.tag;
    reply.high_watermark = log_->end;
    reply.log_start = log_->start;
    reply.code = read(request, reply);
    auto waits = reply.code == errc::none && reply.size_bytes < request.wake_below_bytes;
    self_->send(request.reply_to, std::move(reply));
    if (waits)
      log_->waiters.push_back({request.reply_to, request.tag});
  }

  void list(const list_offset_request& request) {
    list_offset_reply reply;
    reply.tag = request.tag;
    if (request.timestamp == list_offset::latest) {
      reply.found = log_->end;
    } else if (request.timestamp == list_offset::earliest) {
      reply.found = log_->start;
    } else {
      for (auto& data : log_->batches) {
        auto batch = record::batch_view::parse(data.view());
        if (batch->max_timestamp().value() >= request.timestamp && reply.found == no_offset)
          reply.found = batch->base_offset();
      }
    }
    self_->send(request.reply_to, reply);
  }

  void release() {
    log_->holds = false;
    for (auto& request : std::exchange(log_->held, {})) {
      --log_->appends;
      append(request);
    }
  }

private:
  errc done(append_request& request, append_reply& reply) {
    if (!log_->refuse.empty()) {
      auto code = log_->refuse.front();
      log_->refuse.pop_front();
      return code;
    }
    record::decompression_budget budget;
    std::vector<record::record_error> refused;
    auto valid = record::validate_batch(request.batch.view(), log_->rules, budget, &refused);
    for (auto& one : refused)
      reply.refused.push_back({one.index, "refused"});
    if (!valid)
      return valid.error().code;
    record::assign_offsets(request.batch, log_->end, leader_epoch{0});
    auto facts = storage::facts_of(*record::batch_view::parse(request.batch.view()));
    auto original = log_->producers.check(facts);
    if (!original)
      return original.error().code;
    if (*original) {
      ++log_->duplicates;
      reply.base_offset = (*original)->base;
      return errc::none;
    }
    log_->producers.update(facts, timestamp_ms{1}, facts.end());
    log_->batches.push_back(std::move(request.batch));
    reply.base_offset = facts.base;
    log_->end = facts.end();
    if (log_->wakes)
      for (auto& waiter : std::exchange(log_->waiters, {}))
        self_->send(waiter.who, fetch_wakeup{waiter.tag});
    return errc::none;
  }

  errc read(const fetch_request& request, fetch_reply& reply) {
    if (!log_->refuse_fetch.empty()) {
      auto code = log_->refuse_fetch.front();
      log_->refuse_fetch.pop_front();
      return code;
    }
    if (request.from < log_->start || request.from > log_->end)
      return errc::offset_out_of_range;
    for (auto& data : log_->batches) {
      auto batch = record::batch_view::parse(data.view());
      if (batch->next_offset() <= request.from)
        continue;
      if (!reply.batches.empty() && reply.size_bytes + data.size() > request.max_bytes)
        break;
      reply.batches.push_back(data);
      reply.size_bytes += data.size();
    }
    return errc::none;
  }

  fake_actor::pointer self_;
  std::shared_ptr<fake_log> log_;
};

struct fake_partition_holder {
  std::unique_ptr<fake_partition> partition;
};

fake_actor::behavior_type run_partition(fake_actor::stateful_pointer<fake_partition_holder> self,
                                        std::shared_ptr<fake_log> log) {
  self->state.partition = std::make_unique<fake_partition>(self, std::move(log));
  auto* partition = self->state.partition.get();
  return {
      [partition](append_request& m) { partition->append(m); },
      [partition](const fetch_request& m) { partition->fetch(m); },
      [partition](const list_offset_request& m) { partition->list(m); },
      [](const epoch_end_request&) {},
      [partition](release_held) { partition->release(); },
  };
}

} // namespace

std::vector<std::string> fake_log::values() const {
  std::vector<std::string> all;
  for (auto& data : batches) {
    record::decompression_budget budget;
    auto batch = record::batch_view::parse(data.view());
    auto records = record::batch_records::open(*batch, budget);
    for (auto next = records->next(); next; next = records->next())
      all.emplace_back(next->value.value_or("null"));
  }
  return all;
}

void fake_log::append_direct(const std::vector<std::string>& values, record::compression packed,
                             std::int64_t first_timestamp) {
  record::batch_options options;
  options.compression = packed;
  options.base_offset = end;
  record::batch_builder builder{options};
  for (auto& value : values)
    CHECK(builder.add(timestamp_ms{first_timestamp++}, std::nullopt, value).has_value());
  batches.push_back(builder.build());
  end = end + static_cast<std::int64_t>(values.size());
  if (wakes)
    for (auto& waiter : std::exchange(waiters, {}))
      caf::anon_send(waiter.who, fetch_wakeup{waiter.tag});
}

fake_cluster::fake_cluster(caf::actor_system& system) : system_(system) {
  controller_.add_broker(1);
  access_.views = system.spawn([this](view_source::pointer self) -> view_source::behavior_type {
    return {[this, self](const view_subscription& m) {
      subscribers_.push_back(m.subscriber);
      static_cast<void>(self);
      take_image();
      publish();
    }};
  });
  access_.controller = system.spawn([this](controller_actor::pointer self) -> controller_actor::behavior_type {
    return {[this, self](const controller_request& m) {
      auto* wanted = std::get_if<metadata::create_topics>(&m.what);
      controller_reply reply{m.tag, errc::none, controller_.run<metadata::create_topics_reply>(*wanted), controller_.version};
      self->send(m.reply_to, std::move(reply));
      take_image();
      publish();
    }};
  });
  access_.producer_ids = system.spawn([this](producer_id_actor::pointer self) -> producer_id_actor::behavior_type {
    return {
        [this, self](const producer_id_request& m) {
          auto good = refuse_producer_ids == errc::none;
          self->send(m.reply_to, producer_id_reply{m.tag, refuse_producer_ids,
                                                   good ? producer_id{++producer_ids_given} : no_producer_id});
        },
        [](const controller_reply&) {},
    };
  });
}

void fake_cluster::create(const std::string& topic, int partitions) {
  CHECK(controller_.create(topic, partitions).what.code == errc::none);
  take_image();
  publish();
}

void fake_cluster::remove(const std::string& topic) {
  controller_.run<metadata::delete_topics_reply>(metadata::delete_topics{{{topic, {}}}});
  take_image();
  publish();
}

void fake_cluster::take_image() {
  controller_.image().for_each_topic([this](const metadata::topic& topic) {
    auto& places = topics_[topic.id];
    while (places.size() < topic.partitions.size()) {
      auto& made = places.emplace_back();
      made.actor = system_.spawn(run_partition, made.log);
    }
  });
}

void fake_cluster::publish() {
  auto view = std::make_shared<broker_view>();
  view->image = controller_.core.image();
  view->image->for_each_topic([&](const metadata::topic& topic) {
    auto routes = std::make_shared<std::vector<partition_actor>>();
    for (auto& place : topics_[topic.id])
      routes->push_back(place.actor);
    view->set_routes(topic.id, std::move(routes));
  });
  for (auto& subscriber : subscribers_)
    caf::anon_send(subscriber, view_update{view});
}

fake_log& fake_cluster::log(const std::string& topic, int partition) {
  auto* found = controller_.image().find_topic(topic);
  CHECK(found != nullptr);
  return *topics_.at(found->id).at(static_cast<std::size_t>(partition)).log;
}

void fake_cluster::kill(const std::string& topic, int partition) {
  auto& place = topics_.at(controller_.image().find_topic(topic)->id).at(static_cast<std::size_t>(partition));
  caf::anon_send_exit(place.actor, caf::exit_reason::kill);
  place.actor = nullptr;
  place.log->held.clear();
  place.log->waiters.clear();
  publish();
}

void fake_cluster::revive(const std::string& topic, int partition) {
  auto& place = topics_.at(controller_.image().find_topic(topic)->id).at(static_cast<std::size_t>(partition));
  place.actor = system_.spawn(run_partition, place.log);
  publish();
}

void fake_cluster::release(const std::string& topic, int partition) {
  auto& place = topics_.at(controller_.image().find_topic(topic)->id).at(static_cast<std::size_t>(partition));
  caf::anon_send(caf::actor_cast<fake_actor>(place.actor), release_held{});
}

} // namespace troupe::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::test::release_held)
