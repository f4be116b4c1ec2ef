// Certificates for tests, in a directory that goes with them.
#pragma once

#include "actors/peer/tls.hpp"
#include "runtime/security/certificates.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace troupe::peer {

constexpr security::validity good_for_a_day{-60, 86'400};

class test_certificates {
public:
  test_certificates() : authority_(*security::make_authority("test", good_for_a_day)) {
    std::string pattern = std::filesystem::temp_directory_path() / "peer-tls-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    write("ca.pem", authority_.certificate);
  }
  ~test_certificates() { std::filesystem::remove_all(directory_); }
  test_certificates(const test_certificates&) = delete;
  test_certificates& operator=(const test_certificates&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    auto path = (directory_ / name).string();
    std::ofstream{path} << text;
    return path;
  }
  security::key_pair make(int node, security::validity valid = good_for_a_day) const {
    return *security::make_node_certificate(authority_, node_id{node}, {}, valid);
  }
  tls_files files(int node, security::validity valid = good_for_a_day) const {
    auto made = make(node, valid);
    auto name = "node-" + std::to_string(node);
    return {write(name + ".pem", made.certificate), write(name + ".key", made.key), (directory_ / "ca.pem").string()};
  }

private:
  std::filesystem::path directory_;
  security::key_pair authority_;
};

} // namespace troupe::peer
