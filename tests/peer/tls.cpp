#define CAF_SUITE tls

#include "runtime/base/limits.hpp"
#include "runtime/base/random.hpp"
#include "tests/peer/peer_node.hpp"
#include "tests/peer/raw_client.hpp"
#include "tests/peer/test_certificates.hpp"

#include "caf/test/unit_test.hpp"

#include <thread>

#include <openssl/pem.h>

using namespace troupe;
using namespace troupe::peer;
using namespace std::chrono_literals;

namespace {

struct made_certificates {
  test_certificates ours;
  test_certificates theirs;
};

const made_certificates& certificates() {
  static made_certificates made;
  return made;
}

peer_settings secured(int node, std::uint64_t incarnation = 1) {
  auto settings = settings_of(node, incarnation);
  settings.tls = certificates().ours.files(node);
  return settings;
}

bool meet(peer_node& from, peer_node& to) {
  from.want({to.address()});
  return from.in().wait_for(to.id(), true) && to.in().wait_for(from.id(), true);
}

bool goes_on(peer_node& node) {
  peer_node other{secured(7)};
  return meet(other, node);
}

/// A TLS client that shows what it likes, and believes everybody.
class tls_intruder {
public:
  tls_intruder(std::uint16_t port, const tls_files& files) : socket_(port), context_(SSL_CTX_new(TLS_client_method())) {
    if (!files.certificate.empty()) {
      SSL_CTX_use_certificate_chain_file(context_, files.certificate.c_str());
      SSL_CTX_use_PrivateKey_file(context_, files.key.c_str(), SSL_FILETYPE_PEM);
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_.descriptor());
    SSL_connect(ssl_);
  }
  ~tls_intruder() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  tls_intruder(const tls_intruder&) = delete;
  tls_intruder& operator=(const tls_intruder&) = delete;

  /// What is answered to this greeting; nothing if the connection ends.
  std::optional<verdict> greet_as(int node) {
    auto frame = encode(greeting{node_id{node}, node_id{-1}, peer_incarnation{5}, 99, "test", "machine"});
    SSL_write(ssl_, frame.data(), static_cast<int>(frame.size()));
    auto header = read(greeting_frame_header_bytes);
    if (header.size() < greeting_frame_header_bytes)
      return std::nullopt;
    auto said = decode_verdict(read(load_be<std::uint32_t>(header.data())));
    return said ? std::optional{*said} : std::nullopt;
  }

private:
  std::string read(std::size_t size) {
    std::string got(size, 0);
    std::size_t have = 0;
    while (have < size) {
      auto count = SSL_read(ssl_, got.data() + have, static_cast<int>(size - have));
      if (count <= 0)
        break;
      have += static_cast<std::size_t>(count);
    }
    got.resize(have);
    return got;
  }

  raw_client socket_;
  SSL_CTX* context_;
  SSL* ssl_;
};

std::string problem_with(const peer_settings& settings) { return peer_node{settings}.problem(); }

bool says(const std::string& sentence, const std::string& words) {
  if (sentence.find(words) != std::string::npos)
    return true;
  CAF_MESSAGE("it says: " << sentence);
  return false;
}

} // namespace

CAF_TEST(nodes with certificates talk also at other addresses than loopback ones) {
  auto everywhere = secured(1);
  everywhere.host = "0.0.0.0";
  peer_node one{everywhere};
  CAF_REQUIRE_EQUAL(one.problem(), "");
  peer_node two{secured(2)};
  CAF_REQUIRE(meet(two, one));
  auto body = bytes::allocate(3'000'000);
  std::fill_n(body.mutable_data(), body.size(), 'a');
  for (int i = 0; i < 300; ++i) {
    one.send(two.id(), peer_service::raft, std::to_string(i));
    two.send(one.id(), peer_service::raft, std::to_string(i));
  }
  for (int i = 0; i < 20; ++i)
    one.send(two.id(), peer_service::replication, "large", {body});
  CAF_CHECK(one.in().wait_for_messages(300));
  CAF_CHECK(two.in().wait_for_messages(320));
  CAF_CHECK_EQUAL(one.in().received().back().head.view(), "299");
  std::size_t whole = 0;
  for (auto& got : two.in().received())
    whole += got.service == peer_service::replication && got.body == body;
  CAF_CHECK_EQUAL(whole, 20u);
}

