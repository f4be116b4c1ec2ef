#define CAF_SUITE wire_messages
#include "caf/test/unit_test.hpp"

#include "tests/wire/all_messages.hpp"

#include "runtime/wire/randomizer.hpp"

#include <set>

using namespace troupe;
using namespace troupe::wire;

namespace {

constexpr int instances_per_version = 1'500;

/// Compares the default in a struct with the one in its description; they must not drift apart.
struct default_checker {
  api_version version;
  int checked = 0;
  int last_tag = -1;

  template <class T, class D = T>
  void operator()(const char* name, T& value, field spec = always, const D& normal = D{}) {
    if (!spec.is_in(version))
      return;
    if (spec.tag >= 0) {
      ++checked;
      CAF_CHECK(value == normal);
    }
    if (spec.tag <= last_tag && last_tag >= 0)
      CAF_ERROR(std::string{name} + " stands behind a field with a higher tag");
    last_tag = spec.tag;
    inner(value);
  }

  template <class T>
  void inner(T& value) {
    if constexpr (requires { describe(*this, value); }) {
      auto outer = std::exchange(last_tag, -1);
      describe(*this, value);
      last_tag = outer;
    }
  }
  template <class T>
  void inner(std::vector<T>&) {
    T element;
    inner(element);
  }
};

template <class T>
T round_trip(const T& message, api_version version) {
  auto decoded = decode<T>(encoded(message, version), version);
  CAF_REQUIRE(decoded);
  return *decoded;
}

} // namespace

