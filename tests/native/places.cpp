#include "tests/native/places.hpp"

#include "actors/node/embedded_node.hpp"
#include "actors/node/node_system.hpp"
#include "actors/remote/remote_cluster.hpp"
#include "actors/testing/test_node.hpp"
#include "runtime/base/check.hpp"
#include "tests/remote/relay.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <stdlib.h>

namespace troupe::test {

namespace {

class in_virtual_time : public place {
public:
  const char* name() const override { return "a node in virtual time"; }
  caf::actor_system& system() override { return node_.system(); }
  const cluster_access& access() const override { return node_.access(); }
  bool wait_until(const std::function<bool()>& done) override { return node_.run_until(done); }

private:
  testing::test_node node_{{.seed = 11}};
};

struct folder {
  folder() {
    char name[] = "/tmp/troupe-places-XXXXXX";
    CHECK(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~folder() { std::filesystem::remove_all(path); }
  std::string path;
};

class in_a_process : public place {
public:
  explicit in_a_process(bool listens) : node_(options(listens)) { CHECK(node_.start().has_value()); }

  const char* name() const override { return "an embedded node"; }
  caf::actor_system& system() override { return node_.system(); }
  const cluster_access& access() const override { return node_.access(); }
  bool wait_until(const std::function<bool()>& done) override {
    for (auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1}; !done();) {
      if (std::chrono::steady_clock::now() > end)
        return false;
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
  }

protected:
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  embedded_options options(bool listens) const {
    embedded_options wanted;
    wanted.data_directory = folder_.path + "/data";
    wanted.listen = listens;
    wanted.log_level = "error";
    wanted.node.listeners[0].port = port_;
    wanted.node.journal_file_bytes = 32 << 20;
    return wanted;
  }

  folder folder_;
  std::uint16_t port_ = free_port();
  embedded_node node_;
};

class elsewhere : public in_a_process {
public:
  elsewhere() : in_a_process(true), system_(config_), cluster_(system_, {.servers = {address()}}) {
    CHECK(cluster_.wait(std::chrono::seconds{30}).has_value());
  }

  const char* name() const override { return "a node elsewhere"; }
  caf::actor_system& system() override { return system_; }
  const cluster_access& access() const override { return cluster_.access(); }

private:
  node_system_config config_;
  caf::actor_system system_;
  remote::remote_cluster cluster_;
};

} // namespace

std::unique_ptr<place> virtual_place() { return std::make_unique<in_virtual_time>(); }
std::unique_ptr<place> embedded_place() { return std::make_unique<in_a_process>(false); }
std::unique_ptr<place> remote_place() { return std::make_unique<elsewhere>(); }

} // namespace troupe::test
