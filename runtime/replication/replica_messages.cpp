#include "runtime/replication/replica_messages.hpp"

#include "runtime/base/cursor.hpp"

#include <algorithm>
#include <array>

namespace troupe::replication {

namespace {

constexpr std::uint8_t messages_version = 1;
constexpr std::uint8_t fetch_kind = 1;
constexpr std::uint8_t records_kind = 2;
constexpr std::uint8_t repair_fetch_kind = 3;
constexpr std::uint8_t repair_records_kind = 4;
constexpr std::size_t message_max_bytes = 128;

constexpr std::array<std::string_view, static_cast<std::size_t>(replica_code::last_code) + 1> code_names{
    "none",          "diverged",   "offset_out_of_range", "fenced_leader_epoch", "unknown_leader_epoch", "stale_broker_epoch",
    "not_leader",    "unknown_partition", "failed",       "malformed",           "ask_again"};
static_assert(!code_names.back().empty(), "every code needs its name");

class message_writer {
public:
  message_writer(std::uint8_t kind, const topic_partition& partition, leader_epoch epoch, std::uint64_t round) {
    out_.reserve(message_max_bytes);
    cursor_.number(messages_version);
    cursor_.number(kind);
    cursor_.put({reinterpret_cast<const char*>(partition.topic.bytes.data()), partition.topic.bytes.size()});
    put(partition.partition, epoch);
    cursor_.number(round);
  }

