#define CAF_SUITE cert

#include "actors/node/command/command_line.hpp"

#include "caf/test/unit_test.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/stat.h>

namespace {

struct outcome {
  int code;
  std::string out;
  std::string err;
};

outcome run(std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  auto code = troupe::command::run_command_line(std::move(arguments), {out, err});
  return {code, out.str(), err.str()};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct fixture {
  std::filesystem::path directory;

  fixture() {
    std::string pattern = std::filesystem::temp_directory_path() / "cert-XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~fixture() { std::filesystem::remove_all(directory); }

  std::string certs() const { return directory / "certs"; }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream{directory / "certs" / name}.rdbuf();
    return text.str();
  }
  unsigned mode(const std::string& name) const {
    struct stat found {};
    return ::stat((directory / "certs" / name).c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cert_tests, fixture)

CAF_TEST(an authority and a node are made with keys for their owner only) {
  auto authority = run({"cert", "authority", certs()});
  CAF_CHECK_EQUAL(authority.err, "");
  CAF_CHECK_EQUAL(authority.code, 0);
  auto node = run({"cert", "node", certs() + "/", "--node", "3", "--host", "n3.example", "--host", "10.0.0.3"});
  CAF_CHECK_EQUAL(node.err, "");
  CAF_CHECK_EQUAL(node.code, 0);
  CAF_CHECK(has(node.out, "tls_ca_file = \"" + certs() + "/ca.pem\"\n"));
  CAF_CHECK(has(node.out, "tls_certificate_file = \"" + certs() + "/node-3.pem\"\n"));
  CAF_CHECK(has(node.out, "tls_key_file = \"" + certs() + "/node-3.key\"\n"));
  CAF_CHECK_EQUAL(mode("ca.key"), 0600u);
  CAF_CHECK_EQUAL(mode("node-3.key"), 0600u);
  CAF_CHECK_EQUAL(mode("ca.pem"), 0644u);
  CAF_CHECK(has(read("node-3.pem"), "BEGIN CERTIFICATE"));
  CAF_CHECK(has(read("node-3.key"), "PRIVATE KEY"));
  CAF_CHECK_EQUAL(std::distance(std::filesystem::directory_iterator{certs()}, {}), 4);
}

CAF_TEST(nothing that is there is overwritten unless that is wanted) {
  CAF_REQUIRE_EQUAL(run({"cert", "authority", certs()}).code, 0);
  auto key = read("ca.key");
  auto again = run({"cert", "authority", certs()});
  CAF_CHECK_EQUAL(again.code, 1);
  CAF_CHECK(has(again.err, "ca.pem is there already; --force makes a new one in its place"));
  CAF_CHECK_EQUAL(read("ca.key"), key);
  std::filesystem::remove(directory / "certs" / "ca.pem");
  CAF_CHECK_EQUAL(run({"cert", "authority", certs()}).code, 1); // the key alone is worth as much
  CAF_CHECK_EQUAL(run({"cert", "authority", certs(), "--force"}).code, 0);
  CAF_CHECK(read("ca.key") != key);
  CAF_CHECK_EQUAL(mode("ca.key"), 0600u);
  CAF_CHECK_EQUAL(run({"cert", "node", certs(), "--node", "1"}).code, 0);
  CAF_CHECK_EQUAL(run({"cert", "node", certs(), "--node", "1"}).code, 1);
  CAF_CHECK_EQUAL(run({"cert", "node", certs(), "--node", "2"}).code, 0);
}

CAF_TEST(what is missing or wrong is said) {
  auto early = run({"cert", "node", certs(), "--node", "1"});
  CAF_CHECK_EQUAL(early.code, 1);
  CAF_CHECK(has(early.err, "troupe cert authority"));
  CAF_REQUIRE_EQUAL(run({"cert", "authority", certs()}).code, 0);
  auto host = run({"cert", "node", certs(), "--node", "1", "--host", "a,b"});
  CAF_CHECK_EQUAL(host.code, 1);
  CAF_CHECK(has(host.err, "'a,b' is neither the name nor the address of a host"));
  auto nowhere = run({"cert", "authority", directory / "no" / "such"});
  CAF_CHECK_EQUAL(nowhere.code, 1);
  CAF_CHECK(has(nowhere.err, "cannot make the directory"));
}

CAF_TEST_FIXTURE_SCOPE_END()
