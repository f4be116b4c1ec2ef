#include "runtime/storage/segment_walk.hpp"

#include "runtime/base/check.hpp"
#include "runtime/storage/aligned_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace troupe::storage {

namespace {

/// What is looked at in one go when a good batch is searched for.
constexpr std::size_t search_window_bytes = 64 * limits::kib;

leader_epoch epoch_by(const std::vector<epoch_start>& epochs, offset o) {
  auto above = std::partition_point(epochs.begin(), epochs.end(), [&](const epoch_start& e) { return e.start <= o; });
  return above == epochs.begin() ? no_leader_epoch : std::prev(above)->epoch;
}

} // namespace

result<bytes> chunk_source::range(std::uint64_t position, std::size_t size) {
  CHECK(position <= size_ && size <= size_ - position, "nothing is read beyond a segment's end");
  auto number = position / chunk_size_;
  auto start = static_cast<std::size_t>(position % chunk_size_);
  auto first = chunk(number);
  if (!first)
    return first;
  if (start + size <= first->size())
    return first->slice(start, size);
  auto whole = bytes::allocate(size);
  std::size_t filled = 0;
  auto part = std::move(*first);
  while (true) {
    auto take = std::min(size - filled, part.size() - start);
    std::memcpy(whole.mutable_data() + filled, part.data() + start, take);
    filled += take;
    if (filled == size)
      return whole;
    auto following = chunk(++number);
    if (!following)
      return following;
    part = std::move(*following);
    start = 0;
  }
}

result<bytes> read_chunk(const file& from, std::uint64_t number, std::size_t chunk_size, std::uint64_t size) {
  auto position = number * chunk_size;
  auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_size, size - position));
  auto blocks = static_cast<std::size_t>(whole_blocks(wanted));
  auto memory = bytes::allocate(blocks + block_size_bytes);
  auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  auto aligned = memory.slice(static_cast<std::size_t>(whole_blocks(address) - address), blocks);
  auto got = from.read_at(position, aligned.mutable_data(), blocks);
  if (!got)
    return fail(std::move(got));
  if (*got < wanted)
    return fail(errc::corrupt, from.path() + " ends at " + std::to_string(position + *got) + ", it should have "
                                 + std::to_string(size) + " bytes");
  return aligned.slice(0, wanted);
}

result<bytes> sequential_source::chunk(std::uint64_t number) {
  if (!current_.empty() && number == number_)
    return current_;
  auto read = read_chunk(from_, number, chunk_size(), size());
  if (!read)
    return read;
  number_ = number;
  current_ = *read;
  return read;
}

segment_walk::segment_walk(chunk_source& source, const std::vector<epoch_start>& epochs, std::uint64_t position,
                           offset expected, offset end)
    : source_(source), epochs_(epochs), position_(position), expected_(expected), end_(end) {}

result<std::optional<segment_walk::batch>> segment_walk::next() {
  damaged_.reset();
  if (position_ >= source_.size())
    return std::nullopt;
  auto first = check_at(position_, false);
  if (!first)
    return fail(std::move(first));
  auto found = std::move(first->good);
  if (!found) {
    auto later = search(position_ + 1);
    if (!later)
      return fail(std::move(later));
    found = std::move(*later);
    auto end_known = end_ != no_offset;
    auto padding = is_all_zero_from(position_);
    if (!padding)
      return fail(std::move(padding));
    if (!found && !end_known && *padding)
      return std::nullopt;
    damaged_ = damage{position_, found ? found->position : source_.size(), expected_, std::move(first->sentence)};
    if (!found) {
      position_ = end_known ? source_.size() : position_;
      return std::nullopt;
    }
  }
  position_ = found->position + found->data.size();
  expected_ = found->view.next_offset();
  return found;
}

