#include "runtime/security/certificates.hpp"

#include <charconv>
#include <memory>

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace troupe::security {

namespace {

constexpr std::string_view uri_begin = "urn:troupe:node:";
constexpr auto key_curve = "P-256";
constexpr int serial_bits = 127; // RFC 5280: positive, at most 20 bytes

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using memory_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;
using number_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;

tl::unexpected<error> openssl_failed(const std::string& what) {
  auto code = ERR_get_error();
  auto* why = ERR_reason_error_string(code);
  return fail(errc::io_error, what + ": " + (why ? why : "OpenSSL does not say why"));
}

std::string text_in(BIO* memory) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

result<key_pair> to_pem(X509* certificate, EVP_PKEY* key) {
  memory_ptr certificate_text{BIO_new(BIO_s_mem())};
  memory_ptr key_text{BIO_new(BIO_s_mem())};
  if (PEM_write_bio_X509(certificate_text.get(), certificate) != 1
      || PEM_write_bio_PKCS8PrivateKey(key_text.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return openssl_failed("cannot write a certificate");
  return key_pair{text_in(certificate_text.get()), text_in(key_text.get())};
}

bool set_random_serial(X509* certificate) {
  number_ptr number{BN_new()};
  return number && BN_rand(number.get(), serial_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1
         && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

bool set_name(X509* certificate, const std::string& name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()),
                                    -1, 0)
         == 1;
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  extension_ptr extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// All but the issuer, the extensions and the signature.
certificate_ptr begin_certificate(EVP_PKEY* key, const std::string& name, validity valid) {
  certificate_ptr made{X509_new()};
  auto fine = made && X509_set_version(made.get(), X509_VERSION_3) == 1 && set_random_serial(made.get())
              && X509_gmtime_adj(X509_getm_notBefore(made.get()), valid.from_s)
              && X509_gmtime_adj(X509_getm_notAfter(made.get()), valid.until_s)
              && X509_set_pubkey(made.get(), key) == 1 && set_name(made.get(), name);
  return fine ? std::move(made) : nullptr;
}

bool is_address(const std::string& host) {
  char raw[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, host.c_str(), raw) == 1 || ::inet_pton(AF_INET6, host.c_str(), raw) == 1;
}

/// A host goes into OpenSSL's own little language, where commas and line ends mean something.
bool is_harmless(const std::string& host) {
  return !host.empty() && host.size() <= 253
         && host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:*") == host.npos;
}

result<certificate_ptr> read_certificate(const std::string& pem) {
  memory_ptr memory{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  certificate_ptr read{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)};
  if (!read)
    return openssl_failed("the authority's certificate cannot be read");
  return read;
}

result<key_ptr> read_key(const std::string& pem) {
  memory_ptr memory{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  key_ptr read{PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr)};
  if (!read)
    return openssl_failed("the authority's key cannot be read");
  return read;
}

} // namespace

std::string node_uri(node_id node) { return std::string{uri_begin} + std::to_string(node.value()); }

std::optional<node_id> node_of_uri(std::string_view uri) {
  if (!uri.starts_with(uri_begin))
    return std::nullopt;
  auto digits = uri.substr(uri_begin.size());
  std::int32_t number = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  node_id node{number};
  return number >= 0 && uri == node_uri(node) ? std::optional{node} : std::nullopt;
}

result<key_pair> make_authority(const std::string& name, validity valid) {
  key_ptr key{EVP_EC_gen(key_curve)};
  auto made = key ? begin_certificate(key.get(), name, valid) : nullptr;
  auto fine = made && X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) == 1
              && add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
              && add_extension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign")
              && add_extension(made.get(), made.get(), NID_subject_key_identifier, "hash")
              && X509_sign(made.get(), key.get(), EVP_sha256()) > 0;
  if (!fine)
    return openssl_failed("cannot make an authority");
  return to_pem(made.get(), key.get());
}

result<key_pair> make_node_certificate(const key_pair& authority, node_id node, const std::vector<std::string>& hosts,
                                       validity valid) {
  auto issuer = read_certificate(authority.certificate);
  if (!issuer)
    return fail(std::move(issuer));
  auto issuer_key = read_key(authority.key);
  if (!issuer_key)
    return fail(std::move(issuer_key));
  if (X509_check_private_key(issuer->get(), issuer_key->get()) != 1)
    return fail(errc::invalid_argument, "the authority's key does not belong to its certificate");
  auto names = "URI:" + node_uri(node);
  for (auto& host : hosts) {
    if (!is_harmless(host))
      return fail(errc::invalid_argument, "'" + host + "' is neither the name nor the address of a host");
    names += (is_address(host) ? ",IP:" : ",DNS:") + host;
  }
  key_ptr key{EVP_EC_gen(key_curve)};
  auto made = key ? begin_certificate(key.get(), "troupe-node-" + std::to_string(node.value()), valid) : nullptr;
  auto fine = made && X509_set_issuer_name(made.get(), X509_get_subject_name(issuer->get())) == 1
              && add_extension(made.get(), issuer->get(), NID_basic_constraints, "critical,CA:FALSE")
              && add_extension(made.get(), issuer->get(), NID_key_usage, "critical,digitalSignature")
              && add_extension(made.get(), issuer->get(), NID_ext_key_usage, "serverAuth,clientAuth")
              && add_extension(made.get(), issuer->get(), NID_subject_key_identifier, "hash")
              && add_extension(made.get(), issuer->get(), NID_authority_key_identifier, "keyid")
              && add_extension(made.get(), issuer->get(), NID_subject_alt_name, names)
              && X509_sign(made.get(), issuer_key->get(), EVP_sha256()) > 0;
  if (!fine)
    return openssl_failed("cannot make a certificate for node " + std::to_string(node.value()));
  return to_pem(made.get(), key.get());
}

} // namespace troupe::security
