// SPDX-License-Identifier: Apache-2.0
// Starts a child with its output in unnamed files, so that neither side can block the other.
#include "bench/run_program.h"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

extern char** environ;

namespace tare::bench {
namespace {

class File {
 public:
  explicit File(int fd) : fd_(fd) { EXPECT_GE(fd, 0) << std::strerror(errno); }
  ~File() { close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const { return fd_; }
  std::string Content() const {
    std::string content;
    char chunk[4096];
    for (ssize_t n;
         (n = pread(fd_, chunk, sizeof chunk, static_cast<off_t>(content.size()))) > 0;) {
      content.append(chunk, static_cast<size_t>(n));
    }
    return content;
  }

 private:
  int fd_;
};

}  // namespace

Finished RunProgram(const std::string& program, const std::vector<std::string>& args, int out) {
  const File kept_out(memfd_create("out", MFD_CLOEXEC));
  const File err(memfd_create("err", MFD_CLOEXEC));

  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out >= 0 ? out : kept_out.fd(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.fd(), STDERR_FILENO);
  pid_t child = -1;
  const int error = posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);

  Finished finished;
  int status = 0;
  if (error != 0 || waitpid(child, &status, 0) != child) {
    ADD_FAILURE() << "cannot run " << program << ": " << std::strerror(error != 0 ? error : errno);
    return finished;
  }
  if (WIFEXITED(status)) finished.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
  finished.out = kept_out.Content();
  finished.err = err.Content();
  return finished;
}

result::ResultFile ReadResults(const Finished& finished) {
  result::ReadOutcome outcome = result::ReadText(finished.out, "standard output");
  for (const std::string& error : outcome.errors) ADD_FAILURE() << error;
  for (const auto& [line, text] : outcome.others) {
    ADD_FAILURE() << "standard output:" << line << ": no result: " << text;
  }
  return std::move(outcome.file);
}

}  // namespace tare::bench