  template <class... Ts>
  void put(Ts... values) {
    (cursor_.number(values.value()), ...);
  }
  template <class T>
  void number(T value) {
    cursor_.number(value);
  }
  bytes finish() const { return bytes::copy_of({out_.data(), out_.size()}); }

private:
  std::vector<char> out_;
  write_cursor cursor_{out_};
};

template <class T>
T take(read_cursor& in) {
  return T{in.number<typename T::rep>()};
}

struct common_part {
  topic_partition partition;
  leader_epoch epoch;
  std::uint64_t round = 0;
};

common_part read_common(read_cursor& in) {
  common_part common;
  auto id = in.take(common.partition.topic.bytes.size());
  if (in.ok())
    std::copy(id.begin(), id.end(), common.partition.topic.bytes.begin());
  common.partition.partition = take<partition_id>(in);
  common.epoch = take<leader_epoch>(in);
  common.round = in.number<std::uint64_t>();
  return common;
}

tl::unexpected<error> malformed(std::string what) { return fail(errc::malformed, "replication: " + what); }

result<replica_message> finish(const read_cursor& in, const common_part& common, replica_message message) {
  if (!in.ok())
    return fail(errc::end_of_input, "a message of replication");
  if (in.remaining() != 0)
    return malformed("bytes behind the end");
  if (common.partition.partition < partition_id{0} || common.epoch < leader_epoch{0})
    return malformed("a negative partition or leader epoch");
  return message;
}

result<replica_message> read_fetch(read_cursor& in, const common_part& common, std::size_t body_size) {
  replica_fetch m{common.partition, common.epoch, common.round, {}, {}, {}, {}, {}, {}, {}};
  m.follower = take<node_id>(in);
  m.broker_epoch = take<broker_epoch>(in);
  m.from = take<offset>(in);
  m.last_epoch = take<leader_epoch>(in);
  m.durable_end = take<offset>(in);
  m.high_watermark = take<offset>(in);
  m.log_start = take<offset>(in);
  if (in.ok() && (m.round == 0 || body_size != 0))
    return malformed("a fetch without a round, or with a body");
  if (m.durable_end < offset{0} || m.durable_end > m.from || m.log_start < offset{0} || m.log_start > m.from
      || m.high_watermark < offset{0} || m.last_epoch < no_leader_epoch)
    return malformed("a fetch whose offsets contradict each other");
  return finish(in, common, m);
}

/// What must hold of all that carries batches.
result<replica_code> check_records(std::uint8_t code, std::uint32_t batches, std::uint32_t size, std::size_t body_size,
                                   bool complete) {
  if (code > static_cast<std::uint8_t>(replica_code::last_code))
    return malformed("an unknown code");
  if (complete && size != body_size)
    return malformed("a body that is not as long as announced");
  if (batches > size / limits::batch_header_size_bytes || (batches == 0 && size > 0))
    return malformed("more or fewer batches than fit into the body");
  auto checked = static_cast<replica_code>(code);
  if (batches > 0 && checked != replica_code::none)
    return malformed("batches with a refusal");
  return checked;
}

result<replica_message> read_repair_fetch(read_cursor& in, const common_part& common, std::size_t body_size) {
  repair_fetch m{common.partition, common.epoch, common.round, {}, {}, 0};
  m.from = take<offset>(in);
  m.end = take<offset>(in);
  m.max_bytes = in.number<std::uint32_t>();
  if (in.ok() && (m.round == 0 || body_size != 0))
    return malformed("a fetch without a round, or with a body");
  if (in.ok() && (m.from < offset{0} || m.end <= m.from))
    return malformed("a fetch whose offsets contradict each other");
  return finish(in, common, m);
}

result<replica_message> read_repair_records(read_cursor& in, const common_part& common, std::size_t body_size) {
  repair_records m{common.partition, common.epoch, common.round, {}, 0, 0};
  auto code = in.number<std::uint8_t>();
  m.batches = in.number<std::uint32_t>();
  m.size_bytes = in.number<std::uint32_t>();
  auto checked = check_records(code, m.batches, m.size_bytes, body_size, in.ok());
  if (!checked)
    return fail(std::move(checked));
  m.code = *checked;
  return finish(in, common, m);
}

result<replica_message> read_records(read_cursor& in, const common_part& common, std::size_t body_size) {
  replica_records m{common.partition, common.epoch, common.round, {}, {}, {}, {}, 0, 0};
  auto code = in.number<std::uint8_t>();
  m.high_watermark = take<offset>(in);
  m.log_start = take<offset>(in);
  m.diverging.epoch = take<leader_epoch>(in);
  m.diverging.end = take<offset>(in);
  m.batches = in.number<std::uint32_t>();
  m.size_bytes = in.number<std::uint32_t>();
  auto checked = check_records(code, m.batches, m.size_bytes, body_size, in.ok());
  if (!checked)
    return fail(std::move(checked));
  m.code = *checked;
  if (m.high_watermark < no_offset || m.log_start < no_offset || m.diverging.end < no_offset
      || m.diverging.epoch < no_leader_epoch)
    return malformed("a negative offset or epoch");
  return finish(in, common, m);
}

} // namespace

std::string_view name(replica_code code) noexcept { return code_names[static_cast<std::size_t>(code)]; }

bytes encode(const replica_fetch& m) {
  message_writer out{fetch_kind, m.partition, m.epoch, m.round};
  out.put(m.follower, m.broker_epoch, m.from, m.last_epoch, m.durable_end, m.high_watermark, m.log_start);
  return out.finish();
}

bytes encode(const replica_records& m) {
  message_writer out{records_kind, m.partition, m.epoch, m.round};
  out.number(static_cast<std::uint8_t>(m.code));
  out.put(m.high_watermark, m.log_start, m.diverging.epoch, m.diverging.end);
  out.number(m.batches);
  out.number(m.size_bytes);
  return out.finish();
}

bytes encode(const repair_fetch& m) {
  message_writer out{repair_fetch_kind, m.partition, m.epoch, m.round};
  out.put(m.from, m.end);
  out.number(m.max_bytes);
  return out.finish();
}

bytes encode(const repair_records& m) {
  message_writer out{repair_records_kind, m.partition, m.epoch, m.round};
  out.number(static_cast<std::uint8_t>(m.code));
  out.number(m.batches);
  out.number(m.size_bytes);
  return out.finish();
}

result<replica_message> decode(std::string_view head, std::size_t body_size) {
  read_cursor in{head};
  auto version = in.number<std::uint8_t>();
  auto kind = in.number<std::uint8_t>();
  if (!in.ok())
    return fail(errc::end_of_input, "a message of replication");
  if (version != messages_version)
    return fail(errc::unsupported_version, "replication: version " + std::to_string(version));
  auto common = read_common(in);
  if (kind == fetch_kind)
    return read_fetch(in, common, body_size);
  if (kind == records_kind)
    return read_records(in, common, body_size);
  if (kind == repair_fetch_kind)
    return read_repair_fetch(in, common, body_size);
  if (kind == repair_records_kind)
    return read_repair_records(in, common, body_size);
  return malformed("a message of an unknown kind");
}

} // namespace troupe::replication
