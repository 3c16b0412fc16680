// SPDX-License-Identifier: Apache-2.0
// fork and exec with pipes, a pidfd to see the end, and one poll() loop that enforces the limits.
#include "cli/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/cpus.h"

namespace tare::cli {
namespace {

using Clock = std::chrono::steady_clock;
using How = ProcessEnd::How;

constexpr size_t kErrTail = 4096;

// glibc 2.36 declares pidfd_open without extern "C".
int PidfdOpen(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    Reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  ~UniqueFd() { Reset(); }

  void Reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

struct Pipe {
  UniqueFd read, write;
  bool Open() {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) return false;
    read = UniqueFd(fds[0]);
    write = UniqueFd(fds[1]);
    return true;
  }
};

// What the child needs between fork and exec, where nothing may allocate.
struct ChildSetup {
  std::vector<char*> argv;
  CpuMask cpus;
  int out, err, failure;
  pid_t parent;
};

[[noreturn]] void BecomeChild(const ChildSetup& setup) {
  const auto fail = [&] {
    const int code = errno;
    [[maybe_unused]] const ssize_t written = write(setup.failure, &code, sizeof code);
    _exit(127);
  };
  // The handlers fall back to the defaults by exec; what is ignored or blocked would be inherited.
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);

  if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail();
  if (getppid() != setup.parent) _exit(127);  // it died before prctl could take effect
  if (!setup.cpus.empty() && !setup.cpus.ApplyToThisThread()) fail();
  const int in = open("/dev/null", O_RDONLY);
  if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(setup.out, STDOUT_FILENO) < 0 ||
      dup2(setup.err, STDERR_FILENO) < 0) {
    fail();
  }
  execvp(setup.argv[0], setup.argv.data());
  fail();
  _exit(127);
}

// "<run> <waited> <slices>", in nanoseconds; also of a process that is not reaped yet.
std::optional<std::chrono::nanoseconds> WaitedOf(pid_t pid) {
  std::ifstream schedstat(absl::StrCat("/proc/", pid, "/schedstat"));
  int64_t ran = 0, waited = 0;
  if (!(schedstat >> ran >> waited)) return std::nullopt;
  return std::chrono::nanoseconds(waited);
}

// Watches one child from fork to reaping.
class Watch {
 public:
  Watch(const Command& command, const Interrupt* interrupt)
      : command_(command), interrupt_(interrupt), deadline_(Clock::now() + command.timeout) {}

  ProcessEnd Run() {
    if (!Start()) return std::move(end_);
    while (!exited_) Step();
    end_.lifetime = Clock::now() - started_;
    // The child is a zombie still, so its process group is its own: end what it left behind.
    kill(-pid_, SIGKILL);
    Drain(&out_.read, &Watch::TakeOut);
    Drain(&err_.read, &Watch::TakeErr);
    end_.waited = WaitedOf(pid_);
    Reap();
    return std::move(end_);
  }

 private:
  bool Start() {
    Pipe failure;
    if (!out_.Open() || !err_.Open() || !failure.Open()) return NotStarted(errno);
    ChildSetup setup{.argv = {},
                     .cpus = CpuMask(command_.cpus),
                     .out = out_.write.get(),
                     .err = err_.write.get(),
                     .failure = failure.write.get(),
                     .parent = getpid()};
    for (const std::string& arg : command_.argv) {
      setup.argv.push_back(const_cast<char*>(arg.data()));
    }
    setup.argv.push_back(nullptr);

    started_ = Clock::now();
    pid_ = fork();
    if (pid_ < 0) return NotStarted(errno);
    if (pid_ == 0) BecomeChild(setup);

    out_.write.Reset();
    err_.write.Reset();
    failure.write.Reset();
    int code = 0;
    ssize_t n = 0;
    do {
      n = read(failure.read.get(), &code, sizeof code);
    } while (n < 0 && errno == EINTR);
    if (n == 0) {  // exec closed it
      pidfd_ = UniqueFd(PidfdOpen(pid_));
      if (pidfd_.get() >= 0) {
        for (const UniqueFd* fd : {&out_.read, &err_.read}) {
          fcntl(fd->get(), F_SETFL, O_NONBLOCK);
        }
        return true;
      }
      code = errno;
    }
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    return NotStarted(code);
  }

