// The bodies of all requests and answers in all versions. The first byte chooses the API, the second request
// or answer and the version. What decodes must encode to bytes that decode to the same, and to these bytes
// again.
#include "tests/fuzz/fuzz.hpp"
#include "tests/wire/all_messages.hpp"

using namespace troupe;
using namespace troupe::wire;

namespace {

template <class T>
void check(const bytes& body, api_version version) {
  auto message = decode<T>(body, version);
  if (!message) {
    CHECK(!message.error().detail.empty(), "an error names the field");
    return;
  }
  auto first = encoded(*message, version);
  CHECK(first.size() == encoded_size(*message, version));
  auto again = decode<T>(first, version);
  CHECK(again.has_value(), "what was encoded can be decoded");
  CHECK(*again == *message);
  CHECK(encoded(*again, version) == first);
  auto json = to_json(*message, version);
  CHECK(json.find('\n') == std::string::npos && json.front() == '{');
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  auto which = in.number<std::uint8_t>() % catalog().size();
  auto kind = in.number<std::uint8_t>();
  auto body = bytes::copy_of(in.rest());
  std::size_t i = 0;
  for_each_api([&]<class Request, class Response>() {
    if (i++ != which)
      return;
    auto& api = info(Request::api);
    // One beyond each end as well.
    auto version = static_cast<api_version>(api.min - 1 + (kind >> 1) % (api.max - api.min + 3));
    if (kind % 2 == 0)
      check<Request>(body, version);
    else
      check<Response>(body, version);
  });
  return 0;
}
