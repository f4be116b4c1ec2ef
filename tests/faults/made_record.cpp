#include "tests/faults/made_record.hpp"

#include <cstring>

namespace outside {

namespace {

/// splitmix64: small, and the same everywhere.
class noise {
public:
  explicit noise(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  uint64_t below(uint64_t limit) { return next() % limit; }

  /// Half of all texts can be compressed, half cannot.
  std::string text(size_t size) {
    std::string result(size, '\0');
    const bool compressible = below(2) == 0;
    for (size_t i = 0; i < size; i += 8) {
      const auto word = compressible ? 0x6162636465666768 + below(3) : next();
      std::memcpy(result.data() + i, &word, std::min<size_t>(8, size - i));
    }
    return result;
  }

private:
  uint64_t state_;
};

size_t value_size(noise& draw) {
  switch (draw.below(100)) {
    case 0:
      return draw.below(60'000);
    case 1:
    case 2:
    case 3:
    case 4:
      return draw.below(6'000);
    default:
      return draw.below(500);
  }
}

} // namespace

std::string encode(record_id id) {
  std::string result(sizeof id.writer + sizeof id.number, '\0');
  std::memcpy(result.data(), &id.writer, sizeof id.writer);
  std::memcpy(result.data() + sizeof id.writer, &id.number, sizeof id.number);
  return result;
}

std::optional<record_id> decode(const void* data, size_t size) {
  record_id id;
  if (size != sizeof id.writer + sizeof id.number)
    return std::nullopt;
  std::memcpy(&id.writer, data, sizeof id.writer);
  std::memcpy(&id.number, static_cast<const char*>(data) + sizeof id.writer, sizeof id.number);
  return id;
}

made_record make_record(record_id id, int32_t partitions, int64_t base_ms) {
  noise draw{(uint64_t{id.writer} << 48) ^ id.number};
  made_record made;
  made.partition = static_cast<int32_t>(draw.below(static_cast<uint64_t>(partitions)));
  made.timestamp_ms = base_ms + static_cast<int64_t>(draw.below(2000)) - 1000;
  if (draw.below(5) != 0)
    made.key = draw.text(draw.below(40));
  if (draw.below(50) != 0)
    made.value = draw.text(value_size(draw));
  made.headers.emplace_back("id", encode(id));
  for (auto more = draw.below(4); more > 0; --more) {
    std::string name{'h', static_cast<char>('0' + draw.below(10))};
    if (draw.below(4) == 0)
      made.headers.emplace_back(name, std::nullopt);
    else
      made.headers.emplace_back(name, draw.text(draw.below(30)));
  }
  return made;
}

} // namespace outside
