#include "runtime/base/check.hpp"
#include "runtime/record/codec.hpp"

#include <zstd.h>

namespace troupe::record::detail {

namespace {

/// 128 MiB, what the highest level announces for a stream of unknown size. The window is only reserved:
/// memory is taken as far as it gets filled, which the budget bounds.
constexpr int window_log_max = 27;

class zstd_decompressor final : public decompressor {
public:
  zstd_decompressor(std::string_view input, decompression_budget& budget)
      : decompressor(budget), context_(ZSTD_createDCtx()), input_{input.data(), input.size(), 0} {
    CHECK(context_ != nullptr, "zstd has no memory");
    CHECK(ZSTD_isError(ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, window_log_max)) == 0);
  }

  ~zstd_decompressor() override { ZSTD_freeDCtx(context_); }

  std::size_t announced_bytes() const noexcept override {
    auto size = ZSTD_getFrameContentSize(input_.src, input_.size);
    return size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR
               ? 0
               : static_cast<std::size_t>(size);
  }

protected:
  result<std::size_t> produce(char* out, std::size_t size) override {
    ZSTD_outBuffer output{out, size, 0};
    while (!ended_ && output.pos == 0) {
      auto before = input_.pos;
      auto hint = ZSTD_decompressStream(context_, &output, &input_);
      if (ZSTD_isError(hint) != 0)
        return fail(errc::malformed, "zstd: " + std::string(ZSTD_getErrorName(hint)));
      ended_ = hint == 0;
      if (!ended_ && output.pos == 0 && input_.pos == before)
        return fail(errc::malformed, "zstd: it ends too early");
    }
    if (ended_ && input_.pos != input_.size)
      return fail(errc::malformed, "zstd: bytes behind the end");
    return output.pos;
  }

private:
  ZSTD_DCtx* context_;
  ZSTD_inBuffer input_;
  bool ended_ = false;
};

} // namespace

std::unique_ptr<decompressor> open_zstd(std::string_view input, decompression_budget& budget) {
  return std::make_unique<zstd_decompressor>(input, budget);
}

void compress_zstd(std::string_view input, std::vector<char>& out, std::optional<int> level) {
  auto begin = out.size();
  auto bound = ZSTD_compressBound(input.size());
  out.resize(begin + bound);
  auto size = ZSTD_compress(out.data() + begin, bound, input.data(), input.size(),
                            level.value_or(ZSTD_CLEVEL_DEFAULT));
  CHECK(ZSTD_isError(size) == 0);
  out.resize(begin + size);
}

} // namespace troupe::record::detail
