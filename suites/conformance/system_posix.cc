// SPDX-License-Identifier: Apache-2.0
// What the kit asks of POSIX systems; handles and threads are listed where there is a /proc.
#include "suites/conformance/system.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

extern char** environ;

namespace tare::conformance {
namespace {

constexpr int kReportFd = 3;
constexpr const char* kSelf = "/proc/self/exe";

std::string ErrorOf(const std::string& call, int error) {
  return call + ": " + std::generic_category().message(error);
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { Close(); }
  int fd() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

// Starts this program with the writing end of the pipe as its kReportFd. 0 or an errno.
int Spawn(const std::vector<std::string>& args, int report, pid_t* pid) {
  std::vector<char*> argv;
  std::error_code error_of_name;  // then the program has no name, or cannot be started either
  std::string name = std::filesystem::read_symlink(kSelf, error_of_name).string();
  argv.push_back(name.data());
  std::vector<std::string> copies = args;
  for (std::string& arg : copies) argv.push_back(arg.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // Onto itself, too, this takes close-on-exec away (POSIX; glibc since 2.29).
  int error = posix_spawn_file_actions_adddup2(&actions, report, kReportFd);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, 2, 1);
  if (error == 0) error = posix_spawn(pid, kSelf, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// Collects the report until the other end is closed, which the child's end does. False: not by
// `until`.
bool Collect(int fd, TimePoint until, std::string& report) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    pollfd p = {fd, POLLIN, 0};
    const int ready = poll(&p, 1, static_cast<int>(std::min<int64_t>(left, 1'000'000)));
    if (ready <= 0) continue;
    char bytes[4096];
    const ssize_t n = read(fd, bytes, sizeof bytes);
    if (n == 0) return true;
    if (n > 0) report.append(bytes, static_cast<size_t>(n));
  }
}

}  // namespace

ChildEnd RunSelf(const std::vector<std::string>& args, Duration limit) {
  ChildEnd end;
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) {
    end.fault = ErrorOf("pipe", errno);
    return end;
  }
  File in(fds[0]), out(fds[1]);
  pid_t pid = 0;
  if (const int error = Spawn(args, out.fd(), &pid); error != 0) {
    end.fault = ErrorOf("spawn", error);
    return end;
  }
  out.Close();
  end.killed = !Collect(in.fd(), Clock::now() + limit, end.report);
  if (end.killed) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  end.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return end;
}

bool AdoptReportHandle() {
  return fcntl(kReportFd, F_SETFD, FD_CLOEXEC) == 0;
}

void SendReport(std::string_view report) {
  while (!report.empty()) {
    const ssize_t n = write(kReportFd, report.data(), report.size());
    if (n < 0 && errno != EINTR) return;  // nobody is left to tell
    if (n > 0) report.remove_prefix(static_cast<size_t>(n));
  }
}

std::string WhySocketsFail() {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  const File listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (listener.fd() < 0) return ErrorOf("socket", errno);
  if (bind(listener.fd(), address, size) != 0) return ErrorOf("bind to 127.0.0.1", errno);
  if (listen(listener.fd(), 1) != 0) return ErrorOf("listen", errno);
  if (getsockname(listener.fd(), address, &size) != 0) return ErrorOf("getsockname", errno);
  const File dialer(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (dialer.fd() < 0) return ErrorOf("socket", errno);
  if (connect(dialer.fd(), address, size) != 0) return ErrorOf("connect to 127.0.0.1", errno);
  const File accepted(accept(listener.fd(), nullptr, nullptr));
  return accepted.fd() < 0 ? ErrorOf("accept", errno) : "";
}

std::optional<std::vector<std::string>> OpenHandles() {
  std::error_code error;
  std::filesystem::directory_iterator list("/proc/self/fd", error);
  if (error) return std::nullopt;
  const std::string listing = "/proc/" + std::to_string(getpid()) + "/fd";
  std::vector<std::string> all;
  for (const auto& entry : list) {
    const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
    if (target == listing) continue;
    // "socket:[1234]": the kind without the one it is.
    const std::string kind = target.substr(0, target.find(":["));
    all.push_back(entry.path().filename().string() + ": " + kind);
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::optional<size_t> ThreadCount() {
  std::error_code error;
  std::filesystem::directory_iterator tasks("/proc/self/task", error);
  if (error) return std::nullopt;
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

}  // namespace tare::conformance
