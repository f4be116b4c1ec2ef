// A node in a process of its own, which a test may stop and kill.
#pragma once

#include "actors/interface/peer_messages.hpp"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::peer {

class child_process {
public:
  explicit child_process(int node, std::uint16_t port = 0) : node_(node) {
    int in[2];
    int out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0)
      return;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::string words[] = {PEER_CHILD, std::to_string(node), std::to_string(port)};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    ::posix_spawn(&pid_, PEER_CHILD, &actions, nullptr, arguments, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    if (auto* said = ::fdopen(out[0], "r")) {
      char line[32] = {};
      if (std::fgets(line, sizeof line, said))
        std::from_chars(line, line + std::strlen(line), port_);
      std::fclose(said);
    }
  }
  ~child_process() { kill(); }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  node_id id() const { return node_id{node_}; }
  peer_address address() const { return {id(), "127.0.0.1", port_}; }
  std::uint16_t port() const { return port_; }
  void signal(int number) const { ::kill(pid_, number); }

  void kill() {
    if (pid_ <= 0)
      return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
    ::close(stdin_);
  }

private:
  int node_;
  pid_t pid_ = 0;
  int stdin_ = -1;
  std::uint16_t port_ = 0;
};

} // namespace troupe::peer
