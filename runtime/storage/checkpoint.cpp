#include "runtime/storage/checkpoint.hpp"

#include "runtime/base/crc32c.hpp"
#include "runtime/base/cursor.hpp"
#include "runtime/base/limits.hpp"

#include <algorithm>

namespace troupe::storage {

namespace {

constexpr std::string_view checkpoint_magic = "TRPCKPT1";
constexpr std::uint32_t checkpoint_version = 1;
constexpr std::size_t checkpoint_size_position = 8 + 4;                            // behind magic and version
constexpr std::size_t checkpoint_checksum_position = checkpoint_size_position + 8; // it covers all but itself
constexpr std::size_t checkpoint_header_size = checkpoint_checksum_position + 4;
constexpr std::size_t checkpoint_max_bytes = 1 * limits::gib;

template <class Id>
void put(write_cursor& out, Id id) {
  out.number(id.value());
}

template <class Id>
Id get(read_cursor& in) {
  return Id{in.number<typename Id::rep>()};
}

void put_name(write_cursor& out, const topic_partition& name) {
  out.put({reinterpret_cast<const char*>(name.topic.bytes.data()), name.topic.bytes.size()});
  put(out, name.partition);
}

topic_partition get_name(read_cursor& in) {
  topic_partition name;
  auto id = in.take(name.topic.bytes.size());
  std::copy(id.begin(), id.end(), name.topic.bytes.begin());
  name.partition = get<partition_id>(in);
  return name;
}

/// A count of elements that have at least `element_size` bytes each: never more than there can be.
std::size_t get_count(read_cursor& in, std::size_t element_size) {
  auto count = in.number<std::uint32_t>();
  if (count > in.remaining() / element_size)
    in.fail();
  return in.ok() ? count : 0;
}

void put_segments(write_cursor& out, const std::vector<segment_info>& segments) {
  out.number(static_cast<std::uint32_t>(segments.size()));
  for (auto& s : segments) {
    put(out, s.base);
    out.number(s.size_bytes);
    put(out, s.first_timestamp);
    put(out, s.max_timestamp.timestamp);
    put(out, s.max_timestamp.batch);
  }
}

std::vector<segment_info> get_segments(read_cursor& in) {
  std::vector<segment_info> segments(get_count(in, 40));
  for (auto& s : segments) {
    s.base = get<offset>(in);
    s.size_bytes = in.number<std::uint64_t>();
    s.first_timestamp = get<timestamp_ms>(in);
    s.max_timestamp.timestamp = get<timestamp_ms>(in);
    s.max_timestamp.batch = get<offset>(in);
  }
  return segments;
}

void put_epochs(write_cursor& out, const std::vector<epoch_start>& epochs) {
  out.number(static_cast<std::uint32_t>(epochs.size()));
  for (auto& e : epochs) {
    put(out, e.epoch);
    put(out, e.start);
  }
}

std::vector<epoch_start> get_epochs(read_cursor& in) {
  std::vector<epoch_start> epochs(get_count(in, 12));
  for (auto& e : epochs) {
    e.epoch = get<leader_epoch>(in);
    e.start = get<offset>(in);
  }
  return epochs;
}

void put_producers(write_cursor& out, const std::vector<producer_memory>& producers) {
  out.number(static_cast<std::uint32_t>(producers.size()));
  for (auto& p : producers) {
    put(out, p.id);
    put(out, p.epoch);
    put(out, p.last_used);
    out.number(static_cast<std::uint32_t>(p.batches.size()));
    for (auto& b : p.batches) {
      put(out, b.base);
      put(out, b.last);
      out.number(b.base_sequence);
      out.number(b.last_sequence);
      put(out, b.timestamp);
    }
  }
}

std::vector<producer_memory> get_producers(read_cursor& in) {
  std::vector<producer_memory> producers(get_count(in, 22));
  for (auto& p : producers) {
    p.id = get<producer_id>(in);
    p.epoch = get<producer_epoch>(in);
    p.last_used = get<timestamp_ms>(in);
    p.batches.resize(get_count(in, 32));
    for (auto& b : p.batches) {
      b.base = get<offset>(in);
      b.last = get<offset>(in);
      b.base_sequence = in.number<std::int32_t>();
      b.last_sequence = in.number<std::int32_t>();
      b.timestamp = get<timestamp_ms>(in);
    }
  }
  return producers;
}

void get_partition(read_cursor& in, checkpoint& out) {
  auto name = get_name(in);
  partition_checkpoint state;
  state.log_start = get<offset>(in);
  state.flushed_end = get<offset>(in);
  state.segments = get_segments(in);
  state.epochs = get_epochs(in);
  state.producers = get_producers(in);
  if (in.ok())
    out.partitions.insert_or_assign(out.partitions.end(), name, std::move(state));
}

std::uint32_t checksum_of_checkpoint(std::string_view file) {
  return crc32c(file.substr(checkpoint_header_size), crc32c(file.substr(0, checkpoint_checksum_position)));
}

} // namespace

std::string encode_partition(const topic_partition& name, const partition_checkpoint& state) {
  std::vector<char> raw;
  write_cursor out{raw};
  put_name(out, name);
  put(out, state.log_start);
  put(out, state.flushed_end);
  put_segments(out, state.segments);
  put_epochs(out, state.epochs);
  put_producers(out, state.producers);
  return {raw.begin(), raw.end()};
}

std::string encode_checkpoint(const std::map<topic_partition, std::string>& partitions,
                              const std::set<topic_partition>& removed, const std::set<segment_garbage>& garbage) {
  std::vector<char> raw;
  write_cursor out{raw};
  out.put(checkpoint_magic);
  out.number(checkpoint_version);
  out.number(std::uint64_t{0});
  out.number(std::uint32_t{0});
  out.number(static_cast<std::uint32_t>(partitions.size()));
  for (auto& [name, encoded] : partitions)
    out.put(encoded);
  out.number(static_cast<std::uint32_t>(removed.size()));
  for (auto& name : removed)
    put_name(out, name);
  out.number(static_cast<std::uint32_t>(garbage.size()));
  for (auto& g : garbage) {
    put_name(out, g.partition);
    put(out, g.base);
  }
  out.number_at(checkpoint_size_position, static_cast<std::uint64_t>(raw.size() - checkpoint_header_size));
  out.number_at(checkpoint_checksum_position, checksum_of_checkpoint({raw.data(), raw.size()}));
  return {raw.begin(), raw.end()};
}

result<checkpoint> decode_checkpoint(std::string_view file) {
  read_cursor in{file};
  auto magic = in.take(checkpoint_magic.size());
  auto version = in.number<std::uint32_t>();
  auto size = in.number<std::uint64_t>();
  auto checksum = in.number<std::uint32_t>();
  if (!in.ok() || magic != checkpoint_magic || size != in.remaining())
    return fail(errc::corrupt, "its header is damaged, at 0");
  if (checksum_of_checkpoint(file) != checksum)
    return fail(errc::corrupt, "its checksum is wrong, at " + std::to_string(checkpoint_checksum_position));
  if (version != checkpoint_version)
    return fail(errc::wrong_format, "it has format " + std::to_string(version) + ", this program knows "
                                      + std::to_string(checkpoint_version));
  checkpoint out;
  for (auto count = get_count(in, 48); count > 0 && in.ok(); --count)
    get_partition(in, out);
  for (auto count = get_count(in, 20); count > 0 && in.ok(); --count)
    out.removed.insert(get_name(in));
  for (auto count = get_count(in, 28); count > 0 && in.ok(); --count) {
    auto name = get_name(in);
    out.garbage.insert({name, get<offset>(in)});
  }
  if (!in.ok() || in.remaining() != 0)
    return fail(errc::corrupt, "its content is impossible, at " + std::to_string(in.position()));
  return out;
}

std::string checkpoint_path(const std::string& directory) { return directory + "/checkpoint"; }
std::string old_checkpoint_path(const std::string& directory) { return directory + "/checkpoint.old"; }

result<void> write_checkpoint_file(file_system& fs, const std::string& directory, std::string_view content) {
  auto path = checkpoint_path(directory);
  auto renamed = fs.rename(path, old_checkpoint_path(directory));
  if (!renamed && renamed.error().code != errc::not_found)
    return renamed;
  return write_file_atomically(fs, path, content);
}

result<checkpoint> read_checkpoint_file(file_system& fs, const std::string& path) {
  auto content = read_file(fs, path, checkpoint_max_bytes);
  if (!content)
    return fail(std::move(content));
  auto decoded = decode_checkpoint(*content);
  if (!decoded)
    return fail(decoded.error().code, path + ": " + decoded.error().detail);
  return decoded;
}

} // namespace troupe::storage
