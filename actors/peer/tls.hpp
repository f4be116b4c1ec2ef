// TLS between nodes: both sides show a certificate that the cluster's authority made for their node id. Made by OpenSSL
// directly, and not by caf::openssl, which hides the certificate of the other side and reads all files anew for every
// connection.
#pragma once

#include "actors/peer/transport.hpp"
#include "runtime/base/types.hpp"

#include <memory>
#include <optional>
#include <string>

namespace troupe::peer {

/// Paths of PEM files; all or none.
struct tls_files {
  std::string certificate; ///< of this node; others of its chain may follow in the file
  std::string key;
  std::string ca;

  bool any() const { return !certificate.empty() || !key.empty() || !ca.empty(); }
  bool all() const { return !certificate.empty() && !key.empty() && !ca.empty(); }
};

class tls_context {
public:
  /// Reads the files, and looks at the own certificate as another node will. An error is one sentence.
  static result<std::shared_ptr<const tls_context>> load(const tls_files& files, node_id self);

  /// For one connection; null if there is no memory.
  ssl_ptr connecting() const;
  ssl_ptr accepting() const;

private:
  struct free_context {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };

  tls_context() = default;
  std::unique_ptr<SSL_CTX, free_context> context_;
};

using tls_context_ptr = std::shared_ptr<const tls_context>;

/// The node that a certificate was made for.
std::optional<node_id> certified_node(const X509* certificate);
/// The node that the other side of a connection has proved to be.
std::optional<node_id> certified_node(const SSL* connection);

/// Why OpenSSL has given up on a connection, as the end of a sentence about the other side; empty if it was just closed.
/// Takes what OpenSSL has left for this thread.
std::string tls_trouble(const SSL* connection);

} // namespace troupe::peer
