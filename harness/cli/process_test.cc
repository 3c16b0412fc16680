// SPDX-License-Identifier: Apache-2.0
// Child processes: every way they can end, and that nothing of them is left behind.
#include "cli/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cli/cpus.h"

namespace tare::cli {
namespace {

using How = ProcessEnd::How;
using std::chrono::milliseconds;

Command Shell(const std::string& script) {
  Command command;
  command.argv = {"sh", "-c", script};
  return command;
}

// Whether the process ends within ten seconds (or is gone already).
bool Ends(pid_t pid) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return errno == ESRCH;
  pollfd wait = {fd, POLLIN, 0};
  const bool ended = poll(&wait, 1, 10000) == 1;
  close(fd);
  return ended;
}

TEST(RunProcessTest, CapturesOutputAndStatus) {
  const ProcessEnd end = RunProcess(Shell("echo out; echo err >&2; exit 7"), nullptr);
  EXPECT_EQ(end.how, How::kExited);
  EXPECT_EQ(end.code, 7);
  EXPECT_EQ(end.out, "out\n");
  EXPECT_EQ(end.err_tail, "err\n");
  EXPECT_FALSE(end.Succeeded());
  EXPECT_EQ(end.Describe(), "exited with status 7");
  EXPECT_TRUE(RunProcess(Shell("true"), nullptr).Succeeded());
}

TEST(RunProcessTest, StandardInputIsEmpty) {
  EXPECT_TRUE(RunProcess(Shell("cat"), nullptr).Succeeded());
}

TEST(RunProcessTest, TakesAllOfALargeOutputAndTheTailOfErrors) {
  const ProcessEnd end = RunProcess(
      Shell("head -c 3000000 /dev/zero | tr '\\0' a; head -c 100000 /dev/zero | tr '\\0' b >&2; "
            "echo end >&2"),
      nullptr);
  EXPECT_EQ(end.out.size(), 3000000u);
  EXPECT_EQ(end.err_tail.size(), 4096u);
  EXPECT_EQ(end.err_tail.substr(4092), "end\n");
}

TEST(RunProcessTest, NamesTheSignal) {
  const ProcessEnd end = RunProcess(Shell("kill -SEGV $$"), nullptr);
  EXPECT_EQ(end.how, How::kSignaled);
  EXPECT_EQ(end.Describe(), "killed by signal 11 (SIGSEGV)");
}

TEST(RunProcessTest, SaysWhyItCouldNotStart) {
  Command command;
  command.argv = {"/nonexistent/bench"};
  const ProcessEnd end = RunProcess(command, nullptr);
  EXPECT_EQ(end.how, How::kNotStarted);
  EXPECT_EQ(end.Describe(), "could not be started: No such file or directory");

  command.argv = {"true"};
  command.cpus = {16383};
  EXPECT_EQ(RunProcess(command, nullptr).Describe(), "could not be started: Invalid argument");
}

TEST(RunProcessTest, SaysThatDescriptorsAreExhausted) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few = {5, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const ProcessEnd end = RunProcess(Shell("true"), nullptr);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(end.Describe(), "could not be started: Too many open files");
}

TEST(RunProcessTest, PinsTheChildOnly) {
  const std::vector<int> before = AllowedCpus();
  Command command = Shell("grep Cpus_allowed_list /proc/self/status");
  command.cpus = {before.back()};
  const ProcessEnd end = RunProcess(command, nullptr);
  EXPECT_EQ(end.out, "Cpus_allowed_list:\t" + std::to_string(before.back()) + "\n");
  EXPECT_EQ(AllowedCpus(), before);
}

// Two loops on one CPU: while one runs, the other waits for it.
TEST(RunProcessTest, SaysHowLongTheChildWaitedForACpu) {
  Command command =
      Shell("(while :; do :; done) & i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done");
  command.cpus = {AllowedCpus().back()};
  const ProcessEnd end = RunProcess(command, nullptr);
  ASSERT_TRUE(end.Succeeded()) << end.Describe();
  EXPECT_GT(end.lifetime.count(), 0);
  if (!end.waited.has_value()) {
    std::puts("not applicable: this kernel has no /proc/<pid>/schedstat");
    return;
  }
  EXPECT_GT(*end.waited, end.lifetime / 5);
  EXPECT_LT(*end.waited, end.lifetime);
}

TEST(RunProcessTest, EndsWhatHangs) {
  Command command = Shell("exec tail -f /dev/null");
  command.timeout = milliseconds(200);
  const ProcessEnd end = RunProcess(command, nullptr);
  EXPECT_EQ(end.how, How::kTimedOut);
  EXPECT_EQ(end.Describe(), "hung: ended after 0.2 s");
}

TEST(RunProcessTest, KillsWhatIgnoresTheRequestToEnd) {
  Command command = Shell("trap '' TERM; while true; do read x < /dev/zero; done");
  command.timeout = milliseconds(200);
  command.grace = milliseconds(200);
  EXPECT_EQ(RunProcess(command, nullptr).how, How::kTimedOut);
}

TEST(RunProcessTest, EndsWhatPrintsWithoutEnd) {
  Command command = Shell("exec yes");
  command.max_output = 100000;
  const ProcessEnd end = RunProcess(command, nullptr);
  EXPECT_EQ(end.how, How::kTooMuchOutput);
  EXPECT_EQ(end.out.size(), 100000u);
  EXPECT_EQ(end.Describe(), "printed more than 100000 bytes");
}

// A grandchild that keeps the pipes open must neither delay the end nor outlive it.
TEST(RunProcessTest, NothingTheChildStartedSurvivesIt) {
  const ProcessEnd end = RunProcess(Shell("tail -f /dev/null & echo $!"), nullptr);
  EXPECT_TRUE(end.Succeeded());
  EXPECT_TRUE(Ends(std::stoi(end.out)));
}

TEST(RunProcessTest, AnInterruptEndsTheChild) {
  const Interrupt interrupt;
  raise(SIGINT);
  EXPECT_EQ(interrupt.signal(), SIGINT);
  const ProcessEnd end = RunProcess(Shell("exec tail -f /dev/null"), &interrupt);
  EXPECT_EQ(end.how, How::kInterrupted);
  EXPECT_EQ(end.Describe(), "interrupted by SIGINT");
}

// Without a chance to clean up, as by SIGKILL.
TEST(RunProcessTest, TheChildDiesWithItsParent) {
  std::string directory = ::testing::TempDir() + "process-XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const std::string fifo = directory + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    RunProcess(Shell("echo $$ > " + fifo + "; exec tail -f /dev/null"), nullptr);
    _exit(0);
  }
  int child = 0;
  std::ifstream(fifo) >> child;  // waits for the child
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  EXPECT_GT(child, 0);
  EXPECT_TRUE(Ends(child));
  std::filesystem::remove_all(directory);
}

TEST(RunProcessTest, LeaksNoDescriptors) {
  const auto open_fds = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = open_fds();
  for (int i = 0; i < 5; ++i) {
    RunProcess(Shell("true"), nullptr);
    Command missing;
    missing.argv = {"/nonexistent/bench"};
    RunProcess(missing, nullptr);
  }
  EXPECT_EQ(open_fds(), before);
}

}  // namespace
}  // namespace tare::cli
