// Appending: validate, tell duplicates, give offsets, hand to the journal, and park the answer.
#include "actors/partition/partition.hpp"

#include "runtime/base/check.hpp"
#include "runtime/record/recompress.hpp"

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

replication::required_acks acks_of(const append_request& request) {
  return static_cast<replication::required_acks>(request.acks);
}

replication::producer_batch batch_of(const storage::batch_facts& facts) {
  return {facts.producer, facts.producer_epoch, facts.control ? -1 : facts.base_sequence};
}

std::string_view reason(errc code) {
  return code == errc::invalid_record ? "the record has no key, which a compacted topic needs" : sentence(code);
}

/// What the topic wants all batches to be compressed with; nothing: what their producers chose.
std::optional<record::compression> compression_of(const metadata::topic_options& topic) {
  switch (topic.compression) {
  case metadata::compression_option::producer:
    break;
  case metadata::compression_option::uncompressed:
    return record::compression::none;
  case metadata::compression_option::gzip:
    return record::compression::gzip;
  case metadata::compression_option::snappy:
    return record::compression::snappy;
  case metadata::compression_option::lz4:
    return record::compression::lz4;
  case metadata::compression_option::zstd:
    return record::compression::zstd;
  }
  return std::nullopt;
}

std::optional<int> level_of(const metadata::topic_options& topic, record::compression codec) {
  switch (codec) {
  case record::compression::gzip:
    return topic.gzip_level;
  case record::compression::lz4:
    return topic.lz4_level;
  case record::compression::zstd:
    return topic.zstd_level;
  default:
    return std::nullopt;
  }
}

record::validation_rules rules_of(const metadata::topic_options& topic, const append_request& request,
                                  timestamp_ms now) {
  record::validation_rules rules;
  rules.max_message_bytes = static_cast<std::size_t>(topic.max_message_bytes);
  rules.timestamps = topic.message_timestamp_type == metadata::timestamp_type::log_append_time
                         ? record::timestamp_type::log_append_time
                         : record::timestamp_type::create_time;
  rules.now = now;
  rules.timestamp_before_max_ms = topic.message_timestamp_before_max_ms;
  rules.timestamp_after_max_ms = topic.message_timestamp_after_max_ms;
  rules.compacted = topic.cleanup_compact;
  rules.zstd_allowed = request.zstd_allowed;
  return rules;
}

} // namespace

void partition_state::append(append_request& request) {
  append_reply reply;
  reply.tag = request.tag;
  reply.log_start = log_->log_start();
  touch();
  reply.code = validate(request, reply);
  if (reply.code == errc::none) {
    append_valid(request, std::move(reply));
    return;
  }
  if (reply.code == errc::not_enough_replicas)
    note_refused(request, reply.code);
  refuse(request, std::move(reply));
}

void partition_state::refuse(append_request& request, append_reply reply) {
  counters_->refused_batches.add_alone();
  self_->send(request.reply_to, std::move(reply));
}

/// It has not been looked into; what is no batch, or was appended before, leaves no gap.
void partition_state::note_refused(const append_request& request, errc why) {
  auto view = record::batch_view::parse(request.batch.view());
  if (!view || view->producer_id() == no_producer_id || !view->crc_ok())
    return;
  auto facts = storage::facts_of(*view);
  if (auto known = log_->check_producer(facts); known && !*known)
    refused_.refused(batch_of(facts), why, now_ms());
}

errc partition_state::validate(append_request& request, append_reply& reply) {
  if (!leader_)
    return errc::not_leader;
  if (auto code = leader_->admit(acks_of(request)); code != errc::none)
    return code;
  auto rules = rules_of(options_, request, environment_.clock->wall());
  record::decompression_budget budget;
  std::vector<record::record_error> refused;
  auto valid = record::validate_batch(request.batch.view(), rules, budget, &refused);
  if (!valid) {
    reply.message = valid.error().message();
    for (auto& record : refused)
      reply.refused.push_back({record.index, std::string{reason(record.code)}});
    return valid.error().code;
  }
  record::settle_timestamps(request.batch, *valid, rules.timestamps);
  if (auto wanted = compression_of(options_); wanted && *wanted != valid->compression)
    if (auto code = recompress(request.batch, *wanted, reply); code != errc::none)
      return code;
  if (request.batch.size() > log_->options().segment_bytes)
    return errc::batch_beyond_segment;
  if (rules.timestamps == record::timestamp_type::log_append_time)
    reply.log_append_time = valid->max_timestamp;
  return errc::none;
}

