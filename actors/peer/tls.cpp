#include "actors/peer/tls.hpp"

#include "runtime/security/certificates.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace troupe::peer {

namespace {

struct free_names {
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};
struct free_store_context {
  void operator()(X509_STORE_CTX* context) const noexcept { X509_STORE_CTX_free(context); }
};

std::string last_reason() {
  auto code = ERR_peek_last_error();
  ERR_clear_error();
  auto* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason ? reason : "OpenSSL does not say why";
}

tl::unexpected<error> bad_file(const std::string& what, const std::string& path) {
  return fail(errc::invalid_argument, "cannot read the " + what + " of the peer listener from " + path + ": " + last_reason());
}

/// No renegotiation, no resumption: what is shown at the beginning holds to the end, and each connection shows it anew.
void restrict_to_what_nodes_need(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

/// Empty if another node with the same authority will take the certificate.
std::string flaw_of_own_certificate(SSL_CTX* context) {
  std::unique_ptr<X509_STORE_CTX, free_store_context> check{X509_STORE_CTX_new()};
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  if (!check
      || X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context), SSL_CTX_get0_certificate(context), chain) != 1)
    return last_reason();
  for (auto purpose : {X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT}) {
    X509_STORE_CTX_set_purpose(check.get(), purpose);
    if (X509_verify_cert(check.get()) != 1)
      return X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
    X509_STORE_CTX_cleanup(check.get());
    X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context), SSL_CTX_get0_certificate(context), chain);
  }
  return {};
}

ssl_ptr new_session(SSL_CTX* context, void (*set_side)(SSL*)) {
  ssl_ptr session{SSL_new(context)};
  if (session)
    set_side(session.get());
  return session;
}

} // namespace

result<std::shared_ptr<const tls_context>> tls_context::load(const tls_files& files, node_id self) {
  std::shared_ptr<tls_context> made{new tls_context};
  made->context_.reset(SSL_CTX_new(TLS_method()));
  auto* context = made->context_.get();
  if (!context)
    return fail(errc::io_error, "cannot set up TLS: " + last_reason());
  ERR_clear_error();
  restrict_to_what_nodes_need(context);
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return bad_file("certificate", files.certificate);
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return bad_file("key", files.key);
  if (SSL_CTX_load_verify_file(context, files.ca.c_str()) != 1)
    return bad_file("CA", files.ca);
  auto made_for = certified_node(SSL_CTX_get0_certificate(context));
  auto name = "node " + std::to_string(self.value());
  if (made_for != self)
    return fail(errc::invalid_argument,
                "the certificate " + files.certificate + " is "
                    + (made_for ? "for node " + std::to_string(made_for->value()) : "for no node") + ", and this is " + name
                    + ": it needs the URI " + security::node_uri(self)
                    + " as a subject alternative name (`troupe cert node` makes such ones)");
  if (auto flaw = flaw_of_own_certificate(context); !flaw.empty())
    return fail(errc::invalid_argument, "no other node would take the certificate " + files.certificate
                                            + " with the CA in " + files.ca + ": " + flaw);
  return made;
}

ssl_ptr tls_context::connecting() const { return new_session(context_.get(), SSL_set_connect_state); }
ssl_ptr tls_context::accepting() const { return new_session(context_.get(), SSL_set_accept_state); }

std::optional<node_id> certified_node(const X509* certificate) {
  if (!certificate)
    return std::nullopt;
  std::unique_ptr<GENERAL_NAMES, free_names> names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  std::optional<node_id> found;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI)
      continue;
    std::string_view uri{reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.uniformResourceIdentifier)),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.uniformResourceIdentifier))};
    auto node = security::node_of_uri(uri);
    if (node && found)
      return std::nullopt; // nobody is two nodes
    if (node)
      found = node;
  }
  return found;
}

std::optional<node_id> certified_node(const SSL* connection) {
  if (SSL_get_verify_result(connection) != X509_V_OK)
    return std::nullopt;
  return certified_node(SSL_get0_peer_certificate(connection));
}

std::string tls_trouble(const SSL* connection) {
  auto code = ERR_peek_last_error();
  ERR_clear_error();
  if (auto verified = SSL_get_verify_result(connection); verified != X509_V_OK)
    return std::string{"its certificate is not good: "} + X509_verify_cert_error_string(verified);
  if (code == 0 || ERR_GET_LIB(code) != ERR_LIB_SSL)
    return {};
  auto reason = ERR_GET_REASON(code);
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
    return "it shows no certificate";
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST)
    return "it does not speak TLS";
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    return {};
  auto* text = ERR_reason_error_string(code);
  return std::string{reason >= SSL_AD_REASON_OFFSET ? "it refuses this node in TLS: " : "TLS failed: "} + (text ? text : "?");
}

} // namespace troupe::peer
