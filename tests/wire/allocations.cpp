#include "tests/wire/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> allocated_total{0};

} // namespace

std::size_t allocated_bytes() noexcept { return allocated_total.load(); }

void* operator new(std::size_t size) {
  allocated_total += size;
  if (auto* memory = std::malloc(size))
    return memory;
  throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept { std::free(memory); }

void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