// What counts for max.message.bytes is what the producer sent, and again what is kept.
errc partition_state::recompress(bytes& batch, record::compression to, append_reply& reply) {
  auto view = record::batch_view::parse(batch.view());
  CHECK(view.has_value(), "a batch that was validated can be read");
  record::decompression_budget budget;
  auto packed = record::recompress(*view, to, level_of(options_, to), budget);
  if (!packed) {
    reply.message = packed.error().message();
    return packed.error().code;
  }
  if (packed->size() > static_cast<std::size_t>(options_.max_message_bytes)) {
    reply.message = std::to_string(packed->size()) + " bytes with the topic's compression.type where "
                    + std::to_string(options_.max_message_bytes) + " are allowed";
    return errc::too_large;
  }
  batch = std::move(*packed);
  return errc::none;
}

/// Whether earlier ones of its producer are missing here; of a producer that is not known there may be none.
bool partition_state::skips_some(const storage::batch_facts& batch) const {
  if (batch.producer == no_producer_id || batch.control || batch.base_sequence <= 0)
    return false;
  auto& all = log_->producers().producers();
  auto known = all.find(batch.producer);
  if (known == all.end() || batch.producer_epoch > known->second.epoch)
    return true;
  if (batch.producer_epoch < known->second.epoch || known->second.batches.empty())
    return false;
  return replication::comes_before(known->second.batches.back().last_sequence, batch.base_sequence - 1);
}

/// What stands before the batch may yet come: it was refused here, or is on its way back from the leader of before, who
/// stood still, or whose connection did.
errc partition_state::reason_to_wait(const storage::batch_facts& batch, const producer_verdict& verdict) const {
  auto is_new = verdict ? !*verdict : verdict.error().code == errc::out_of_order_sequence;
  auto follows_another = is_replicated() && now_ms() < young_until_ms_;
  if (!is_new || (refused_.empty() && !follows_another) || !skips_some(batch))
    return errc::none;
  auto why = refused_.reason_for(batch_of(batch), now_ms());
  return why == errc::none && follows_another ? errc::not_enough_replicas : why;
}

/// Another node may know more of the producer.
bool partition_state::may_be_deposed() const {
  return is_replicated() && environment_.lease && !environment_.lease->holds(environment_.clock->monotonic_ns());
}

void partition_state::append_valid(append_request& request, append_reply reply) {
  record::assign_offsets(request.batch, log_->log_end(), leader_->epoch());
  auto view = record::batch_view::parse(request.batch.view());
  CHECK(view.has_value(), "a batch that was validated can be read");
  auto facts = storage::facts_of(*view);
  auto original = log_->check_producer(facts);
  if (auto why = reason_to_wait(facts, original); why != errc::none) {
    reply.code = why;
    reply.message = "a batch that the producer sent before this one is missing";
    refuse(request, std::move(reply));
    return;
  }
  if (!original) {
    reply.code = may_be_deposed() ? errc::not_leader : original.error().code;
    reply.message = original.error().message();
    refuse(request, std::move(reply));
    return;
  }
  if (*original) {
    acknowledge_duplicate(request, std::move(reply), **original);
    return;
  }
  // Only now: what is there already must be acknowledged, or its producer may forget what to send again.
  if (!has_room_) {
    reply.code = errc::no_space;
    refused_.refused(batch_of(facts), reply.code, now_ms());
    refuse(request, std::move(reply));
    return;
  }
  if (!refused_.empty())
    refused_.taken(batch_of(facts));
  reply.base_offset = facts.base;
  auto acks = acks_of(request);
  replication::token waits = 0;
  if (acks == replication::required_acks::none)
    self_->send(request.reply_to, std::move(reply));
  else
    waits = park(request, std::move(reply));
  leader_->appended(facts.end(), acks, waits);
  auto now = environment_.clock->wall();
  counters_->appended_batches.add_alone();
  counters_->appended_records.add_alone(static_cast<std::uint64_t>(facts.end() - facts.base));
  counters_->appended_bytes.add_alone(request.batch.size());
  counters_->appended_at_ms.set(now.value());
  log_->append(std::move(request.batch), facts, now);
  write_out();
  if (log_->goes_straight())
    flush_if_due(false);
}

// Sent again because the answer was lost: the records are there, once, and perhaps not durable yet.
void partition_state::acknowledge_duplicate(append_request& request, append_reply reply,
                                            const storage::remembered_batch& original) {
  reply.base_offset = original.base;
  if (reply.log_append_time != no_timestamp)
    reply.log_append_time = original.timestamp;
  auto acks = acks_of(request);
  if (acks == replication::required_acks::none)
    self_->send(request.reply_to, std::move(reply));
  else
    carry_out(leader_->repeated(original.last + 1, acks, park(request, std::move(reply))));
}

replication::token partition_state::park(append_request& request, append_reply reply) {
  if (free_parked_.empty()) {
    free_parked_.push_back(parked_.size());
    parked_.emplace_back();
  }
  auto place = free_parked_.back();
  free_parked_.pop_back();
  parked_[place] = {std::move(request.reply_to), std::move(reply)};
  return place;
}

} // namespace troupe
