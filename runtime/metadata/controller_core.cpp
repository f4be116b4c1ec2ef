// The contract with the log, and the commands that concern neither brokers nor topics.
#include "runtime/metadata/controller_core.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/cursor.hpp"
#include "runtime/metadata/partition_queries.hpp"

namespace troupe::metadata {

namespace {

/// More would only keep the controller busy: whoever sends so many mistakes is no person.
constexpr std::size_t hints_max = 16;

} // namespace

controller_core::controller_core(controller_config options)
    : config_(std::move(options)), random_(config_.seed), committed_(metadata_image::empty()),
      tentative_(committed_), watch_(config_.session_timeout_ms) {}

void controller_core::restore(image_ptr image) {
  committed_ = std::move(image);
  abandon();
  registered_at_.clear();
  shutting_down_since_.clear();
  committed_->for_each_broker([this](const broker& b) {
    registered_at_[b.node] = committed_->version();
    if (b.shutting_down)
      shutting_down_since_[b.node] = committed_->version();
  });
}

void controller_core::lead(std::int64_t now_ms) { watch_.arm(*committed_, now_ms); }

void controller_core::report_dead(node_id node, std::optional<broker_incarnation> incarnation) {
  if (auto* known = tentative_->find_broker(node); known && (!incarnation || known->incarnation == *incarnation))
    watch_.report_dead(node, known->epoch);
}

void controller_core::report_silent(node_id node, std::int64_t since_ms) { watch_.report_silent(node, since_ms); }

std::vector<named_partition> controller_core::elections_due(std::int64_t now_ms) const {
  return preferred_leaders_due(*committed_, [&](node_id node) {
    auto* known = committed_->find_broker(node);
    return known && watch_.age_ms(node, known->epoch, now_ms) >= config_.settled_after_ms;
  });
}

std::vector<command> controller_core::due(std::int64_t now_ms) const {
  std::vector<command> commands;
  for (auto* silent : watch_.silent(*tentative_, now_ms))
    commands.push_back(fence_broker{silent->node, silent->epoch});
  return commands;
}

void controller_core::abandon() {
  tentative_ = committed_;
  pending_ = 0;
}

decision controller_core::decide(const command& what, std::int64_t now_ms) {
  hints_left_ = hints_max;
  now_ms_ = now_ms;
  auto made = std::visit([this](const auto& concrete) { return on(concrete); }, what);
  pending_ += made.records.empty() ? 0 : 1;
  return made;
}

void controller_core::count_hint(const error& what) {
  if (what.code == errc::invalid_config && hints_left_ > 0)
    --hints_left_;
}

/// What a decision adds counts at once for everything that is decided after it.
void controller_core::draft(decision& into, std::vector<record> more) {
  auto next = apply(tentative_, more, tentative_->version());
  CHECK(next.has_value(), "the controller contradicts itself");
  tentative_ = std::move(next->image);
  into.records.insert(into.records.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
}

result<metadata_delta> controller_core::replay(std::span<const record> records, metadata_version version) {
  auto next = apply(committed_, records, version);
  if (!next)
    return fail(std::move(next));
  committed_ = std::move(next->image);
  for (auto& r : records)
    note(r, version);
  if (pending_ > 0)
    --pending_;
  if (pending_ == 0)
    tentative_ = committed_;
  return std::move(next->delta);
}

void controller_core::note(const record& committed, metadata_version version) {
  if (auto* registered = std::get_if<register_broker_record>(&committed)) {
    registered_at_[registered->node] = version;
    shutting_down_since_.erase(registered->node);
  } else if (auto* stops = std::get_if<shut_down_broker_record>(&committed)) {
    shutting_down_since_[stops->node] = version;
  } else if (auto* forgotten = std::get_if<unregister_broker_record>(&committed)) {
    registered_at_.erase(forgotten->node);
    shutting_down_since_.erase(forgotten->node);
    watch_.forget(forgotten->node);
  }
}

topic_id controller_core::random_topic_id() {
  for (;;) {
    topic_id id;
    for (std::size_t i = 0; i < id.bytes.size(); i += 8)
      store_be(reinterpret_cast<char*>(id.bytes.data()) + i, random_.next());
    id.bytes[6] =
        static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40); // RFC 9562, version 4: never 0 or 1,
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80); // which Kafka reserves
    // A command line takes an argument with a leading dash for an option.
    if (id.to_string().front() != '-' && !tentative_->find_topic(id))
      return id;
  }
}

decision controller_core::on(const form_cluster& what) {
  decision made;
  if (tentative_->cluster_id().empty())
    draft(made, {cluster_record{what.cluster_id.empty() ? random_topic_id().to_string() : what.cluster_id}});
  made.answer = form_cluster_reply{tentative_->cluster_id()};
  return made;
}

decision controller_core::on(const allocate_producer_ids&) {
  decision made;
  auto first = tentative_->next_producer_id();
  if (first.value() > INT64_MAX - producer_ids_block_size) {
    made.answer =
        allocate_producer_ids_reply{{errc::too_large, "all producer ids have been given away"}, {}, 0};
    return made;
  }
  draft(made, {producer_ids_record{first + producer_ids_block_size}});
  made.answer = allocate_producer_ids_reply{{}, first, producer_ids_block_size};
  return made;
}

/// As a quorum of one sees itself: where there are others, whoever drives the quorum answers instead.
decision controller_core::on(const describe_quorum&) {
  decision made;
  auto end = static_cast<std::int64_t>(committed_->version().value()) + 1;
  describe_quorum_reply answer;
  answer.leader = config_.self;
  answer.high_watermark = end;
  answer.members.push_back({config_.self, true, end, -1, -1});
  made.answer = std::move(answer);
  return made;
}

/// The same: a quorum of one, that nobody follows.
decision controller_core::on(const change_quorum& what) {
  auto itself = what.node == config_.self;
  auto name = "node " + std::to_string(what.node.value());
  decision made;
  if (what.adds)
    made.answer = itself ? change_quorum_reply{{errc::already_exists, name + " votes already"}}
                         : change_quorum_reply{{errc::timed_out, name + " does not follow the log"}};
  else
    made.answer = itself ? change_quorum_reply{{errc::invalid_argument, name + " is the only voter"}}
                         : change_quorum_reply{{errc::not_found, name + " does not vote"}};
  return made;
}

} // namespace troupe::metadata
