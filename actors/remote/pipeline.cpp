#include "actors/remote/pipeline.hpp"

#include "runtime/wire/api_versions.hpp"
#include "runtime/wire/error_code.hpp"

#include <algorithm>

namespace troupe::remote {

namespace {

/// Known to every node, and says all that is needed here.
constexpr wire::api_version versions_version = 0;

} // namespace

pipeline::pipeline(pipeline_options options, std::int64_t now_ns)
    : options_(std::move(options)), began_ns_(now_ns), last_moved_ns_(now_ns) {}

void pipeline::submit(call_ptr call) {
  auto size = call->what().size_bytes();
  if (held_bytes_ > 0 && held_bytes_ + size > options_.buffer_memory_bytes) {
    call->refuse(errc::busy);
    return;
  }
  held_bytes_ += size;
  waiting_.push_back(std::move(call));
}

void pipeline::drain(std::vector<char>& out, std::size_t max_bytes, std::int64_t now_ns) {
  if (std::exchange(asks_, false)) {
    wire::append_request(
        {wire::api_key::api_versions, versions_version, next_correlation_id_, options_.client_id},
        wire::api_versions_request{}, out);
    expected_.push_back({nullptr, versions_version, next_correlation_id_++, 0, now_ns});
  }
  while (ready_ && !waiting_.empty() && out.size() < max_bytes) {
    auto call = std::move(waiting_.front());
    waiting_.pop_front();
    write(std::move(call), out, now_ns);
  }
}

void pipeline::write(call_ptr call, std::vector<char>& out, std::int64_t now_ns) {
  auto key = call->what().key();
  auto size = call->what().size_bytes();
  auto version = versions_.find(key);
  if (version == versions_.end()) {
    held_bytes_ -= size;
    call->refuse(errc::unsupported_version);
    return;
  }
  auto is_answered = call->what().is_answered();
  call->write({key, version->second, next_correlation_id_, options_.client_id}, out);
  if (is_answered)
    expected_.push_back({std::move(call), version->second, next_correlation_id_, size, now_ns});
  else
    held_bytes_ -= size;
  ++next_correlation_id_;
  last_moved_ns_ = now_ns;
}

result<void> pipeline::receive(std::string_view data, std::int64_t now_ns) {
  last_moved_ns_ = now_ns;
  while (!data.empty()) {
    auto frame = frames_.next(data);
    if (!frame)
      return fail(std::move(frame));
    if (*frame)
      if (auto taken = take(**frame); !taken)
        return taken;
  }
  return {};
}

result<void> pipeline::take(const bytes& frame) {
  if (expected_.empty())
    return fail(errc::malformed, "the node answered something that was not asked");
  auto expected = std::move(expected_.front());
  expected_.pop_front();
  held_bytes_ -= expected.size_bytes;
  auto key = expected.call ? expected.call->what().key() : wire::api_key::api_versions;
  auto opened = wire::open_response(frame, key, expected.version);
  if (!opened)
    return fail(std::move(opened));
  if (opened->correlation_id != expected.correlation_id)
    return fail(errc::malformed, "the node's answers are not in the order of the requests");
  return expected.call ? expected.call->answer(opened->body, expected.version) : learn_versions(opened->body);
}

result<void> pipeline::learn_versions(const bytes& body) {
  auto answer = wire::decode<wire::api_versions_response>(body, versions_version);
  if (!answer)
    return fail(std::move(answer));
  if (answer->error_code != 0)
    return fail(errc::unsupported_version, "the node does not say which versions it has: "
                                               + wire::name(wire::error_code{answer->error_code}));
  for (auto& range : answer->api_keys) {
    auto* known = wire::find_api(range.api_key);
    auto highest = known ? std::min(known->max, range.max_version) : wire::api_version{-1};
    if (known && highest >= known->min && highest >= range.min_version)
      versions_[known->key] = highest;
  }
  ready_ = true;
  return {};
}

result<void> pipeline::tick(std::int64_t now_ns) {
  if (!ready_ && now_ns - began_ns_ > options_.connect_timeout_ms * ns_per_ms)
    return fail(errc::timed_out, "the node does not answer in time");
  if (!expected_.empty()) {
    if (late_ms(now_ns) > options_.request_timeout_ms)
      return fail(errc::timed_out, "the node does not answer in time");
    return {};
  }
  if (!ready_)
    return {};
  auto quiet_ns = now_ns - last_moved_ns_;
  if (asks_ || !waiting_.empty()) { // the socket takes nothing
    if (quiet_ns > options_.request_timeout_ms * ns_per_ms)
      return fail(errc::timed_out, "the node does not read what it is sent");
  } else if (quiet_ns > options_.keep_alive_ms * ns_per_ms) {
    last_moved_ns_ = now_ns;
    asks_ = true;
  }
  return {};
}

std::int64_t pipeline::late_ms(std::int64_t now_ns) const {
  if (expected_.empty())
    return 0;
  auto& oldest = expected_.front();
  auto patience_ms = oldest.call ? oldest.call->what().patience_ms() : 0;
  return std::max<std::int64_t>(0, (now_ns - oldest.written_ns) / ns_per_ms - patience_ms);
}

} // namespace troupe::remote
