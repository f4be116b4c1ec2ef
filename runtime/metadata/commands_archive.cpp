#include "runtime/metadata/commands_archive.hpp"

#include "runtime/metadata/commands_archive_fields.hpp"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>

#include <cstring>
#include <utility>

namespace troupe::metadata {

namespace {

constexpr std::uint8_t message_format = 1;
enum class message_kind : std::uint8_t { command = 1, reply = 2 };

class header_writer {
public:
  explicit header_writer(std::string& to) : to_(to) {}

  template <class T>
  header_writer& put(T value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    to_.append(raw, sizeof value);
    return *this;
  }

private:
  std::string& to_;
};

class header_reader {
public:
  explicit header_reader(std::string_view data) : rest_(data) {}

  template <class T>
  T get() {
    if (rest_.size() < sizeof(T))
      throw refused_archive{errc::malformed};
    T value;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::string_view rest() const { return rest_; }

private:
  std::string_view rest_;
};

template <class Variant>
void save_alternative(archive_sink& sink, const Variant& what) {
  boost::archive::binary_oarchive archive{sink, boost::archive::no_codecvt};
  const auto tag = static_cast<std::uint8_t>(what.index());
  archive << tag;
  std::visit([&archive](const auto& concrete) { archive << concrete; }, what);
}

template <class Variant>
Variant load_alternative(std::string_view data) {
  if (!data.starts_with(archive_signature))
    throw refused_archive{errc::malformed};
  archive_source source{data};
  boost::archive::binary_iarchive archive{source, boost::archive::no_codecvt};
  std::uint8_t tag = 0;
  archive& tag;
  if (tag >= std::variant_size_v<Variant>)
    throw refused_archive{errc::wrong_format};
  Variant loaded;
  [&]<std::size_t... Tags>(std::index_sequence<Tags...>) {
    ((tag == Tags ? static_cast<void>(archive & loaded.template emplace<Tags>()) : static_cast<void>(0)),
     ...);
  }
  (std::make_index_sequence<std::variant_size_v<Variant>>{});
  if (!source.exhausted())
    throw refused_archive{errc::malformed};
  return loaded;
}

result<bytes> finished(const archive_sink& sink) {
  if (sink.data.size() > controller_message_max_bytes)
    return fail(errc::too_large,
                "the message to or from the controller has " + std::to_string(sink.data.size()) + " bytes");
  return bytes::copy_of(sink.data);
}

tl::unexpected<error> too_long() {
  return fail(errc::too_large, "a text or a list in a message to or from the controller");
}

controller_message load_message(std::string_view data) {
  header_reader header{data};
  if (header.get<std::uint8_t>() != message_format)
    throw refused_archive{errc::wrong_format};
  auto kind = static_cast<message_kind>(header.get<std::uint8_t>());
  auto correlation = header.get<std::uint64_t>();
  if (kind == message_kind::command)
    return command_message{correlation, load_alternative<command>(header.rest())};
  if (kind != message_kind::reply)
    throw refused_archive{errc::wrong_format};
  auto code = header.get<std::uint8_t>();
  if (code > static_cast<std::uint8_t>(errc::last_code))
    throw refused_archive{errc::wrong_format};
  reply_message message;
  message.correlation = correlation;
  message.code = static_cast<errc>(code);
  message.leader = node_id{header.get<std::int32_t>()};
  message.version = metadata_version{header.get<std::uint64_t>()};
  if (message.code == errc::none)
    message.what = load_alternative<reply>(header.rest());
  else if (!header.rest().empty())
    throw refused_archive{errc::malformed};
  return message;
}

} // namespace

result<bytes> encode(const command_message& message) {
  archive_sink sink;
  header_writer{sink.data}
      .put(message_format)
      .put(static_cast<std::uint8_t>(message_kind::command))
      .put(message.correlation);
  try {
    save_alternative(sink, message.what);
  } catch (const refused_archive&) {
    return too_long();
  }
  return finished(sink);
}

result<bytes> encode(const reply_message& message) {
  archive_sink sink;
  header_writer{sink.data}
      .put(message_format)
      .put(static_cast<std::uint8_t>(message_kind::reply))
      .put(message.correlation)
      .put(static_cast<std::uint8_t>(message.code))
      .put(message.leader.value())
      .put(message.version.value());
  try {
    if (message.code == errc::none)
      save_alternative(sink, message.what);
  } catch (const refused_archive&) {
    return too_long();
  }
  return finished(sink);
}

result<controller_message> decode_controller_message(std::string_view data) {
  if (data.size() > controller_message_max_bytes)
    return fail(errc::malformed, "controller message: larger than any");
  try {
    return load_message(data);
  } catch (const refused_archive& e) {
    return fail(e.why, "controller message");
  } catch (const boost::archive::archive_exception& e) {
    return fail(refusal(e), std::string{"controller message: "} + e.what());
  } catch (const std::exception& e) {
    return fail(errc::malformed, std::string{"controller message: "} + e.what());
  }
}

} // namespace troupe::metadata