  bool NotStarted(int code) {
    end_.how = How::kNotStarted;
    end_.code = code;
    return false;
  }

  // Waits for something to happen, and handles it.
  void Step() {
    const bool watch_interrupt = interrupt_ != nullptr && !stopping_;
    // Negative descriptors are ignored by poll().
    pollfd fds[] = {{pidfd_.get(), POLLIN, 0},
                    {out_.read.get(), POLLIN, 0},
                    {err_.read.get(), POLLIN, 0},
                    {watch_interrupt ? interrupt_->fd() : -1, POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    const int wait = killed_ ? -1 : static_cast<int>(std::max<int64_t>(left.count(), 0));
    if (poll(fds, std::size(fds), wait) < 0) return;  // EINTR: look again

    if (fds[1].revents != 0) Drain(&out_.read, &Watch::TakeOut);
    if (fds[2].revents != 0) Drain(&err_.read, &Watch::TakeErr);
    if (fds[0].revents != 0) {
      exited_ = true;
    } else if (fds[3].revents != 0) {
      Stop(How::kInterrupted, interrupt_->signal());
    } else if (end_.out.size() > command_.max_output) {
      end_.out.resize(command_.max_output);
      Stop(How::kTooMuchOutput, static_cast<int>(command_.max_output));
    } else if (!killed_ && Clock::now() >= deadline_) {
      if (stopping_) {
        kill(-pid_, SIGKILL);
        killed_ = true;
      } else {
        Stop(How::kTimedOut, static_cast<int>(command_.timeout.count()));
      }
    }
  }

  // Asks the process group to end. The first reason is the one reported.
  void Stop(How how, int code) {
    if (stopping_) return;
    stopping_ = true;
    end_.how = how;
    end_.code = code;
    deadline_ = Clock::now() + command_.grace;
    kill(-pid_, SIGTERM);
  }

  // Reads what is there, without waiting.
  void Drain(UniqueFd* fd, void (Watch::*take)(const char*, size_t)) {
    char buffer[16384];
    while (fd->get() >= 0) {
      const ssize_t n = read(fd->get(), buffer, sizeof buffer);
      if (n > 0) {
        (this->*take)(buffer, static_cast<size_t>(n));
        // A child that never stops writing must not keep us from looking at the clock.
        if (!exited_ && static_cast<size_t>(n) < sizeof buffer) return;
        if (end_.out.size() > command_.max_output) return;
      } else if (n == 0) {
        fd->Reset();
      } else if (errno != EINTR) {
        return;  // EAGAIN
      }
    }
  }

  void TakeOut(const char* data, size_t size) {
    if (end_.how != How::kTooMuchOutput) end_.out.append(data, size);
  }

  void TakeErr(const char* data, size_t size) {
    end_.err_tail.append(data, size);
    if (end_.err_tail.size() > kErrTail) {
      end_.err_tail.erase(0, end_.err_tail.size() - kErrTail);
    }
  }

  void Reap() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    if (stopping_) return;
    end_.how = WIFSIGNALED(status) ? How::kSignaled : How::kExited;
    end_.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  }

  const Command& command_;
  const Interrupt* interrupt_;
  Clock::time_point started_{};
  Clock::time_point deadline_;  // of the timeout, then of the grace
  Pipe out_, err_;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  bool stopping_ = false;  // SIGTERM was sent
  bool killed_ = false;    // SIGKILL was sent
  bool exited_ = false;
  ProcessEnd end_;
};

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? "unknown" : absl::StrCat("SIG", name);
}

}  // namespace

std::string ProcessEnd::Describe() const {
  switch (how) {
    case How::kExited:
      return absl::StrCat("exited with status ", code);
    case How::kSignaled:
      return absl::StrCat("killed by signal ", code, " (", SignalName(code), ")");
    case How::kNotStarted:
      return absl::StrCat("could not be started: ", strerror(code));
    case How::kTimedOut:
      return absl::StrCat("hung: ended after ", code / 1000.0, " s");
    case How::kTooMuchOutput:
      return absl::StrCat("printed more than ", code, " bytes");
    case How::kInterrupted:
      return absl::StrCat("interrupted by ", SignalName(code));
  }
  return "";
}

ProcessEnd RunProcess(const Command& command, const Interrupt* interrupt) {
  return Watch(command, interrupt).Run();
}

}  // namespace tare::cli