CAF_TEST(random instances of every message in every version come back) {
  random_source random{0x7ab1e};
  std::size_t messages = 0;
  std::set<std::string_view> labels;
  for_each_message([&]<class T>(api_version version) {
    labels.insert(T::label);
    for (int i = 0; i < instances_per_version; ++i) {
      auto message = random_message<T>(random, version);
      std::vector<char> out;
      encode(message, version, out);
      if (out.size() != encoded_size(message, version))
        CAF_FAIL(title<T>(version) << ": size");
      auto body = bytes::copy_of({out.data(), out.size()});
      auto decoded = decode<T>(body, version);
      if (!decoded)
        CAF_FAIL(decoded.error().message());
      if (!(*decoded == message))
        CAF_FAIL(title<T>(version) << " differs: " << to_json(message, version)
                                   << to_json(*decoded, version));
      if (encoded(*decoded, version) != body)
        CAF_FAIL(title<T>(version) << ": other bytes");
      ++messages;
    }
  });
  CAF_CHECK_EQUAL(labels.size(), 2 * catalog().size());
  CAF_CHECK_GREATER(messages, 200'000u);
}

CAF_TEST(every truncation of a message is refused and so is a byte too many in a response) {
  random_source random{77};
  for_each_message([&]<class T>(api_version version) {
    for (int i = 0; i < 20; ++i) {
      auto body = encoded(random_message<T>(random, version), version);
      for (std::size_t size = 0; size < body.size(); ++size)
        if (decode<T>(body.slice(0, size), version))
          CAF_FAIL(title<T>(version) << " cut to " << size << " of " << body.size());
      auto longer = decode<T>(bytes::copy_of(std::string{body.view()} + '\0'), version);
      if (T::label.ends_with("_request")) {
        CAF_REQUIRE(longer && encoded(*longer, version).view() == body.view());
      } else {
        CAF_REQUIRE(!longer && longer.error() == errc::malformed);
      }
    }
  });
}

CAF_TEST(damaged messages are refused or decoded but never read out of bounds) {
  random_source random{78};
  std::size_t refused = 0, accepted = 0;
  for_each_message([&]<class T>(api_version version) {
    for (int i = 0; i < 100; ++i) {
      auto body = encoded(random_message<T>(random, version), version);
      if (body.empty())
        return;
      for (auto flips = 1 + random.below(3); flips > 0; --flips)
        body.mutable_data()[random.below(body.size())] = static_cast<char>(random.next());
      auto decoded = decode<T>(body, version);
      ++(decoded ? accepted : refused);
      if (decoded)
        to_json(*decoded, version);
    }
  });
  CAF_CHECK_GREATER(refused, 1'000u);
  CAF_CHECK_GREATER(accepted, 1'000u);
}

CAF_TEST(an unknown version is refused) {
  for_each_api([]<class Request, class Response>() {
    auto& api = info(Request::api);
    for (auto version : {api.min - 1, api.max + 1, -1, 32'767}) {
      auto request = decode<Request>(bytes{}, static_cast<api_version>(version));
      CAF_REQUIRE(!request && request.error() == errc::unsupported_version);
      CAF_REQUIRE(!decode<Response>(bytes{}, static_cast<api_version>(version)));
    }
  });
}

CAF_TEST(the defaults of tagged fields are those of the structs and tags ascend) {
  int tagged = 0;
  for_each_message([&]<class T>(api_version version) {
    T message;
    default_checker check{version};
    check.inner(message);
    tagged += check.checked;
  });
  CAF_CHECK_GREATER(tagged, 50);
}

CAF_TEST(records share the frame and null differs from empty) {
  produce_request request;
  request.topic_data.push_back({"t", {}, {{0, bytes::copy_of("records")}, {1, bytes{}}, {2, std::nullopt}}});
  for (api_version version : {3, 8, 9, 12}) {
    auto body = encoded(request, version);
    auto decoded = decode<produce_request>(body, version);
    CAF_REQUIRE(decoded);
    auto& partitions = decoded->topic_data.at(0).partition_data;
    CAF_REQUIRE_EQUAL(partitions.size(), 3u);
    CAF_CHECK_EQUAL(partitions[0].records->view(), "records");
    CAF_CHECK(partitions[0].records->data() > body.data());
    CAF_CHECK(partitions[0].records->data() < body.data() + body.size());
    CAF_CHECK(partitions[1].records && partitions[1].records->empty());
    CAF_CHECK(!partitions[2].records);
  }
}

CAF_TEST(slices of records are joined on the wire in one exact allocation) {
  fetch_response response;
  response.responses.push_back({"t", {}, {{}}});
  response.responses[0].partitions[0].records =
      record_slices{{bytes::copy_of(std::string(5'000, 'a')), bytes::copy_of("bc")}};
  for (api_version version : {4, 11, 12}) {
    std::vector<char> out;
    encode(response, version, out);
    CAF_CHECK_EQUAL(out.capacity(), out.size());
    auto decoded = decode<fetch_response>(bytes::copy_of({out.data(), out.size()}), version);
    CAF_REQUIRE(decoded);
    auto& records = decoded->responses.at(0).partitions.at(0).records;
    CAF_REQUIRE(records && records->slices.size() == 1);
    CAF_CHECK_EQUAL(records->slices[0].view(), std::string(5'000, 'a') + "bc");
  }
}

CAF_TEST(null is written as empty where a version has no null) {
  metadata_request all;
  auto raw = encoded(all, 0);
  CAF_CHECK_EQUAL(raw.view(), std::string_view("\0\0\0\0", 4));
  CAF_CHECK(round_trip(all, 0).topics->empty());
  CAF_CHECK(!round_trip(all, 1).topics);
  metadata_request one;
  one.topics.emplace(1);
  CAF_CHECK(round_trip(one, 9).topics->at(0).name == "");
  CAF_CHECK(round_trip(one, 10).topics->at(0).name == std::nullopt);
  // A null that a client sends there is refused.
  CAF_CHECK(!decode<metadata_request>(bytes::copy_of("\xff\xff\xff\xff"), 0));
}

CAF_TEST(a text that is too long for its length is cut) {
  create_topics_response response;
  response.topics.emplace_back().error_message = std::string(40'000, 'x');
  CAF_CHECK(round_trip(response, 4).topics.at(0).error_message->size() == 32'767);
  CAF_CHECK(round_trip(response, 5).topics.at(0).error_message->size() == 40'000);
}

CAF_TEST(an error names message version and field) {
  produce_request request;
  request.topic_data.push_back({"t", {}, {{0, bytes::copy_of("records")}}});
  auto body = encoded(request, 7);
  auto decoded = decode<produce_request>(body.slice(0, body.size() - 1), 7);
  CAF_REQUIRE(!decoded);
  CAF_CHECK_EQUAL(decoded.error().detail.substr(0, 27), "produce_request v7: records");
}

CAF_TEST(messages print as one line of JSON) {
  metadata_request request;
  request.topics.emplace();
  request.topics->push_back({{}, "a\"\n\xc3\xa4\xff"});
  request.topics->push_back({{}, std::nullopt});
  CAF_CHECK_EQUAL(to_json(request, 1),
                  "{\"topics\":[{\"name\":\"a\\\"\\u000a\xc3\xa4\\u00ff\"},{\"name\":null}]}");
  CAF_CHECK_EQUAL(to_json(api_versions_request{}, 0), "{}");
  produce_request produce;
  produce.topic_data.push_back({"t", {}, {{0, bytes::copy_of("records")}}});
  CAF_CHECK_EQUAL(to_json(produce, 3),
                  "{\"transactional_id\":null,\"acks\":0,\"timeout_ms\":0,\"topic_data\":[{\"name\":\"t\","
                  "\"partition_data\":[{\"index\":0,\"records\":{\"size_bytes\":7}}]}]}");
}
