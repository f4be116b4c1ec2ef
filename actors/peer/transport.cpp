#include "actors/peer/transport.hpp"

#include "actors/peer/tls.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::peer {

namespace {

bool is_passing(int problem) { return problem == EAGAIN || problem == EWOULDBLOCK || problem == EINTR; }

int ssl_size(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

} // namespace

transport::transport(int descriptor, ssl_ptr ssl, std::string address)
    : descriptor_(descriptor), ssl_(std::move(ssl)), address_(std::move(address)) {
  if (ssl_)
    SSL_set_fd(ssl_.get(), descriptor_);
}

transport::~transport() {
  if (owned_ && descriptor_ >= 0)
    ::close(descriptor_);
}

io_outcome transport::outcome_of(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return io_outcome::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return io_outcome::wants_write;
    default:
      trouble_ = tls_trouble(ssl_.get());
      return io_outcome::ended;
  }
}

io_outcome transport::secure() {
  if (!ssl_)
    return io_outcome::done;
  ERR_clear_error();
  auto result = SSL_do_handshake(ssl_.get());
  return result == 1 ? io_outcome::done : outcome_of(result);
}

io_outcome transport::read(void* to, std::size_t size, std::size_t& got) {
  got = 0;
  if (ssl_) {
    ERR_clear_error();
    auto result = SSL_read(ssl_.get(), to, ssl_size(size));
    if (result <= 0)
      return outcome_of(result);
    got = static_cast<std::size_t>(result);
  } else {
    auto result = ::recv(descriptor_, to, size, 0);
    if (result <= 0)
      return result < 0 && is_passing(errno) ? io_outcome::wants_read : io_outcome::ended;
    got = static_cast<std::size_t>(result);
  }
  received_bytes_.fetch_add(got, std::memory_order_relaxed);
  return io_outcome::done;
}

io_outcome transport::write(const void* from, std::size_t size, std::size_t& put) {
  put = 0;
  if (ssl_) {
    ERR_clear_error();
    auto result = SSL_write(ssl_.get(), from, ssl_size(size));
    if (result <= 0)
      return outcome_of(result);
    put = static_cast<std::size_t>(result);
  } else {
    auto result = ::send(descriptor_, from, size, MSG_NOSIGNAL);
    if (result < 0)
      return is_passing(errno) ? io_outcome::wants_write : io_outcome::ended;
    put = static_cast<std::size_t>(result);
  }
  return io_outcome::done;
}

bool transport::has_pending() const noexcept { return ssl_ && SSL_pending(ssl_.get()) > 0; }

void transport::cut() noexcept {
  std::lock_guard lock{mutex_};
  if (descriptor_ >= 0)
    ::shutdown(descriptor_, SHUT_RDWR);
}

void transport::forget_descriptor() noexcept {
  std::lock_guard lock{mutex_};
  descriptor_ = -1;
}

} // namespace troupe::peer
