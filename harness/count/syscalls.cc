// SPDX-License-Identifier: Apache-2.0
// A perf event for the whole process, which its later threads inherit, and one for each benchmark
// thread.
#include "count/syscalls.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace tare::count {
namespace {

#ifdef TARE_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// Null: counting.
constinit std::atomic<const char*> g_why_not =
    kSanitized ? "a sanitizer makes system calls of its own"
               : "counting them costs time; --counts-only counts them";

bool Counting() noexcept {
  return g_why_not.load(std::memory_order_acquire) == nullptr;
}

// Nothing is counted from here on: `what` has failed for `error`. The first failure is kept.
void Fail(const char* what, int error, const char* advice) noexcept {
  static constinit std::mutex mutex;
  static constinit char reason[512] = "";
  const std::lock_guard lock(mutex);
  if (reason[0] != '\0') return;
  std::snprintf(reason, sizeof reason, "%s: %s%s", what, std::strerror(error), advice);
  g_why_not.store(reason, std::memory_order_release);
}

// A tracefs in nobody's file tree, gone with its descriptor. -1 and errno where that is refused.
int MountTracefsAside() noexcept {
  const int context = fsopen("tracefs", FSOPEN_CLOEXEC);
  if (context < 0) return -1;
  int mount = -1;
  if (fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
    mount = fsmount(context, FSMOUNT_CLOEXEC, 0);
  }
  const int error = errno;
  close(context);
  errno = error;
  return mount;
}

// The number in the file `path` of the tracefs at `root`; 0 and errno if there is none.
uint64_t ReadNumber(int root, const char* path) noexcept {
  const int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[32] = "";
  errno = EINVAL;  // unless read says otherwise
  const ssize_t n = read(fd, text, sizeof text - 1);
  const int error = errno;
  close(fd);
  errno = error;
  return n > 0 ? std::strtoull(text, nullptr, 10) : 0;
}

// What the kernel calls raw_syscalls:sys_enter; it differs from kernel to kernel. 0 after Fail.
uint64_t FindTracepoint() noexcept {
  constexpr char kFile[] = "events/raw_syscalls/sys_enter/id";
  int error = ENOENT;
  for (const char* const tracefs : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    const int root = open(tracefs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const uint64_t id = root >= 0 ? ReadNumber(root, kFile) : 0;
    if (id == 0 && errno != ENOENT) error = errno;  // it is there and must not be read
    if (root >= 0) close(root);
    if (id != 0) return id;
  }
  if (const int root = MountTracefsAside(); root >= 0) {
    const uint64_t id = ReadNumber(root, kFile);
    error = errno;
    close(root);
    if (id != 0) return id;
  }
  Fail(
      "the id of the tracepoint raw_syscalls:sys_enter", error,
      error == ENOENT ? "; have root mount -t tracefs nodev /sys/kernel/tracing" : "; run as root");
  return 0;
}

// An event that counts the calls of this thread, and of all threads it makes later if `inherited`.
int OpenEvent(uint64_t tracepoint, bool inherited) noexcept {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_TRACEPOINT;
  attr.config = tracepoint;
  attr.inherit = inherited;
  attr.inherit_thread = inherited;  // threads, not forked children
  const auto fd = static_cast<int>(
      syscall(SYS_perf_event_open, &attr, 0, -1, -1, static_cast<long>(PERF_FLAG_FD_CLOEXEC)));
  if (fd < 0) {
    const bool forbidden = errno == EACCES || errno == EPERM;
    Fail("perf_event_open", errno,
         forbidden ? "; it needs root, CAP_PERFMON or kernel.perf_event_paranoid=1, and a container"
                     " must allow it"
                   : "");
  }
  return fd;
}

// How many calls this thread has made to read events: they are none of the program's.
constinit thread_local uint64_t t_readings = 0;

uint64_t ReadEvent(int fd) noexcept {
  uint64_t value = 0;
  ++t_readings;
  if (read(fd, &value, sizeof value) != sizeof value) Fail("reading a perf event", errno, "");
  return value;
}

constinit uint64_t g_tracepoint = 0;  // set before there is a second thread
constinit int g_process = -1;         // the inherited event; also set before

class BenchmarkThread;
constinit std::mutex g_mutex;  // the list
constinit BenchmarkThread* g_threads = nullptr;

// A thread that has been read: its own event, listed while it lives.
class BenchmarkThread {
 public:
  static BenchmarkThread& This() noexcept {
    thread_local BenchmarkThread thread;
    return thread;
  }

  BenchmarkThread(const BenchmarkThread&) = delete;
  BenchmarkThread& operator=(const BenchmarkThread&) = delete;

  uint64_t Read() const noexcept { return ReadEvent(fd_); }

  // The total of all others. g_mutex is locked.
  uint64_t ReadAllButThis() const noexcept {
    uint64_t sum = 0;
    for (const BenchmarkThread* t = g_threads; t != nullptr; t = t->next_) {
      if (t != this) sum += t->Read();
    }
    return sum;
  }

 private:
  BenchmarkThread() noexcept : fd_(OpenEvent(g_tracepoint, false)) {
    const std::lock_guard lock(g_mutex);
    next_ = g_threads;
    g_threads = this;
  }

  ~BenchmarkThread() {
    const std::lock_guard lock(g_mutex);
    BenchmarkThread** link = &g_threads;
    while (*link != this) link = &(*link)->next_;
    *link = next_;
    if (fd_ >= 0) close(fd_);
  }

  const int fd_;
  BenchmarkThread* next_ = nullptr;
};

}  // namespace

void StartSyscalls() noexcept {
  if (kSanitized || g_process >= 0) return;
  g_tracepoint = FindTracepoint();
  if (g_tracepoint == 0) return;
  g_process = OpenEvent(g_tracepoint, true);
  if (g_process < 0) return;
  g_why_not.store(nullptr, std::memory_order_release);
  BenchmarkThread::This();
}

std::string_view WhyNoSyscalls() noexcept {
  const char* const why_not = g_why_not.load(std::memory_order_acquire);
  return why_not != nullptr ? why_not : "";
}

uint64_t ReadSyscallsOfThisThread() noexcept {
  if (!Counting()) return 0;
  const uint64_t calls = BenchmarkThread::This().Read();  // this reading is among them
  return calls - t_readings;
}

uint64_t ReadSyscallsOfOthers() noexcept {
  if (!Counting()) return 0;
  const BenchmarkThread& mine = BenchmarkThread::This();
  const std::lock_guard lock(g_mutex);
  // The whole less the benchmark threads: one moment's picture if no benchmark thread made a call
  // while it was taken. Threads on their way to a barrier come to rest; others may never.
  constexpr int kTries = 32;
  for (int i = 1;; ++i) {
    const uint64_t others_before = mine.ReadAllButThis();
    const uint64_t own = mine.Read();
    const uint64_t all = ReadEvent(g_process);  // always one call after `own`
    if (mine.ReadAllButThis() == others_before || i == kTries) return all - others_before - own;
  }
}

}  // namespace tare::count
