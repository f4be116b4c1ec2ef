#include "runtime/raft/codec.hpp"

#include "runtime/base/check.hpp"
#include "runtime/raft/membership.hpp"

namespace troupe::raft {

namespace {

constexpr std::uint8_t codec_version = 1;
constexpr std::uint8_t flag_rejected = 1;
constexpr std::uint8_t flag_transfer = 2;
constexpr std::uint8_t flag_blank = 4;
/// Terms and indices beyond are nobody's: nothing that is added to them can overflow.
constexpr std::uint64_t counter_max = std::uint64_t{1} << 62;

class message_writer {
public:
  bytes write(const message& m) {
    out_.number(codec_version);
    out_.number(static_cast<std::uint8_t>(m.type));
    out_.number(static_cast<std::uint8_t>((m.rejected ? flag_rejected : 0) | (m.transfer ? flag_transfer : 0)
                                          | (m.blank ? flag_blank : 0)));
    out_.number(m.from.value());
    out_.number(m.to.value());
    out_.number(m.term.value());
    out_.number(m.from_disk.value());
    body(m);
    return bytes::copy_of({raw_.data(), raw_.size()});
  }

private:
  void body(const message& m) {
    switch (m.type) {
    case message_type::pre_vote_request:
    case message_type::vote_request:
      out_.number(m.to_disk.value());
      return place(m.log);
    case message_type::append_request:
      return append(m);
    case message_type::append_reply:
      place(m.log);
      return out_.number(m.rejected_index.value());
    case message_type::heartbeat_request:
      return out_.number(m.commit.value());
    case message_type::snapshot_request:
      CHECK(m.piece.has_value());
      return piece(*m.piece);
    case message_type::snapshot_reply:
      place(m.log);
      return out_.number(m.offset);
    case message_type::observe_request:
      place(m.log);
      return out_.put(encode(m.members).view());
    case message_type::observe_reply:
      out_.number(m.leader.value());
      return out_.put(encode(m.members).view());
    case message_type::pre_vote_reply:
    case message_type::vote_reply:
    case message_type::heartbeat_reply:
    case message_type::timeout_now:
      return;
    }
  }

  void place(const position& at) {
    out_.number(at.term.value());
    out_.number(at.index.value());
  }

  void data(const bytes& payload) {
    out_.number(static_cast<std::uint32_t>(payload.size()));
    out_.put(payload.view());
  }

  void append(const message& m) {
    place(m.log);
    out_.number(m.commit.value());
    out_.number(static_cast<std::uint32_t>(m.entries.size()));
    for (auto& e : m.entries) {
      out_.number(static_cast<std::uint8_t>(e.kind));
      out_.number(e.at.term.value());
      data(e.payload);
    }
  }

  void piece(const snapshot_piece& p) {
    place(p.at);
    out_.put(encode(p.members).view());
    out_.number(p.size);
    out_.number(p.offset);
    data(p.data);
  }

  std::vector<char> raw_;
  write_cursor out_{raw_};
};

class message_reader {
public:
  explicit message_reader(const bytes& frame) : frame_(frame), in_(frame.view()) {}

  result<message> read() {
    if (auto version = in_.number<std::uint8_t>(); in_.ok() && version != codec_version)
      return fail(errc::unsupported_version, "a message of version " + std::to_string(version));
    auto type = in_.number<std::uint8_t>();
    if (type > static_cast<std::uint8_t>(message_type::last_type))
      return fail(errc::unsupported_version, "a message of type " + std::to_string(type));
    message m;
    m.type = static_cast<message_type>(type);
    auto flags = in_.number<std::uint8_t>();
    m.rejected = (flags & flag_rejected) != 0;
    m.transfer = (flags & flag_transfer) != 0;
    m.blank = (flags & flag_blank) != 0;
    if (flags > (flag_rejected | flag_transfer | flag_blank))
      in_.fail();
    m.from = node_id{in_.number<std::int32_t>()};
    m.to = node_id{in_.number<std::int32_t>()};
    m.term = counter<raft::term>();
    m.from_disk = disk_id{in_.number<std::uint64_t>()};
    body(m);
    if (!in_.ok() || in_.remaining() > 0 || m.from < node_id{0} || m.to < node_id{0})
      return fail(errc::malformed, "a message of type " + std::to_string(type));
    return m;
  }

private:
  void body(message& m) {
    switch (m.type) {
    case message_type::pre_vote_request:
    case message_type::vote_request:
      m.to_disk = disk_id{in_.number<std::uint64_t>()};
      m.log = place();
      return;
    case message_type::append_request:
      return append(m);
    case message_type::append_reply:
      m.log = place();
      m.rejected_index = counter<log_index>();
      return;
    case message_type::heartbeat_request:
      m.commit = counter<log_index>();
      return;
    case message_type::snapshot_request:
      return piece(m);
    case message_type::snapshot_reply:
      m.log = place();
      m.offset = in_.number<std::uint64_t>();
      return;
    case message_type::observe_request:
      m.log = place();
      m.members = members();
      return;
    case message_type::observe_reply:
      m.leader = node_id{in_.number<std::int32_t>()};
      if (m.leader < no_node)
        in_.fail();
      m.members = members();
      return;
    case message_type::pre_vote_reply:
    case message_type::vote_reply:
    case message_type::heartbeat_reply:
    case message_type::timeout_now:
      return;
    }
  }

  template <class Counter>
  Counter counter() {
    auto value = in_.number<std::uint64_t>();
    if (value > counter_max)
      in_.fail();
    return Counter{value};
  }

  position place() {
    auto of = counter<term>();
    return {of, counter<log_index>()};
  }

  membership members() {
    auto read = decode_membership(in_);
    if (!read)
      in_.fail();
    return read ? std::move(*read) : membership{};
  }

  bytes data() {
    auto size = in_.number<std::uint32_t>();
    auto from = in_.position();
    in_.take(size);
    return in_.ok() ? frame_.slice(from, size) : bytes{};
  }

  /// The count allocates nothing: as many entries are made as there are bytes for.
  void append(message& m) {
    m.log = place();
    m.commit = counter<log_index>();
    auto before = m.log;
    for (auto left = in_.number<std::uint32_t>(); left > 0 && in_.ok(); --left) {
      auto kind = in_.number<std::uint8_t>();
      entry e;
      e.at = {counter<term>(), before.index + 1};
      e.payload = data();
      e.kind = static_cast<entry_kind>(kind);
      auto known = e.kind == entry_kind::data
                   || (e.kind == entry_kind::members && decode_membership(e.payload.view()).has_value());
      if (!known || e.at.term < before.term || e.at.term > m.term)
        return in_.fail();
      before = e.at;
      m.entries.push_back(std::move(e));
    }
    if (m.log.term > m.term)
      in_.fail();
  }

  void piece(message& m) {
    snapshot_piece p;
    p.at = place();
    p.members = members();
    p.size = in_.number<std::uint64_t>();
    p.offset = in_.number<std::uint64_t>();
    p.data = data();
    if (p.size > snapshot_max_bytes || p.offset > p.size || p.data.size() > p.size - p.offset || p.at.term > m.term)
      in_.fail();
    m.piece = std::move(p);
  }

  const bytes& frame_;
  read_cursor in_;
};

} // namespace

bytes encode(const message& m) { return message_writer{}.write(m); }

result<message> decode(const bytes& frame) { return message_reader{frame}.read(); }

} // namespace troupe::raft
