#include "runtime/base/check.hpp"
#include "runtime/record/codec.hpp"

#include <limits>

#include <zlib.h>

namespace troupe::record::detail {

namespace {

constexpr int gzip_window_bits = 15 + 16; // 16 asks for gzip's header and trailer

class gzip_decompressor final : public decompressor {
public:
  gzip_decompressor(std::string_view input, decompression_budget& budget) : decompressor(budget) {
    CHECK(input.size() <= std::numeric_limits<uInt>::max());
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    CHECK(inflateInit2(&stream_, gzip_window_bits) == Z_OK, "zlib has no memory");
  }

  ~gzip_decompressor() override { inflateEnd(&stream_); }

protected:
  result<std::size_t> produce(char* out, std::size_t size) override {
    auto room = static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = room;
    if (!ended_) {
      auto code = inflate(&stream_, Z_NO_FLUSH);
      ended_ = code == Z_STREAM_END;
      if (!ended_ && code != Z_OK && !(code == Z_BUF_ERROR && stream_.avail_out == 0))
        return fail(errc::malformed,
                    "gzip: " + std::string(stream_.msg != nullptr ? stream_.msg : "it ends too early"));
      if (ended_ && stream_.avail_in != 0)
        return fail(errc::malformed, "gzip: bytes behind the end");
      if (!ended_ && stream_.avail_out == room)
        return fail(errc::malformed, "gzip: it ends too early");
    }
    return room - stream_.avail_out;
  }

private:
  z_stream stream_{};
  bool ended_ = false;
};

} // namespace

std::unique_ptr<decompressor> open_gzip(std::string_view input, decompression_budget& budget) {
  return std::make_unique<gzip_decompressor>(input, budget);
}

void compress_gzip(std::string_view input, std::vector<char>& out, std::optional<int> level) {
  constexpr int memory_level = 8; // zlib's default
  z_stream stream{};
  CHECK(deflateInit2(&stream, level.value_or(Z_DEFAULT_COMPRESSION), Z_DEFLATED, gzip_window_bits, memory_level,
                     Z_DEFAULT_STRATEGY)
            == Z_OK,
        "zlib has no memory");
  CHECK(input.size() <= std::numeric_limits<uInt>::max() / 2);
  auto begin = out.size();
  auto bound = deflateBound(&stream, static_cast<uLong>(input.size()));
  out.resize(begin + bound);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data() + begin);
  stream.avail_out = static_cast<uInt>(bound);
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(begin + stream.total_out);
  deflateEnd(&stream);
}

} // namespace troupe::record::detail