CAF_TEST(two that dial each other at once by TLS end in exactly one connection) {
  for (std::uint64_t round = 1; round <= 20; ++round) {
    peer_node one{secured(1, round)};
    peer_node two{secured(2, round)};
    one.want({two.address()});
    two.want({one.address()});
    CAF_REQUIRE(one.in().wait_for(two.id(), true));
    CAF_REQUIRE(two.in().wait_for(one.id(), true));
    one.send(two.id(), peer_service::raft, "a");
    two.send(one.id(), peer_service::raft, "b");
    CAF_REQUIRE(one.in().wait_for_messages(1));
    CAF_REQUIRE(two.in().wait_for_messages(1));
    CAF_REQUIRE_EQUAL(one.counters(two.id()).connections.value(), 1u);
    CAF_REQUIRE_EQUAL(two.counters(one.id()).connections.value(), 1u);
  }
}

CAF_TEST(a node that ends is told at once with TLS too) {
  peer_node one{secured(1)};
  peer_node two{secured(2)};
  CAF_REQUIRE(meet(one, two));
  auto begin = std::chrono::steady_clock::now();
  two.kill();
  CAF_CHECK(one.in().wait_for(two.id(), false, true));
  CAF_CHECK(std::chrono::steady_clock::now() - begin < 200ms);
}

CAF_TEST(a certificate of another authority is refused by both sides) {
  peer_node one{secured(1)};
  auto stranger = settings_of(2);
  stranger.tls = certificates().theirs.files(2);
  peer_node two{stranger};
  CAF_REQUIRE_EQUAL(two.problem(), "");
  two.want({one.address()});
  CAF_CHECK(two.in().wait_for_sentence(one.id(), "its certificate is not good"));
  tls_intruder intruder{one.port(), stranger.tls};
  CAF_CHECK(!intruder.greet_as(2));
  CAF_CHECK(one.in().statuses().empty());
  CAF_CHECK(goes_on(one));
}

CAF_TEST(no certificate or one that has expired is refused) {
  peer_node one{secured(1)};
  tls_intruder without{one.port(), {}};
  CAF_CHECK(!without.greet_as(2));
  tls_intruder late{one.port(), certificates().ours.files(3, {-7'200, -60})};
  CAF_CHECK(!late.greet_as(3));
  CAF_CHECK(goes_on(one));
}

CAF_TEST(a node is what its certificate says and nothing else) {
  peer_node one{secured(1)};
  tls_intruder liar{one.port(), certificates().ours.files(4)};
  auto said = liar.greet_as(2);
  CAF_REQUIRE(said);
  CAF_CHECK(said->code == verdict_code::refused);
  CAF_CHECK(says(said->sentence, "it calls itself node 2, and its certificate is for node 4"));
  CAF_CHECK(goes_on(one));
}

CAF_TEST(plain nodes and nodes with TLS say what is wrong between them) {
  peer_node one{secured(1)};
  peer_node plain{settings_of(2)};
  plain.want({one.address()});
  CAF_CHECK(plain.in().wait_for_sentence(one.id(), "this node does not use TLS"));
  peer_node three{secured(3)};
  three.want({plain.address()});
  CAF_CHECK(three.in().wait_for_sentence(plain.id(), "this node uses TLS"));
  CAF_CHECK(goes_on(one));
}

CAF_TEST(bytes that are no TLS are refused and cost nothing) {
  peer_node one{secured(1)};
  CAF_REQUIRE(goes_on(one));
  auto before = resident_bytes();
  random_source random{3};
  for (int i = 0; i < 1000; ++i) {
    raw_client client{one.port()};
    std::string garbage(random.below(4096) + 4, 0);
    for (auto& byte : garbage)
      byte = static_cast<char>(random.next());
    if (random.one_in(2))
      garbage.replace(0, 3, "\x16\x03\x01"); // looks like TLS
    client.send(garbage);
  }
  CAF_CHECK(goes_on(one));
  CAF_CHECK(resident_bytes() < before + 16 * limits::mib);
}

CAF_TEST(a configuration that cannot be safe does not start) {
  auto settings = secured(1);
  settings.tls.key.clear();
  CAF_CHECK(says(problem_with(settings), "the key is missing"));
  settings = secured(1);
  settings.tls.ca = "no-such-ca.pem";
  CAF_CHECK(says(problem_with(settings), "cannot read the CA of the peer listener from no-such-ca.pem"));
  settings = secured(1);
  settings.tls.key = certificates().ours.files(5).key;
  CAF_CHECK(says(problem_with(settings), "cannot read the key"));
  settings = secured(1);
  settings.tls = certificates().ours.files(5);
  CAF_CHECK(says(problem_with(settings), "is for node 5, and this is node 1"));
  settings.tls = certificates().ours.files(1, {-7'200, -60});
  CAF_CHECK(says(problem_with(settings), "certificate has expired"));
  settings = secured(1);
  settings.tls.ca = certificates().theirs.files(1).ca;
  CAF_CHECK(says(problem_with(settings), "no other node would take the certificate"));
}
