#include "runtime/base/check.hpp"
#include "runtime/record/codec.hpp"

#include <lz4frame.h>

namespace troupe::record::detail {

namespace {

class lz4_decompressor final : public decompressor {
public:
  lz4_decompressor(std::string_view input, decompression_budget& budget)
      : decompressor(budget), input_(input) {
    CHECK(LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) == 0, "lz4 has no memory");
  }

  ~lz4_decompressor() override { LZ4F_freeDecompressionContext(context_); }

protected:
  result<std::size_t> produce(char* out, std::size_t size) override {
    std::size_t written = 0;
    while (!ended_ && written == 0) {
      auto produced = size;
      auto consumed = input_.size();
      auto hint = LZ4F_decompress(context_, out, &produced, input_.data(), &consumed, nullptr);
      if (LZ4F_isError(hint) != 0)
        return fail(errc::malformed, "lz4: " + std::string(LZ4F_getErrorName(hint)));
      input_.remove_prefix(consumed);
      written = produced;
      ended_ = hint == 0;
      if (!ended_ && consumed == 0 && produced == 0)
        return fail(errc::malformed, "lz4: it ends too early");
    }
    if (ended_ && !input_.empty())
      return fail(errc::malformed, "lz4: bytes behind the end");
    return written;
  }

private:
  LZ4F_dctx* context_ = nullptr;
  std::string_view input_;
  bool ended_ = false;
};

} // namespace

std::unique_ptr<decompressor> open_lz4(std::string_view input, decompression_budget& budget) {
  return std::make_unique<lz4_decompressor>(input, budget);
}

void compress_lz4(std::string_view input, std::vector<char>& out, std::optional<int> level) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent; // old Java clients read no linked blocks
  preferences.compressionLevel = level.value_or(0);
  auto begin = out.size();
  auto bound = LZ4F_compressFrameBound(input.size(), &preferences);
  out.resize(begin + bound);
  auto size = LZ4F_compressFrame(out.data() + begin, bound, input.data(), input.size(), &preferences);
  CHECK(LZ4F_isError(size) == 0);
  out.resize(begin + size);
}

} // namespace troupe::record::detail
