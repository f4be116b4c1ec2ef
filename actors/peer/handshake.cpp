#include "actors/peer/handshake.hpp"

#include "runtime/base/check.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

namespace troupe::peer {

namespace {

int pending_error(int descriptor) {
  int problem = 0;
  socklen_t size = sizeof problem;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 ? problem : errno;
}

/// The kernel connects a socket to itself when it dials the port that it was itself given.
bool is_connected_to_itself(int descriptor) {
  sockaddr_storage here{};
  sockaddr_storage there{};
  socklen_t here_size = sizeof here;
  socklen_t there_size = sizeof there;
  return ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&here), &here_size) == 0
         && ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&there), &there_size) == 0
         && here_size == there_size && std::memcmp(&here, &there, here_size) == 0;
}

} // namespace

handshake::handshake(transport_ptr over, bool connecting)
    : over_(std::move(over)), stage_(connecting ? stage::connecting : stage::securing),
      events_(connecting ? POLLOUT : POLLIN) {
  in_.resize(greeting_frame_header_bytes);
}

short handshake::wanted_events() const noexcept {
  return stage_ == stage::idle || stage_ == stage::over ? short{0} : events_;
}

handshake::step handshake::advance() {
  switch (stage_) {
    case stage::connecting:
      return connect();
    case stage::securing:
      return secure();
    case stage::sending:
      return write();
    case stage::receiving:
      return read();
    default:
      return step::blocked;
  }
}

void handshake::send(std::vector<char> frame) {
  CHECK(stage_ == stage::idle);
  out_ = std::move(frame);
  written_ = 0;
  events_ = POLLOUT;
  stage_ = stage::sending;
}

void handshake::receive() {
  CHECK(stage_ == stage::idle);
  in_.resize(greeting_frame_header_bytes);
  collected_ = 0;
  events_ = POLLIN;
  stage_ = stage::receiving;
}

handshake::step handshake::connect() {
  if (auto problem = pending_error(over_->descriptor()); problem != 0) {
    refused_ = problem == ECONNREFUSED;
    return fail(std::strerror(problem));
  }
  if (is_connected_to_itself(over_->descriptor())) {
    refused_ = true;
    return fail(std::strerror(ECONNREFUSED));
  }
  stage_ = stage::securing;
  return secure();
}

handshake::step handshake::secure() {
  if (auto outcome = over_->secure(); outcome != io_outcome::done)
    return block(outcome);
  stage_ = stage::idle;
  return step::secured;
}

handshake::step handshake::write() {
  while (written_ < out_.size()) {
    std::size_t put = 0;
    if (auto outcome = over_->write(out_.data() + written_, out_.size() - written_, put); outcome != io_outcome::done)
      return block(outcome);
    written_ += put;
  }
  stage_ = stage::idle;
  return step::sent;
}

// Exactly the frame and no byte more: what is behind it is for CAF.
handshake::step handshake::read() {
  bool complete = false;
  if (in_.size() == greeting_frame_header_bytes) {
    if (auto did = fill(greeting_frame_header_bytes, complete); !complete)
      return did;
    auto size = body_size({in_.data(), greeting_frame_header_bytes});
    if (!size)
      return fail(size.error().detail);
    in_.resize(greeting_frame_header_bytes + *size);
  }
  if (auto did = fill(in_.size(), complete); !complete)
    return did;
  stage_ = stage::idle;
  return step::received;
}

handshake::step handshake::fill(std::size_t size, bool& complete) {
  while (collected_ < size) {
    std::size_t got = 0;
    if (auto outcome = over_->read(in_.data() + collected_, size - collected_, got); outcome != io_outcome::done)
      return block(outcome);
    collected_ += got;
  }
  complete = true;
  return step::received;
}

handshake::step handshake::block(io_outcome outcome) {
  if (outcome == io_outcome::ended)
    return fail(over_->trouble().empty() ? std::string{closed_by_other} : over_->trouble());
  events_ = outcome == io_outcome::wants_read ? POLLIN : POLLOUT;
  return step::blocked;
}

handshake::step handshake::fail(std::string why) {
  stage_ = stage::over;
  why_ = std::move(why);
  return step::failed;
}

} // namespace troupe::peer
