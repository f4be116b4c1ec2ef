// Starts this program once more as a child that dies with it, its output appended to a file.
#pragma once

#include "runtime/base/error.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::command {

struct child_command {
  std::vector<std::string> arguments; ///< behind the program's name
  std::string log_path;               ///< its folder is made; standard output and standard error go there
  std::string notify_socket;          ///< NOTIFY_SOCKET for the child; empty: none
};

struct child_process {
  int pid = 0;
  std::int64_t log_begin = 0; ///< where in the log its own lines begin
};

/// To be called on one thread, which must live as long as the child may: the kernel kills the child when it ends. The
/// child has a process group of its own, so that Ctrl-C on a terminal does not reach it, and no standard input.
/// io_error and the like: the sentence is ready for a person.
result<child_process> start_child(const child_command& command);

/// The last line behind `from` that is not empty, without its newline, with control characters left out and cut to a
/// length that one can read; empty if there is none.
std::string last_line(const std::string& path, std::int64_t from);

/// Where a child says "READY=1", told who it is by the kernel: the receiving end of NOTIFY_SOCKET.
class ready_socket {
public:
  ready_socket();
  ~ready_socket();
  ready_socket(const ready_socket&) = delete;
  ready_socket& operator=(const ready_socket&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  /// "@...", a name that nobody else has.
  const std::string& address() const noexcept { return address_; }
  /// The processes that have become ready since the last time.
  std::vector<int> take();

private:
  int descriptor_ = -1;
  std::string address_;
};

} // namespace troupe::command
