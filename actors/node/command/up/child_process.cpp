#include "actors/node/command/up/child_process.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace troupe::command {

namespace {

constexpr std::int64_t log_max_bytes = 64 << 20;
constexpr std::size_t last_line_max_bytes = 300;
/// What a shell gives for a program that cannot be started.
constexpr int exec_failed = 127;

/// An open file that is closed at the end of the scope.
struct open_file {
  int descriptor = -1;
  ~open_file() {
    if (descriptor >= 0)
      ::close(descriptor);
  }
};

/// This program, also if another has taken its place on the disk: the nodes of one cluster are of one kind.
const char* this_program = "/proc/self/exe";

/// A log that has grown too large makes room for a new one; the one before stays.
void rotate_log(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0 && about.st_size > log_max_bytes)
    ::rename(path.c_str(), (path + ".old").c_str());
}

std::vector<std::string> environment_for(const child_command& command) {
  std::vector<std::string> variables;
  for (auto** entry = environ; *entry; ++entry)
    if (!std::string_view{*entry}.starts_with("NOTIFY_SOCKET="))
      variables.emplace_back(*entry);
  if (!command.notify_socket.empty())
    variables.push_back("NOTIFY_SOCKET=" + command.notify_socket);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// In the child, between fork and exec: nothing that takes memory or a lock.
[[noreturn]] void become(int log, int parent, char* const* arguments, char* const* variables) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent)
    ::_exit(exec_failed);
  ::setpgid(0, 0);
  auto nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(this_program, arguments, variables);
  constexpr std::string_view sorry = "troupe: cannot start the program again\n";
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, sorry.data(), sorry.size());
  ::_exit(exec_failed);
}

} // namespace

result<child_process> start_child(const child_command& command) {
  std::error_code problem;
  std::filesystem::create_directories(std::filesystem::path{command.log_path}.parent_path(), problem);
  rotate_log(command.log_path);
  open_file log{::open(command.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)};
  if (log.descriptor < 0)
    return fail(errc::io_error, "cannot write to " + command.log_path + ": " + std::strerror(errno));
  child_process child;
  child.log_begin = std::max<std::int64_t>(0, ::lseek(log.descriptor, 0, SEEK_END));
  std::vector<std::string> arguments{"troupe"};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  auto variables = environment_for(command);
  auto argument_pointers = pointers_to(arguments);
  auto variable_pointers = pointers_to(variables);
  auto parent = ::getpid();
  auto pid = ::fork();
  if (pid == 0)
    become(log.descriptor, parent, argument_pointers.data(), variable_pointers.data());
  if (pid < 0)
    return fail(errc::io_error, std::string{"the system gives no process: "} + std::strerror(errno));
  child.pid = pid;
  return child;
}

std::string last_line(const std::string& path, std::int64_t from) {
  open_file log{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  auto end = log.descriptor < 0 ? -1 : ::lseek(log.descriptor, 0, SEEK_END);
  std::array<char, 4096> part;
  auto begin = std::max<std::int64_t>(from, end - static_cast<std::int64_t>(part.size()));
  auto size = end > begin ? ::pread(log.descriptor, part.data(), part.size(), begin) : 0;
  std::string_view text{part.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  auto last = text.find_last_not_of("\n\r ");
  if (last == text.npos)
    return {};
  text = text.substr(0, last + 1);
  text = text.substr(text.rfind('\n') + 1);
  std::string line{text.substr(0, last_line_max_bytes)};
  std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return line;
}

ready_socket::ready_socket() : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  CHECK(descriptor_ >= 0, "the system has local sockets");
  int yes = 1;
  CHECK(::setsockopt(descriptor_, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == 0);
  // With no name at all the kernel finds one in the abstract namespace.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address.sun_family) == 0);
  socklen_t size = sizeof address;
  CHECK(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  auto length = static_cast<std::size_t>(size) - offsetof(sockaddr_un, sun_path);
  address_ = '@' + std::string{address.sun_path + 1, length - 1};
}

ready_socket::~ready_socket() { ::close(descriptor_); }

std::vector<int> ready_socket::take() {
  std::vector<int> who;
  while (true) {
    std::array<char, 256> text;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    iovec part{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto size = ::recvmsg(descriptor_, &message, MSG_CMSG_CLOEXEC);
    if (size < 0)
      return who;
    auto* head = CMSG_FIRSTHDR(&message);
    if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_CREDENTIALS)
      continue;
    ucred from{};
    std::memcpy(&from, CMSG_DATA(head), sizeof from);
    if (std::string_view{text.data(), static_cast<std::size_t>(size)}.starts_with("READY=1"))
      who.push_back(from.pid);
  }
}

} // namespace troupe::command
