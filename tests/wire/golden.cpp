#define CAF_SUITE wire_golden
#include "caf/test/unit_test.hpp"

#include "tests/wire/all_messages.hpp"

#include "runtime/wire/header.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

using namespace troupe;
using namespace troupe::wire;

namespace {

struct golden_frame {
  std::string kind; // request, response, refusal
  api_version version = 0;
  std::string origin;
  std::string hex;
};

bytes from_hex(std::string_view hex) {
  CAF_REQUIRE(hex.size() % 2 == 0);
  auto raw = bytes::allocate(hex.size() / 2);
  for (std::size_t i = 0; i < raw.size(); ++i)
    raw.mutable_data()[i] = static_cast<char>(std::stoi(std::string{hex.substr(2 * i, 2)}, nullptr, 16));
  return raw;
}

std::vector<golden_frame> golden_frames(std::string_view api) {
  std::ifstream file{std::string{TROUPE_GOLDEN_DIR} + "/" + std::string{api} + ".txt"};
  CAF_REQUIRE(file.is_open());
  std::vector<golden_frame> frames;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#')
      continue;
    if (line[0] != 'r') {
      CAF_REQUIRE(!frames.empty());
      frames.back().hex += line;
      continue;
    }
    std::istringstream words{line};
    auto& frame = frames.emplace_back();
    words >> frame.kind >> frame.version;
    std::getline(words, frame.origin);
  }
  return frames;
}

/// The name of an API's file: that of its messages.
template <class Request>
std::string_view file_name() {
  return Request::label.substr(0, Request::label.rfind('_'));
}

/// Decodes with nothing left over and encodes to the same bytes.
template <class T>
bool comes_back(const bytes& body, const golden_frame& frame) {
  auto message = decode<T>(body, frame.version);
  if (!message) {
    CAF_ERROR(frame.kind + frame.origin + ": " + message.error().message());
    return false;
  }
  if (encoded(*message, frame.version) != body) {
    CAF_ERROR(title<T>(frame.version) + frame.origin + ": other bytes for "
              + to_json(*message, frame.version));
    return false;
  }
  return true;
}

template <class Request>
void check_request(const golden_frame& frame) {
  auto raw = from_hex(frame.hex);
  auto request = open_request(raw);
  CAF_REQUIRE(request);
  CAF_CHECK(request->header.key == Request::api);
  CAF_CHECK_EQUAL(request->header.version, frame.version);
  if (!comes_back<Request>(request->body, frame))
    return;
  std::vector<char> out;
  append_request(request->header, *decode<Request>(request->body, frame.version), out);
  CAF_CHECK(std::string_view(out.data() + frame_size_bytes, out.size() - frame_size_bytes) == raw.view());
}

template <class Response>
void check_response(const golden_frame& frame) {
  auto raw = from_hex(frame.hex);
  auto response = open_response(raw, Response::api, frame.version);
  CAF_REQUIRE(response);
  if (!comes_back<Response>(response->body, frame))
    return;
  std::vector<char> out;
  append_response(response->correlation_id, frame.version, *decode<Response>(response->body, frame.version),
                  out);
  CAF_CHECK(std::string_view(out.data() + frame_size_bytes, out.size() - frame_size_bytes) == raw.view());
}

} // namespace

CAF_TEST(requests of real clients and answers of Kafka come back byte for byte) {
  std::size_t requests = 0;
  for_each_api([&]<class Request, class Response>() {
    std::set<api_version> answered;
    for (auto& frame : golden_frames(file_name<Request>())) {
      if (frame.kind == "request") {
        check_request<Request>(frame);
        ++requests;
      } else {
        check_response<Response>(frame);
        answered.insert(frame.version);
      }
    }
    auto& api = info(Request::api);
    CAF_CHECK_EQUAL(answered.size(), static_cast<std::size_t>(api.max - api.min + 1));
  });
  CAF_CHECK_GREATER(requests, 90u);
}

CAF_TEST(what clients say is understood) {
  std::size_t seen = 0;
  for (auto& frame : golden_frames("produce")) {
    if (frame.kind != "request")
      continue;
    auto request = open_request(from_hex(frame.hex));
    CAF_REQUIRE(request);
    auto produce = decode<produce_request>(request->body, frame.version);
    CAF_REQUIRE(produce && !produce->topic_data.empty());
    CAF_CHECK(produce->acks == -1 || produce->acks == 1);
    auto& topic = produce->topic_data[0];
    CAF_CHECK_EQUAL(topic.name.empty(), frame.version >= 13);
    CAF_CHECK_EQUAL(topic.topic_id.is_zero(), frame.version < 13);
    auto& records = topic.partition_data.at(0).records;
    constexpr std::size_t magic_position = 16;
    CAF_REQUIRE(records && records->size() > magic_position);
    CAF_CHECK_EQUAL(records->view()[magic_position], 2);
    ++seen;
  }
  CAF_CHECK_GREATER(seen, 5u);
}

CAF_TEST(the catalog advertises the ranges of Kafka) {
  for (auto& frame : golden_frames("api_versions")) {
    if (frame.kind != "response")
      continue;
    auto response = open_response(from_hex(frame.hex), api_key::api_versions, frame.version);
    CAF_REQUIRE(response);
    auto versions = decode<api_versions_response>(response->body, frame.version);
    CAF_REQUIRE(versions);
    for (auto& api : catalog()) {
      auto same_key = [&](auto& range) { return range.api_key == static_cast<std::int16_t>(api.key); };
      auto range = std::find_if(versions->api_keys.begin(), versions->api_keys.end(), same_key);
      CAF_REQUIRE(range != versions->api_keys.end());
      CAF_CHECK_EQUAL(range->min_version, api.advertised_min);
      CAF_CHECK_EQUAL(range->max_version, api.max);
    }
  }
}

CAF_TEST(the refusal of an ApiVersions version is a body of version 0) {
  auto frames = golden_frames("api_versions");
  auto refusal =
      std::find_if(frames.begin(), frames.end(), [](auto& frame) { return frame.kind == "refusal"; });
  CAF_REQUIRE(refusal != frames.end());
  auto raw = from_hex(refusal->hex);
  auto response = open_response(raw, api_key::api_versions, 5);
  CAF_REQUIRE(response);
  auto versions = decode<api_versions_response>(response->body, 0);
  CAF_REQUIRE(versions);
  CAF_CHECK_EQUAL(versions->error_code, 35);
  auto range = api_versions_response::api_version_range{18, 0, 4};
  CAF_CHECK(std::find(versions->api_keys.begin(), versions->api_keys.end(), range)
            != versions->api_keys.end());
}
