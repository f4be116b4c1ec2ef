#define CAF_SUITE certificates

#include "runtime/security/certificates.hpp"

#include "caf/test/unit_test.hpp"

#include <memory>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

using namespace troupe;
using namespace troupe::security;

namespace {

constexpr validity a_day{-60, 86'400};

std::shared_ptr<X509> parse(const std::string& pem) {
  std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
  return {PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr), X509_free};
}

/// What OpenSSL says of the certificate for this purpose; X509_V_OK if all is well.
int verify(const std::string& authority, const std::string& certificate, int purpose) {
  std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store{X509_STORE_new(), X509_STORE_free};
  auto trusted = parse(authority);
  auto checked = parse(certificate);
  X509_STORE_add_cert(store.get(), trusted.get());
  std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context{X509_STORE_CTX_new(), X509_STORE_CTX_free};
  X509_STORE_CTX_init(context.get(), store.get(), checked.get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

} // namespace

CAF_TEST(the id of a node is written in one way only) {
  CAF_CHECK_EQUAL(node_uri(node_id{12}), "urn:troupe:node:12");
  CAF_CHECK_EQUAL(node_of_uri("urn:troupe:node:12").value().value(), 12);
  CAF_CHECK_EQUAL(node_of_uri("urn:troupe:node:0").value().value(), 0);
  for (auto wrong : {"", "urn:troupe:node:", "urn:troupe:node:-1", "urn:troupe:node:+1", "urn:troupe:node:01",
                     "urn:troupe:node:1 ", "urn:troupe:node:1x", "urn:troupe:node:99999999999", "URN:troupe:node:1",
                     "urn:troupe:nodes:1"})
    CAF_CHECK(!node_of_uri(wrong));
  CAF_CHECK(!node_of_uri(std::string_view{"urn:troupe:node:1\0", 18}));
}

CAF_TEST(a certificate of the authority is good for both ends of a connection) {
  auto authority = make_authority("test authority", a_day);
  CAF_REQUIRE(authority);
  auto made = make_node_certificate(*authority, node_id{3}, {"host.example", "127.0.0.1", "::1"}, a_day);
  CAF_REQUIRE(made);
  CAF_CHECK_EQUAL(verify(authority->certificate, made->certificate, X509_PURPOSE_SSL_SERVER), X509_V_OK);
  CAF_CHECK_EQUAL(verify(authority->certificate, made->certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
  CAF_CHECK_EQUAL(X509_check_host(parse(made->certificate).get(), "host.example", 0, 0, nullptr), 1);
  CAF_CHECK_EQUAL(X509_check_ip_asc(parse(made->certificate).get(), "::1", 0), 1);
  CAF_CHECK(made->key.find("PRIVATE KEY") != std::string::npos);
}

CAF_TEST(other authorities and other times make it bad) {
  auto authority = make_authority("test authority", a_day);
  auto other = make_authority("test authority", a_day);
  CAF_REQUIRE(authority && other);
  auto made = make_node_certificate(*authority, node_id{3}, {}, a_day);
  auto expired = make_node_certificate(*authority, node_id{3}, {}, {-7'200, -60});
  auto early = make_node_certificate(*authority, node_id{3}, {}, {600, 7'200});
  CAF_REQUIRE(made && expired && early);
  CAF_CHECK(verify(other->certificate, made->certificate, X509_PURPOSE_SSL_SERVER) != X509_V_OK);
  CAF_CHECK_EQUAL(verify(authority->certificate, expired->certificate, X509_PURPOSE_SSL_SERVER), X509_V_ERR_CERT_HAS_EXPIRED);
  CAF_CHECK_EQUAL(verify(authority->certificate, early->certificate, X509_PURPOSE_SSL_SERVER), X509_V_ERR_CERT_NOT_YET_VALID);
}

CAF_TEST(a node cannot make certificates itself) {
  auto authority = make_authority("test authority", a_day);
  CAF_REQUIRE(authority);
  auto node = make_node_certificate(*authority, node_id{3}, {}, a_day);
  CAF_REQUIRE(node);
  auto forged = make_node_certificate(*node, node_id{4}, {}, a_day);
  CAF_REQUIRE(forged);
  CAF_CHECK(verify(authority->certificate, forged->certificate, X509_PURPOSE_SSL_SERVER) != X509_V_OK);
}

CAF_TEST(what cannot be used is said) {
  auto authority = make_authority("test authority", a_day);
  CAF_REQUIRE(authority);
  for (auto host : {"", "a,URI:urn:troupe:node:9", "a b", "a\nb"})
    CAF_CHECK(make_node_certificate(*authority, node_id{1}, {host}, a_day).error() == errc::invalid_argument);
  auto mixed = *authority;
  mixed.key = make_authority("other", a_day)->key;
  auto refused = make_node_certificate(mixed, node_id{1}, {}, a_day);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(refused.error().detail, "the authority's key does not belong to its certificate");
  mixed.key = "nothing";
  CAF_CHECK(!make_node_certificate(mixed, node_id{1}, {}, a_day));
  mixed.certificate.clear();
  CAF_CHECK(!make_node_certificate(mixed, node_id{1}, {}, a_day));
}
