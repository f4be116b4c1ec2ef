#include "runtime/base/bytes.hpp"

#include "runtime/base/check.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

namespace troupe {

bytes::bytes(const bytes& other) noexcept : chunk_(other.chunk_), data_(other.data_), size_(other.size_) {
  if (chunk_)
    chunk_->references.fetch_add(1, std::memory_order_relaxed);
}

bytes::~bytes() {
  if (chunk_ && chunk_->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    std::free(chunk_);
}

bytes bytes::allocate(std::size_t size) {
  bytes result;
  if (size == 0)
    return result;
  auto* memory = std::malloc(sizeof(chunk) + size);
  if (!memory)
    throw std::bad_alloc{};
  result.chunk_ = new (memory) chunk{{1}, size};
  result.data_ = static_cast<char*>(memory) + sizeof(chunk);
  result.size_ = size;
  return result;
}

bytes bytes::copy_of(std::string_view data) {
  auto result = allocate(data.size());
  if (!data.empty())
    std::memcpy(result.data_, data.data(), data.size());
  return result;
}

bytes bytes::slice(std::size_t position, std::size_t size) const {
  CHECK(position <= size_ && size <= size_ - position, "a slice lies within its bytes");
  bytes result{*this};
  result.data_ += position;
  result.size_ = size;
  return result;
}

std::size_t bytes::retained_bytes() const noexcept { return chunk_ ? chunk_->size + sizeof(chunk) : 0; }

} // namespace troupe