result<segment_walk::checked> segment_walk::check_at(std::uint64_t position, bool after_damage) {
  auto left = source_.size() - position;
  if (left < limits::batch_header_size_bytes)
    return checked{std::nullopt, "the batch is cut off"};
  auto header = source_.range(position, limits::batch_header_size_bytes);
  if (!header)
    return fail(std::move(header));
  auto length = load_be<std::int32_t>(header->data() + record::position::length);
  auto size = static_cast<std::uint64_t>(std::max(length, 0)) + record::length_prefix_bytes;
  if (size < limits::batch_header_size_bytes || size > left)
    return checked{std::nullopt, "the batch's length is impossible"};
  auto data = source_.range(position, static_cast<std::size_t>(size));
  if (!data)
    return fail(std::move(data));
  auto view = record::batch_view::parse(data->view());
  if (!view)
    return checked{std::nullopt, "the batch's header is damaged: " + view.error().message()};
  if (!view->crc_ok())
    return checked{std::nullopt, "the batch's checksum is wrong"};
  auto wrong_offset = view->base_offset() < expected_ || (end_ != no_offset && view->next_offset() > end_);
  if (!wrong_offset && view->base_offset() > expected_ && !after_damage) {
    auto real = gap_is_real(*view, position);
    if (!real)
      return fail(std::move(real));
    wrong_offset = !*real;
  }
  if (wrong_offset)
    return checked{std::nullopt, "the batch's offset is " + std::to_string(view->base_offset().value()) + " instead of "
                                   + std::to_string(expected_.value())};
  auto epoch = epoch_by(epochs_, view->base_offset());
  if (epoch != no_leader_epoch && view->partition_leader_epoch() != epoch)
    return checked{std::nullopt, "the batch's leader epoch is " + std::to_string(view->partition_leader_epoch().value())
                                   + " instead of " + std::to_string(epoch.value())};
  return checked{batch{position, *view, std::move(*data)}, {}};
}

/// The base offset is not covered by the batch's checksum. If it leaves a gap to the batch before, the one behind it
/// must agree that there is one.
result<bool> segment_walk::gap_is_real(const record::batch_view& view, std::uint64_t position) {
  auto behind = position + view.size();
  if (behind + limits::batch_header_size_bytes > source_.size())
    return end_ == no_offset || view.next_offset() == end_;
  auto header = source_.range(behind, limits::batch_header_size_bytes);
  if (!header)
    return fail(std::move(header));
  if (header->data()[record::position::magic] != record::magic_v2) // padding, or damage of its own
    return end_ == no_offset || view.next_offset() <= end_;
  return offset{load_be<std::int64_t>(header->data())} >= view.next_offset();
}

result<std::optional<segment_walk::batch>> segment_walk::search(std::uint64_t position) {
  constexpr auto header_size = limits::batch_header_size_bytes;
  while (position + header_size <= source_.size()) {
    auto size = static_cast<std::size_t>(std::min<std::uint64_t>(search_window_bytes, source_.size() - position));
    auto window = source_.range(position, size);
    if (!window)
      return fail(std::move(window));
    auto* begin = window->data();
    auto* stop = begin + size - header_size + 1; // the last place where a whole header begins, plus 1
    for (auto* at = begin; at < stop; ++at) {
      auto* magic = static_cast<const char*>(std::memchr(at + record::position::magic, record::magic_v2,
                                                         static_cast<std::size_t>(stop - at)));
      if (!magic)
        break;
      at = magic - record::position::magic;
      auto place = position + static_cast<std::uint64_t>(at - begin);
      if (!is_plausible(at, place))
        continue;
      auto found = check_at(place, true);
      if (!found)
        return fail(std::move(found));
      if (found->good)
        return std::move(found->good);
    }
    position += static_cast<std::uint64_t>(stop - begin);
  }
  return std::nullopt;
}

bool segment_walk::is_plausible(const char* header, std::uint64_t position) const noexcept {
  auto base = offset{load_be<std::int64_t>(header)};
  auto length = load_be<std::int32_t>(header + record::position::length);
  if (base < expected_ || (end_ != no_offset && base >= end_))
    return false;
  auto size = static_cast<std::uint64_t>(std::max(length, 0)) + record::length_prefix_bytes;
  return size >= limits::batch_header_size_bytes && size <= source_.size() - position;
}

result<bool> segment_walk::is_all_zero_from(std::uint64_t position) {
  auto is_zero = [](char c) { return c == 0; };
  while (position < source_.size()) {
    auto size = std::min<std::uint64_t>(search_window_bytes, source_.size() - position);
    auto window = source_.range(position, static_cast<std::size_t>(size));
    if (!window)
      return fail(std::move(window));
    if (!std::all_of(window->data(), window->data() + size, is_zero))
      return false;
    position += size;
  }
  return true;
}

} // namespace troupe::storage
