#include "tests/remote/asker.hpp"

#include "runtime/record/builder.hpp"

namespace troupe::test {

namespace {

template <class Answer>
auto keep(const std::shared_ptr<asker::mailbox>& box) {
  return [box](Answer& answer) {
    std::lock_guard lock{box->mutex};
    box->answers.emplace_back(std::move(answer));
    box->changed.notify_all();
  };
}

asker_actor::behavior_type answering(asker_actor::pointer, std::shared_ptr<asker::mailbox> box) {
  return {
      keep<append_reply>(box),
      keep<fetch_reply>(box),
      keep<fetch_wakeup>(box),
      keep<list_offset_reply>(box),
      keep<epoch_end_reply>(box),
      keep<controller_reply>(box),
      keep<producer_id_reply>(box),
      [box](const view_update& update) {
        std::lock_guard lock{box->mutex};
        box->view = update.view;
        box->changed.notify_all();
      },
  };
}

constexpr auto patience = std::chrono::seconds{10};

} // namespace

asker::asker(caf::actor_system& system, cluster_access cluster)
    : cluster_(std::move(cluster)), self_(system.spawn(answering, box_)) {
  caf::anon_send(cluster_.views, view_subscription{self_});
}

asker::~asker() { caf::anon_send_exit(self_, caf::exit_reason::user_shutdown); }

partition_actor asker::partition(const std::string& topic, std::int32_t number) {
  std::unique_lock lock{box_->mutex};
  partition_actor found;
  box_->changed.wait_for(lock, patience, [&] {
    auto* known = box_->view->image->find_topic(topic);
    auto* route = known ? box_->view->find(known->id, number) : nullptr;
    if (route)
      found = *route;
    return route != nullptr;
  });
  return found;
}

view_ptr asker::view() const {
  std::lock_guard lock{box_->mutex};
  return box_->view;
}

bool asker::wait_for_view(metadata::metadata_version version) {
  std::unique_lock lock{box_->mutex};
  return box_->changed.wait_for(lock, patience, [&] { return box_->view->image->version() >= version; });
}

std::optional<any_answer> asker::take(std::chrono::steady_clock::time_point give_up_at) {
  std::unique_lock lock{box_->mutex};
  if (!box_->changed.wait_until(lock, give_up_at, [&] { return !box_->answers.empty(); }))
    return std::nullopt;
  auto answer = std::move(box_->answers.front());
  box_->answers.pop_front();
  return answer;
}

errc asker::create(const std::string& topic, std::int32_t partitions) {
  metadata::create_topics what;
  what.topics.push_back({topic, partitions, -1, {}, {}});
  caf::anon_send(cluster_.controller, controller_request{{}, what, self_});
  auto reply = next<controller_reply>();
  if (!reply)
    return errc::timed_out;
  if (reply->code != errc::none)
    return reply->code;
  if (!wait_for_view(reply->version))
    return errc::timed_out;
  return std::get<metadata::create_topics_reply>(reply->what).topics.at(0).what.code;
}

append_reply asker::append(const std::string& topic, std::string_view value) {
  append_reply missing;
  missing.code = errc::unknown_topic_or_partition;
  auto to = partition(topic);
  if (!to)
    return missing;
  record::batch_builder builder;
  if (!builder.add(timestamp_ms{1'700'000'000'000}, std::nullopt, value))
    return missing;
  caf::anon_send(to, append_request{{1, 0}, builder.build(), -1, true, self_});
  missing.code = errc::timed_out;
  return next<append_reply>().value_or(missing);
}

} // namespace troupe::test
