// SPDX-License-Identifier: Apache-2.0
// What the tests of the contract ask of POSIX systems.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

[[noreturn]] void Throw(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

int Must(int rc, const char* call) {
  if (rc < 0) Throw(call);
  return rc;
}

void LimitBlocking(Handle h) {
  const timeval minute = {60, 0};
  Must(setsockopt(h, SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof minute), "SO_RCVTIMEO");
  Must(setsockopt(h, SOL_SOCKET, SO_SNDTIMEO, &minute, sizeof minute), "SO_SNDTIMEO");
}

std::atomic<int> interruptions{0};

void CountInterruption(int) {
  interruptions.fetch_add(1, std::memory_order_relaxed);
}

void EverySoManyMicros(suseconds_t micros) {
  const itimerval every = {{0, micros}, {0, micros}};
  Must(setitimer(ITIMER_REAL, &every, nullptr), "setitimer");
}

}  // namespace

std::vector<std::string> OpenHandles() {
  std::vector<std::string> all;
  std::error_code none;
  const std::filesystem::path own = "/proc/" + std::to_string(getpid()) + "/fd";
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", none)) {
    const auto target = std::filesystem::read_symlink(entry.path(), none);
    // The listing itself has the folder open.
    if (target != own) all.push_back(entry.path().filename().string() + ": " + target.string());
  }
  std::sort(all.begin(), all.end());
  return all;
}

bool IsInherited(Handle h) {
  return (Must(fcntl(h, F_GETFD), "F_GETFD") & FD_CLOEXEC) == 0;
}

Handle Duplicate(Handle h) {
  return Must(fcntl(h, F_DUPFD_CLOEXEC, 0), "F_DUPFD_CLOEXEC");
}

Handle OpenFile() {
  return Must(open("/dev/null", O_RDONLY | O_CLOEXEC), "open");
}

File::File(std::span<const std::byte> bytes)
    : handle_(Must(memfd_create("tare", MFD_CLOEXEC), "memfd_create")) {
  Write(0, bytes);
}

File::~File() {
  (void)CloseHandle(handle_);
}

void File::Write(uint64_t at, std::span<const std::byte> bytes) {
  const ssize_t n = pwrite(handle_, bytes.data(), bytes.size(), static_cast<off_t>(at));
  if (n != static_cast<ssize_t>(bytes.size())) Throw("pwrite");
}

void File::Resize(uint64_t size) {
  Must(ftruncate(handle_, static_cast<off_t>(size)), "ftruncate");
}

void File::MoveTo(uint64_t position) {
  if (lseek(handle_, static_cast<off_t>(position), SEEK_SET) < 0) Throw("lseek");
}

uint64_t File::Position() const {
  return static_cast<uint64_t>(lseek(handle_, 0, SEEK_CUR));
}

Handle BoundOnly(Address& at) {
  const Result made = NewTcp4();
  if (!made.ok()) Throw("socket");
  const Handle h = static_cast<Handle>(made.n);
  at = Loopback4();
  Must(bind(h, reinterpret_cast<const sockaddr*>(at.bytes), at.size), "bind");
  at = LocalAddress(h);
  return h;
}

void BeginToConnect(Handle h, const Address& to) {
  const int flags = Must(fcntl(h, F_GETFL), "F_GETFL");
  Must(fcntl(h, F_SETFL, flags | O_NONBLOCK), "F_SETFL");
  (void)connect(h, reinterpret_cast<const sockaddr*>(to.bytes), to.size);
  Must(fcntl(h, F_SETFL, flags), "F_SETFL");
}

int FailToConnect(Handle h, const Address& to) {
  BeginToConnect(h, to);
  pollfd one = {h, POLLOUT, 0};
  Must(poll(&one, 1, 60'000), "poll");
  int error = 0;
  socklen_t size = sizeof error;
  Must(getsockopt(h, SOL_SOCKET, SO_ERROR, &error, &size), "SO_ERROR");
  return error;
}

void Push(Handle h, std::span<const std::byte> from) {
  LimitBlocking(h);
  while (!from.empty()) {
    const ssize_t n = send(h, from.data(), from.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      from = from.subspan(static_cast<size_t>(n));
    } else if (errno != EINTR) {
      Throw("send");
    }
  }
}

size_t Pull(Handle h, std::span<std::byte> to) {
  LimitBlocking(h);
  size_t got = 0;
  while (got < to.size()) {
    const ssize_t n = recv(h, to.data() + got, to.size() - got, 0);
    if (n == 0) break;
    if (n > 0) {
      got += static_cast<size_t>(n);
    } else if (errno != EINTR) {
      Throw("recv");
    }
  }
  return got;
}

bool HasRoom(Handle h) {
  pollfd room = {h, POLLOUT, 0};
  return poll(&room, 1, 0) > 0;
}

int SendUntilBlocked(Handle h, const Address& to, size_t size) {
  const std::vector<std::byte> bytes(size);
  for (int sent = 0;; ++sent) {
    const ssize_t n = sendto(h, bytes.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(to.bytes), to.size);
    if (n < 0 && errno == EAGAIN) return sent;
    if (n < 0) Throw("sendto");
  }
}

int FillQueue(const Address& to) {
  // One socket may be short of room before the queue is.
  for (int all = 0;;) {
    const Result made = NewSocket(Transport::kUnixgram);
    if (!made.ok()) Throw("socket");
    const int sent = SendUntilBlocked(static_cast<Handle>(made.n), to, 1);
    (void)CloseHandle(static_cast<Handle>(made.n));
    if (sent == 0) return all;
    all += sent;
  }
}

int64_t Sleeps() {
  rusage usage;
  Must(getrusage(RUSAGE_THREAD, &usage), "getrusage");
  return usage.ru_nvcsw;
}

int64_t CpuTime() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

HandleLimit::HandleLimit(int more) {
  rlimit limit;
  Must(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  before_ = limit.rlim_cur;
  // A new handle has the lowest free number, and must be below the limit.
  std::vector<Handle> taken(static_cast<size_t>(more) + 1);
  for (Handle& h : taken) h = OpenFile();
  limit.rlim_cur = static_cast<rlim_t>(*std::max_element(taken.begin(), taken.end()));
  for (const Handle h : taken) close(h);
  Must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

HandleLimit::~HandleLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = before_;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

Interruptions::Interruptions() {
  interruptions = 0;
  struct sigaction action = {};
  action.sa_handler = &CountInterruption;
  Must(sigaction(SIGALRM, &action, nullptr), "sigaction");
  EverySoManyMicros(500);
}

Interruptions::~Interruptions() {
  EverySoManyMicros(0);
  (void)signal(SIGALRM, SIG_IGN);  // one that is under way still
}

int Interruptions::Count() {
  return interruptions.load(std::memory_order_relaxed);
}

Reserve::Reserve(size_t size) {
  void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at != MAP_FAILED) bytes_ = {static_cast<std::byte*>(at), size};
}

Reserve::~Reserve() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

}  // namespace tare::io::contract
