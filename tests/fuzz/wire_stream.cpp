// A connection's stream: frames cut anywhere give the same frames, and the request in each is decoded as a
// node would.
#include "runtime/wire/frame.hpp"
#include "runtime/wire/header.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/wire/all_messages.hpp"

using namespace troupe;
using namespace troupe::wire;

namespace {

constexpr std::size_t frame_cap = 64 * limits::kib;

struct frames {
  std::vector<bytes> whole;
  errc end = errc::none;
};

frames read_in_pieces(std::string_view data, std::size_t piece) {
  frames out;
  frame_reader reader{frame_cap};
  while (!data.empty()) {
    auto part = data.substr(0, piece);
    data.remove_prefix(part.size());
    while (!part.empty()) {
      auto frame = reader.next(part);
      if (!frame) {
        out.end = frame.error().code;
        return out;
      }
      CHECK(*frame || part.empty(), "nothing is given only when all was taken");
      if (*frame)
        out.whole.push_back(std::move(**frame));
      CHECK(reader.held_bytes() <= frame_cap + limits::frame_eager_bytes);
    }
  }
  return out;
}

void check_request(const bytes& frame) {
  auto request = open_request(frame);
  if (!request)
    return;
  for_each_api([&]<class Request, class Response>() {
    if (request->header.key != Request::api)
      return;
    auto message = decode<Request>(request->body, request->header.version);
    if (!message)
      return;
    std::vector<char> out;
    append_request(request->header, *message, out);
    auto again = open_request(bytes::copy_of({out.data() + frame_size_bytes, out.size() - frame_size_bytes}));
    CHECK(again && again->header == request->header);
    auto body = decode<Request>(again->body, again->header.version);
    CHECK(body && *body == *message);
  });
  for (auto& api : catalog())
    static_cast<void>(open_response(frame, api.key, request->header.version));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  auto piece = std::size_t{1} + in.number<std::uint8_t>();
  auto whole = read_in_pieces(in.rest(), in.rest().size() + 1);
  auto pieces = read_in_pieces(in.rest(), piece);
  CHECK(whole.whole == pieces.whole && whole.end == pieces.end);
  for (auto& frame : whole.whole)
    check_request(frame);
  return 0;
}
