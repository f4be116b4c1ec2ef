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
      : decompressor(budget), context_(ZSTD_createDCtx()), input_{input.data(), input.size(), 0},
        announced_(ZSTD_getFrameContentSize(input.data(), input.size())) {
    CHECK(context_ != nullptr, "zstd has no memory");
    CHECK(ZSTD_isError(ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, window_log_max)) == 0);
  }

  ~zstd_decompressor() override { ZSTD_freeDCtx(context_); }

  std::size_t announced_bytes() const noexcept override {
    return is_announced() ? static_cast<std::size_t>(announced_) : 0;
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
    produced_ += output.pos;
    if (ended_ && input_.pos != input_.size)
      return fail(errc::malformed, "zstd: bytes behind the end");
    // zstd itself looks at this only where it can decompress a frame in one go.
    if (ended_ && is_announced() && produced_ != announced_)
      return fail(errc::malformed, "zstd: it has not the size that it announces");
    return output.pos;
  }

private:
  bool is_announced() const noexcept {
    return announced_ != ZSTD_CONTENTSIZE_UNKNOWN && announced_ != ZSTD_CONTENTSIZE_ERROR;
  }

  ZSTD_DCtx* context_;
  ZSTD_inBuffer input_;
  unsigned long long announced_;
  unsigned long long produced_ = 0;
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
