// ListOffsets and OffsetForLeaderEpoch: a question to each partition, one answer from each.
#include "actors/kafka/handlers.hpp"
#include "actors/kafka/partition_questions.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/list_offsets.hpp"
#include "runtime/wire/offset_for_leader_epoch.hpp"

namespace troupe::kafka {

namespace {

struct list_offsets_api : questions_by_name {
  using request = wire::list_offsets_request;
  using response = wire::list_offsets_response;
  using reply = list_offset_reply;

  static response::list_offsets_partition_response unanswered(const request::list_offsets_partition& wanted) {
    return {wanted.partition_index, 0, -1, -1, -1};
  }
  // Each of these meanings came with a version of its own (KIP-734, KIP-405, KIP-1005, KIP-1023).
  static errc check(const request::list_offsets_partition& wanted, wire::api_version version) {
    using namespace list_offset;
    auto since = wanted.timestamp == max_timestamp             ? 7
                 : wanted.timestamp == earliest_local          ? 8
                 : wanted.timestamp == latest_tiered           ? 9
                 : wanted.timestamp == earliest_pending_upload ? 11
                                                               : 0;
    return version < since || wanted.timestamp < earliest_pending_upload ? errc::unsupported_version : errc::none;
  }
  static void ask(const partition_actor& partition, const request::list_offsets_partition& wanted, request_tag tag,
                  const session_client& self) {
    caf::anon_send(partition,
                   list_offset_request{tag, wanted.timestamp, leader_epoch{wanted.current_leader_epoch}, self});
  }
  static void fill(response::list_offsets_partition_response& answer, const reply& found) {
    answer.offset = found.found.value();
    answer.timestamp = found.timestamp.value();
    answer.leader_epoch = found.epoch.value();
  }
};

struct epoch_end_api : questions_by_name {
  using request = wire::offset_for_leader_epoch_request;
  using response = wire::offset_for_leader_epoch_response;
  using reply = epoch_end_reply;

  static auto& topic_name(auto& topic) { return topic.topic; }
  static std::int32_t partition(const auto& of) { return of.partition; }
  static response::epoch_end_offset unanswered(const request::offset_for_leader_partition& wanted) {
    return {0, wanted.partition, -1, -1};
  }
  static void ask(const partition_actor& partition, const request::offset_for_leader_partition& wanted, request_tag tag,
                  const session_client& self) {
    caf::anon_send(partition, epoch_end_request{tag, leader_epoch{wanted.current_leader_epoch},
                                                leader_epoch{wanted.leader_epoch}, self});
  }
  static void fill(response::epoch_end_offset& answer, const reply& found) {
    answer.leader_epoch = found.epoch.value();
    answer.end_offset = found.end_offset.value();
  }
};

} // namespace

result<operation_ptr> handle_list_offsets(const operation_context& context, const wire::request_header& header,
                                          const bytes& body) {
  return ask_partitions<list_offsets_api>(context, header, body);
}

result<operation_ptr> handle_offset_for_leader_epoch(const operation_context& context,
                                                     const wire::request_header& header, const bytes& body) {
  return ask_partitions<epoch_end_api>(context, header, body);
}

} // namespace troupe::kafka
