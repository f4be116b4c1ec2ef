// A relay between clients and a node on 127.0.0.1 that can cut all of its connections, in the middle of a
// frame too.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace troupe::test {

/// A port of 127.0.0.1 that nobody listened on a moment ago.
std::uint16_t free_port();

class relay {
public:
  /// Listens on `port` and connects to `target`; both on 127.0.0.1.
  relay(std::uint16_t port, std::uint16_t target);
  ~relay();
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  /// Cuts every connection that there is now. How many there were.
  std::size_t cut();

private:
  struct connection {
    int client;
    int node;
  };

  void serve();
  void accept_one();
  /// Passes on what has come. False: one side has gone.
  static bool pass_on(int from, int to);
  void drop(std::size_t which);

  std::uint16_t target_;
  int listener_;
  int wake_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> cut_wanted_{false};
  std::atomic<std::size_t> cut_count_{0};
  std::vector<connection> connections_;
  std::thread thread_;
};

} // namespace troupe::test
