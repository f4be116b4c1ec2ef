// Metadata: topics, partitions and brokers from the image; topics that are not there are created if the client and the
// node's configuration allow it.
#include "actors/kafka/cluster_facts.hpp"
#include "actors/kafka/handlers.hpp"
#include "actors/kafka/topic_lookup.hpp"
#include "runtime/metadata/topic_name.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/metadata.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace troupe::kafka {

namespace {

using wire::metadata_request;
using wire::metadata_response;

constexpr wire::api_version empty_means_all_until = 0;
constexpr auto creation_timeout = std::chrono::milliseconds{5'000};
/// How long who leads may be about to change.
constexpr auto settling_timeout = std::chrono::milliseconds{500};

class metadata_operation final : public operation {
public:
  metadata_operation(metadata_request request, wire::api_version version) : request_(std::move(request)) {
    if (version <= empty_means_all_until && request_.topics && request_.topics->empty())
      request_.topics.reset();
  }

  // Clients that are told of a leader that is no more, or is none any more, go there, fail, and wait before they ask again.
  void start(const operation_context& context) {
    if ((settles_ = knows_too_little(context) || loses_leaders(context)))
      context.wake_after(settling_timeout);
    else
      begin(context);
  }

  void begin(const operation_context& context) {
    settles_ = false;
    metadata::create_topics missing;
    if (request_.topics && request_.allow_auto_topic_creation && context.environment.options->auto_create_topics)
      for (auto& topic : *request_.topics)
        if (topic.topic_id.is_zero() && topic.name && !context.view.image->find_topic(*topic.name)
            && created_.try_emplace(*topic.name, errc::unknown_topic_or_partition).second)
          missing.topics.push_back({*topic.name, -1, -1, {}, {}});
    if (missing.topics.empty()) {
      complete(context);
      return;
    }
    context.ask_controller(std::move(missing));
    context.wake_after(creation_timeout);
  }

  // A topic that was made is told only once this session can reach its partitions: see on_view.
  void on(const operation_context& context, controller_reply& reply) override {
    if (auto* created = std::get_if<metadata::create_topics_reply>(&reply.what); created && reply.code == errc::none)
      for (auto& topic : created->topics)
        created_[topic.name] = topic.what.code == errc::topic_already_exists ? errc::none : topic.what.code;
    version_ = reply.version;
    replied_ = true;
    if (reply.code != errc::none || context.view.image->version() >= version_)
      complete(context);
  }

  void on_view(const operation_context& context) override {
    if (settles_) {
      if (!knows_too_little(context) && !loses_leaders(context))
        begin(context);
      return;
    }
    if (replied_ && !done_ && context.view.image->version() >= version_)
      complete(context);
  }

  void on(const operation_context& context, request_deadline&) override {
    if (settles_)
      begin(context);
    else if (!done_)
      complete(context);
  }

  bool done() const override { return done_; }

  void write(const wire::request_header& request, std::vector<char>& out) override {
    wire::append_response(request.correlation_id, request.version, response_, out);
  }

private:
  /// This node was paused or cut off, perhaps, and has not heard yet that others lead what it led.
  static bool knows_too_little(const operation_context& context) {
    auto& environment = context.environment;
    auto* self = context.view.image->find_broker(environment.options->self);
    return environment.lease && self && !self->fenced && !environment.lease->holds(environment.clock->monotonic_ns());
  }

  /// A node that leads some of it was lost a moment ago.
  bool loses_leaders(const operation_context& context) const {
    auto& environment = context.environment;
    auto lost = environment.lost ? environment.lost->lately(environment.clock->monotonic_ns())
                                 : std::map<node_id, std::int64_t>{};
    if (lost.empty())
      return false;
    auto has_lost_leader = [&](const metadata::topic& topic) {
      return std::any_of(topic.partitions.begin(), topic.partitions.end(),
                         [&](auto& partition) { return lost.contains(partition.leader); });
    };
    bool any = false;
    if (!request_.topics)
      context.view.image->for_each_topic([&](const metadata::topic& topic) { any = any || has_lost_leader(topic); });
    else
      for (auto& wanted : *request_.topics) {
        auto found = wanted.topic_id.is_zero() ? find_topic(context.view, wanted.name.value_or(""))
                                               : find_topic(context.view, wanted.topic_id);
        any = any || (found.topic && has_lost_leader(*found.topic));
      }
    return any;
  }

  void complete(const operation_context& context) {
    done_ = true;
    auto& image = *context.view.image;
    response_.cluster_id = image.cluster_id();
    live_.emplace(context);
    response_.controller_id = live_->controller(context.environment.options->self);
    for_each_live_broker(context, [this](const metadata::broker& b, const metadata::endpoint& e) {
      response_.brokers.push_back({b.node.value(), e.host, e.port, b.rack});
    });
    if (request_.include_cluster_authorized_operations)
      response_.cluster_authorized_operations = all_cluster_operations;
    if (!request_.topics) {
      image.for_each_topic([this](const metadata::topic& topic) { add(topic); });
      return;
    }
    // Once each, however often the client names it: an answer is much longer than a name.
    std::set<std::pair<topic_id, std::string_view>> told;
    for (auto& wanted : *request_.topics)
      if (told.emplace(wanted.topic_id, wanted.name ? std::string_view{*wanted.name} : std::string_view{}).second)
        add(context, wanted);
  }

  void add(const operation_context& context, const metadata_request::metadata_request_topic& wanted) {
    auto by_id = !wanted.topic_id.is_zero();
    auto found = by_id ? find_topic(context.view, wanted.topic_id) : find_topic(context.view, wanted.name.value_or(""));
    if (found.topic) {
      add(*found.topic);
      return;
    }
    auto& answer = response_.topics.emplace_back();
    answer.name = wanted.name;
    answer.topic_id = wanted.topic_id;
    auto code = found.code;
    if (!by_id && metadata::check_topic_name(wanted.name.value_or("")).code != errc::none)
      code = errc::invalid_topic;
    if (auto created = created_.find(wanted.name.value_or("")); !by_id && created != created_.end())
      code = created->second;
    // Made, but not visible here in time: it will be when the client asks again.
    answer.error_code = wire::number(code == errc::none ? wire::error_code::leader_not_available
                                                        : wire::to_error_code(code));
  }

  void add(const metadata::topic& topic) {
    auto& answer = response_.topics.emplace_back();
    answer.name = topic.name;
    answer.topic_id = topic.id;
    if (request_.include_topic_authorized_operations)
      answer.topic_authorized_operations = all_topic_operations;
    answer.partitions.reserve(topic.partitions.size());
    for (auto& partition : topic.partitions) {
      auto& mine = answer.partitions.emplace_back();
      tell_partition(*live_, partition, static_cast<std::int32_t>(answer.partitions.size() - 1), mine);
    }
  }

  metadata_request request_;
  metadata_response response_;
  std::optional<live_brokers> live_; ///< once it is answered
  std::map<std::string, errc, std::less<>> created_; ///< what became of the topics that were not there
  metadata::metadata_version version_;
  bool settles_ = false; ///< it has not begun
  bool replied_ = false;
  bool done_ = false;
};

} // namespace

result<operation_ptr> handle_metadata(const operation_context& context, const wire::request_header& header,
                                      const bytes& body) {
  auto request = wire::decode<metadata_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  auto work = std::make_unique<metadata_operation>(std::move(*request), header.version);
  work->start(context);
  return work;
}

} // namespace troupe::kafka
