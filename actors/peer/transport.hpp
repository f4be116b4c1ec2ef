// One connected socket to another node, plain or with TLS. First the door greets over it, on its own thread; then it belongs
// to CAF's event loop (peer_scribe). Whoever has it may cut it, from any thread.
#pragma once

#include "runtime/base/error.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <openssl/ssl.h>

namespace troupe::peer {

struct free_ssl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using ssl_ptr = std::unique_ptr<SSL, free_ssl>;

enum class io_outcome : std::uint8_t { done, wants_read, wants_write, ended };

class transport {
public:
  /// Takes a non-blocking socket, and a TLS session that knows whether it connects or accepts (null: plain).
  transport(int descriptor, ssl_ptr ssl, std::string address);
  ~transport();
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  SSL* ssl() const noexcept { return ssl_.get(); }
  /// "127.0.0.1:40312": the other end.
  const std::string& address() const noexcept { return address_; }

  // For the one thread that it belongs to at the time.
  /// Goes on with TLS's handshake; done at once without TLS.
  io_outcome secure();
  io_outcome read(void* to, std::size_t size, std::size_t& got);
  io_outcome write(const void* from, std::size_t size, std::size_t& put);
  /// Bytes that were taken from the socket and not read yet: polling the socket would not tell of them.
  bool has_pending() const noexcept;

  /// Why it has ended, if TLS says so: the end of a sentence about the other side.
  const std::string& trouble() const noexcept { return trouble_; }

  /// Nothing more comes or goes; whoever reads gets `ended`. Safe from any thread, at any time.
  void cut() noexcept;
  /// CAF's handler closes the descriptor from now on, or is about to.
  void leave_to_handler() noexcept { owned_ = false; }
  void forget_descriptor() noexcept;

  std::uint64_t received_bytes() const noexcept { return received_bytes_.load(std::memory_order_relaxed); }

private:
  io_outcome outcome_of(int result);

  std::mutex mutex_; ///< of the descriptor's closing
  int descriptor_;
  bool owned_ = true;
  ssl_ptr ssl_;
  std::string address_;
  std::string trouble_;
  std::atomic<std::uint64_t> received_bytes_{0};
};

using transport_ptr = std::shared_ptr<transport>;

} // namespace troupe::peer
