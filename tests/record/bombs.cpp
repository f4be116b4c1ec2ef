#define CAF_SUITE bombs
#include "caf/test/unit_test.hpp"

#include "runtime/record/inspect.hpp"
#include "runtime/record/validator.hpp"
#include "tests/record/support.hpp"

#include <fstream>

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

using namespace record_test;

namespace {

constexpr std::size_t bomb_bytes = 256 * limits::mib;

/// A sanitizer's allocator keeps what was freed: then only the refusal is checked.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_tells = false;
#else
constexpr bool memory_tells = true;
#endif

/// The most memory that the process ever had, since the last reset.
std::size_t peak_bytes() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:"))
      return std::stoul(line.substr(6)) * limits::kib;
  return 0;
}

void reset_peak() { std::ofstream{"/proc/self/clear_refs"} << "5"; }

/// What starts one record of the whole bomb; zeros follow.
std::string record_start() {
  std::vector<char> out;
  write_cursor w{out};
  w.varint(static_cast<std::int32_t>(bomb_bytes - 8));
  w.put(std::string_view{"\0\0\0\1", 4});
  w.varint(static_cast<std::int32_t>(bomb_bytes - 32));
  return {out.data(), out.size()};
}

/// Feeds the bomb's content in pieces to `write(data, size)`.
template <class Write>
void feed(Write write) {
  std::string piece(limits::mib, '\0');
  auto start = record_start();
  write(start.data(), start.size());
  for (std::size_t n = 0; n < bomb_bytes; n += piece.size())
    write(piece.data(), piece.size());
}

std::string gzip_bomb() {
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  std::string out(4 * limits::mib, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  feed([&](char* data, std::size_t size) {
    stream.next_in = reinterpret_cast<Bytef*>(data);
    stream.avail_in = static_cast<uInt>(size);
    deflate(&stream, Z_NO_FLUSH);
  });
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd_bomb() {
  auto* context = ZSTD_createCCtx();
  std::string out(limits::mib, '\0');
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  feed([&](char* data, std::size_t size) {
    ZSTD_inBuffer input{data, size, 0};
    while (input.pos < input.size)
      ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue);
  });
  ZSTD_inBuffer none{nullptr, 0, 0};
  ZSTD_compressStream2(context, &output, &none, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(output.pos);
  return out;
}

std::string lz4_bomb() {
  LZ4F_cctx* context = nullptr;
  LZ4F_createCompressionContext(&context, LZ4F_VERSION);
  std::string out(4 * limits::mib, '\0');
  auto used = LZ4F_compressBegin(context, out.data(), out.size(), nullptr);
  feed([&](char* data, std::size_t size) {
    used += LZ4F_compressUpdate(context, out.data() + used, out.size() - used, data, size, nullptr);
  });
  used += LZ4F_compressEnd(context, out.data() + used, out.size() - used, nullptr);
  LZ4F_freeCompressionContext(context);
  out.resize(used);
  return out;
}

/// One raw block that would really give 22 times its size, for snappy goes no further.
std::string snappy_bomb() {
  std::vector<char> out;
  write_cursor w{out};
  constexpr std::size_t copies = 2'000'000;
  w.uvarint(static_cast<std::uint32_t>(1 + copies * 64));
  w.put(std::string_view{"\0\0", 2}); // a literal of one byte, 0
  for (std::size_t i = 0; i < copies; ++i)
    w.put(std::string_view{"\xfe\1\0", 3}); // 64 bytes from one byte back
  return {out.data(), out.size()};
}

struct bomb {
  compression codec;
  std::string data;
};

std::vector<bomb> all_bombs() {
  return {{compression::gzip, gzip_bomb()},
          {compression::snappy, snappy_bomb()},
          {compression::lz4, lz4_bomb()},
          {compression::zstd, zstd_bomb()}};
}

} // namespace

CAF_TEST(a bomb is refused and costs no more memory than the cap) {
  // What the libraries take for themselves: windows, tables, and lz4's blocks of up to 4 MiB.
  constexpr std::size_t slack = 12 * limits::mib;
  constexpr std::size_t cap = 16 * limits::mib;
  for (auto& [codec, data] : all_bombs()) {
    CAF_MESSAGE(name(codec) << ": " << data.size() << " bytes");
    CAF_REQUIRE(data.size() * 20 < bomb_bytes || codec == compression::snappy);
    reset_peak();
    auto before = peak_bytes();
    decompression_budget budget{256 * limits::mib, cap};
    CAF_CHECK_EQUAL(code_of(decompress(codec, data, budget)), "too_large");
    CAF_CHECK(!memory_tells || peak_bytes() - before < cap + slack);
  }
}

CAF_TEST(the validator walks over a bomb in a window) {
  constexpr std::size_t slack = 16 * limits::mib;
  for (auto& [codec, data] : all_bombs()) {
    auto batch = batch_around(data, 1, codec);
    validation_rules rules;
    rules.now = timestamp_ms{now_ms};
    rules.max_message_bytes = limits::batch_max_bytes;
    reset_peak();
    auto before = peak_bytes();
    decompression_budget budget;
    CAF_CHECK_EQUAL(code_of(validate_batch(batch, rules, budget)), "too_large");
    CAF_CHECK(!memory_tells || peak_bytes() - before < slack);
    decompression_budget second;
    CAF_CHECK_EQUAL(code_of(find_max_timestamp(*batch_view::parse(batch), second)), "too_large");
    CAF_CHECK(!memory_tells || peak_bytes() - before < slack);
  }
}

CAF_TEST(many batches of one request share its budget) {
  auto section = record_bytes({0, 0, "k", std::string(1'000'000, 'v'), {}});
  auto batch = batch_around(packed(compression::zstd, section), 1, compression::zstd);
  validation_rules rules;
  rules.now = timestamp_ms{now_ms};
  decompression_budget budget{10 * limits::mib, limits::decompressed_batch_max_bytes};
  for (int i = 0; i < 10; ++i)
    CAF_CHECK_EQUAL(code_of(validate_batch(batch, rules, budget)), "none");
  CAF_CHECK_EQUAL(code_of(validate_batch(batch, rules, budget)), "too_large");
}
