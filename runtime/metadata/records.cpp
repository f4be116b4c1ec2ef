#include "runtime/metadata/records.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/crc32c.hpp"
#include "runtime/metadata/framing.hpp"
#include "runtime/metadata/records_archive.hpp"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>

#include <bit>
#include <cstring>
#include <utility>

namespace troupe::metadata {

namespace {

static_assert(std::endian::native == std::endian::little && sizeof(long) == 8,
              "the archive's form depends on both");

constexpr std::uint32_t frame_magic = 0x31444d54; // "TMD1"
constexpr std::uint16_t frame_format = 1;
constexpr std::size_t frame_header_bytes = 4 + 2 + 2 + 8 + 4 + 4 + 4;

template <class T>
void put_number(char*& to, T value) {
  std::memcpy(to, &value, sizeof value);
  to += sizeof value;
}

template <class T>
T get_number(const char*& from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  from += sizeof value;
  return value;
}

using record_archive = boost::archive::binary_iarchive;

template <std::size_t... Tags>
record load_record(record_archive& archive, std::size_t tag, std::index_sequence<Tags...>) {
  record loaded;
  auto load = [&]<std::size_t Tag>() {
    if (tag == Tag)
      archive& loaded.emplace<Tag>();
  };
  (load.template operator()<Tags>(), ...);
  return loaded;
}

std::vector<record> load_records(std::string_view data, std::uint32_t count) {
  constexpr auto flags = boost::archive::no_codecvt;
  archive_source source{data};
  record_archive archive{source, flags};
  std::vector<record> records;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint8_t tag = 0;
    archive& tag;
    if (tag >= std::variant_size_v<record>)
      throw refused_archive{errc::wrong_format};
    records.push_back(load_record(archive, tag, std::make_index_sequence<std::variant_size_v<record>>{}));
  }
  if (!source.exhausted())
    throw refused_archive{errc::malformed};
  return records;
}

std::string save_records(std::span<const record> records) {
  archive_sink sink;
  try {
    boost::archive::binary_oarchive archive{sink, boost::archive::no_codecvt};
    for (const auto& r : records) {
      const auto tag = static_cast<std::uint8_t>(r.index());
      archive << tag;
      std::visit([&archive](const auto& concrete) { archive << concrete; }, r);
    }
  } catch (const refused_archive&) {
    CHECK(false, "the controller bounds what it writes");
  }
  return std::move(sink.data);
}

struct frame_header {
  metadata_version version;
  std::uint32_t count;
  std::string_view archive;
};

result<frame_header> check_frame(frame_kind kind, std::string_view data) {
  if (data.size() < frame_header_bytes)
    return fail(errc::malformed, "metadata: shorter than its header");
  const char* at = data.data();
  if (get_number<std::uint32_t>(at) != frame_magic)
    return fail(errc::malformed, "metadata: does not begin with TMD1");
  auto format = get_number<std::uint16_t>(at);
  if (format != frame_format)
    return fail(errc::wrong_format, "metadata: format " + std::to_string(format)
                                        + "; this version reads format " + std::to_string(frame_format));
  if (get_number<std::uint16_t>(at) != static_cast<std::uint16_t>(kind))
    return fail(errc::malformed, "metadata: a batch where a snapshot should be, or the other way round");
  frame_header header;
  header.version = metadata_version{get_number<std::uint64_t>(at)};
  header.count = get_number<std::uint32_t>(at);
  auto size = get_number<std::uint32_t>(at);
  auto crc = get_number<std::uint32_t>(at);
  header.archive = data.substr(frame_header_bytes);
  if (size != header.archive.size())
    return fail(errc::malformed, "metadata: " + std::to_string(header.archive.size()) + " bytes instead of "
                                     + std::to_string(size));
  if (crc != crc32c(header.archive, crc32c(data.substr(0, frame_header_bytes - sizeof crc))))
    return fail(errc::checksum_mismatch, "metadata");
  if (header.count > size || !header.archive.starts_with(archive_signature))
    return fail(errc::malformed, "metadata: the archive contradicts its frame");
  return header;
}

} // namespace

bytes encode_frame(frame_kind kind, metadata_version version, std::span<const record> records) {
  auto archive = save_records(records);
  CHECK(archive.size() < UINT32_MAX);
  auto frame = bytes::allocate(frame_header_bytes + archive.size());
  auto* to = frame.mutable_data();
  put_number(to, frame_magic);
  put_number(to, frame_format);
  put_number(to, static_cast<std::uint16_t>(kind));
  put_number(to, version.value());
  put_number(to, static_cast<std::uint32_t>(records.size()));
  put_number(to, static_cast<std::uint32_t>(archive.size()));
  auto covered = static_cast<std::size_t>(to - frame.data());
  put_number(to, crc32c(archive, crc32c(frame.view().substr(0, covered))));
  std::memcpy(to, archive.data(), archive.size());
  return frame;
}

result<decoded_frame> decode_frame(frame_kind kind, std::string_view data) {
  auto header = check_frame(kind, data);
  if (!header)
    return fail(std::move(header));
  try {
    return decoded_frame{header->version, load_records(header->archive, header->count)};
  } catch (const refused_archive& e) {
    return fail(e.why, "metadata");
  } catch (const boost::archive::archive_exception& e) {
    return fail(refusal(e), std::string{"metadata: "} + e.what());
  } catch (const std::exception& e) {
    return fail(errc::malformed, std::string{"metadata: "} + e.what());
  }
}

bytes encode(std::span<const record> records) { return encode_frame(frame_kind::batch, {}, records); }

result<std::vector<record>> decode(std::string_view batch) {
  auto frame = decode_frame(frame_kind::batch, batch);
  if (!frame)
    return fail(std::move(frame));
  return std::move(frame->records);
}

} // namespace troupe::metadata
