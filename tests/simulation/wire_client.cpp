#include "tests/simulation/wire_client.hpp"

#include <algorithm>

namespace troupe::simulation {

bool wire_client::connect() {
  drop();
  pipe_ = node_.connect();
  return pipe_ != nullptr;
}

void wire_client::drop() {
  if (pipe_) {
    pipe_->client_gone = true;
    node_.moved(pipe_);
  }
  pipe_.reset();
  frames_ = wire::frame_reader{};
  expected_.clear();
}

wire::api_version wire_client::draw_version(wire::api_key key, wire::api_version least,
                                            wire::api_version most) {
  auto& known = wire::info(key);
  least = std::max(least, known.min);
  most = std::min(most, known.max);
  return static_cast<wire::api_version>(
      least + static_cast<int>(random_.below(static_cast<std::uint64_t>(most - least) + 1)));
}

std::optional<answer> wire_client::receive() {
  if (!pipe_)
    return std::nullopt;
  std::string_view waiting{pipe_->to_client.data(), pipe_->to_client.size()};
  auto frame = frames_.next(waiting);
  auto taken = pipe_->to_client.size() - waiting.size();
  auto had_been_full = taken > 0;
  pipe_->to_client.erase(pipe_->to_client.begin(),
                         pipe_->to_client.begin() + static_cast<std::ptrdiff_t>(taken));
  if (had_been_full)
    node_.moved(pipe_);
  if (!frame) {
    report_.fail(outcome::correctness,
                 "wire: the stream of answers makes no sense: " + frame.error().message());
    return std::nullopt;
  }
  if (!*frame)
    return std::nullopt;
  if (expected_.empty()) {
    report_.fail(outcome::correctness, "wire: an answer that nobody asked for");
    return std::nullopt;
  }
  auto expected = expected_.front();
  expected_.pop_front();
  auto opened = wire::open_response(**frame, expected.key, expected.version);
  if (!opened || opened->correlation_id != expected.correlation_id) {
    report_.fail(outcome::correctness, "wire: an answer that is not the next one's");
    return std::nullopt;
  }
  return answer{opened->correlation_id, expected.key, expected.version, std::move(opened->body)};
}

} // namespace troupe::simulation
