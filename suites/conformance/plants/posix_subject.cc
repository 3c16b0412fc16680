// SPDX-License-Identifier: Apache-2.0
// The sound subject: a call tries, and waits in poll(2) for the socket or for a byte in its
// direction's pipe.
#include "suites/conformance/plants/posix_subject.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace tare::conformance {
namespace {

Result FromErrno(int error) {
  const Result r{0, Error::kOther, error};
  if (error == ECONNRESET || error == EPIPE) return {0, Error::kReset, error};
  if (error == ECONNREFUSED) return {0, Error::kRefused, error};
  return r;
}

std::string ToText(const sockaddr_in& in) {
  char text[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
  return std::string(text) + ":" + std::to_string(ntohs(in.sin_port));
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return in;
}

sockaddr_in FromText(const std::string& address) {
  const size_t colon = address.rfind(':');
  return Loopback(static_cast<uint16_t>(std::stoul(address.substr(colon + 1))));
}

const sockaddr* Raw(const sockaddr_in& in) {
  return reinterpret_cast<const sockaddr*>(&in);
}

template <class Call>
std::string Ask(Call call, int fd) {
  sockaddr_in in{};
  socklen_t size = sizeof in;
  return call(fd, reinterpret_cast<sockaddr*>(&in), &size) == 0 ? ToText(in) : "";
}

// A pipe that takes one thread out of poll.
class Waker {
 public:
  Waker() {
    if (pipe2(fds_, O_CLOEXEC | O_NONBLOCK) != 0) fds_[0] = fds_[1] = -1;
  }
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;
  ~Waker() {
    close(fds_[0]);
    close(fds_[1]);
  }
  int fd() const { return fds_[0]; }
  void Wake() { (void)!write(fds_[1], "", 1); }
  void Clear() {
    char bytes[64];
    while (read(fds_[0], bytes, sizeof bytes) > 0) {
    }
  }

 private:
  int fds_[2];
};

// A non-blocking socket whose calls block, one at a time in each direction.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd), local_(Ask(getsockname, fd)), remote_(Ask(getpeername, fd)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { (void)Close(); }

  const std::string& local() const { return local_; }
  const std::string& remote() const { return remote_; }

  // Calls attempt(fd) until it returns at least 0, which is then `n`, or an errno other than EAGAIN
  // (waits for the socket) and EINTR (tries again at once).
  template <class F>
  Result Read(F&& attempt) {
    return Run(in_, POLLIN, attempt);
  }
  template <class F>
  Result Write(F&& attempt) {
    return Run(out_, POLLOUT, attempt);
  }

  Error SetDeadline(Which which, TimePoint deadline) {
    const std::lock_guard lock(mutex_);
    if (closed_) return Error::kClosed;
    for (Side* side : {&in_, &out_}) {
      if (which == (side == &in_ ? Which::kWrite : Which::kRead)) continue;
      side->deadline = deadline;
      Rouse(*side);
    }
    return Error::kOk;
  }

  Error Close() {
    std::unique_lock lock(mutex_);
    if (closed_) return Error::kClosed;
    closed_ = true;
    Rouse(in_);
    Rouse(out_);
    turn_.wait(lock, [this] { return !in_.busy && !out_.busy; });
    close(fd_);
    return Error::kOk;
  }

 private:
  struct Side {
    TimePoint deadline = kNever;
    bool busy = false;
    Waker waker;
  };

  void Rouse(Side& side) {
    side.waker.Wake();
    turn_.notify_all();
  }

  // Why a call may not go on; kOk: it may.
  Error Barred(const Side& side) const {
    if (closed_) return Error::kClosed;
    return side.deadline <= Clock::now() ? Error::kTimeout : Error::kOk;
  }

  static void Await(int fd, short events, int wake_fd, TimePoint deadline) {
    pollfd fds[] = {{fd, events, 0}, {wake_fd, POLLIN, 0}};
    timespec left{};
    if (deadline != kNever) {
      const int64_t ns = std::max<int64_t>((deadline - Clock::now()).count(), 0);
      left = {ns / 1'000'000'000, ns % 1'000'000'000};
    }
    (void)ppoll(fds, 2, deadline == kNever ? nullptr : &left, nullptr);
  }

  template <class F>
  Result Run(Side& side, short events, F& attempt) {
    std::unique_lock lock(mutex_);
    while (side.busy && Barred(side) == Error::kOk) {
      if (side.deadline == kNever) {
        turn_.wait(lock);
      } else {
        turn_.wait_until(lock, side.deadline);
      }
    }
    if (const Error barred = Barred(side); barred != Error::kOk) return {0, barred, 0};
    side.busy = true;
    for (;;) {
      if (const Error barred = Barred(side); barred != Error::kOk) {
        return EndTurn(side, {0, barred, 0});
      }
      side.waker.Clear();
      const TimePoint deadline = side.deadline;
      lock.unlock();
      const ssize_t n = attempt(fd_);
      const int error = n < 0 ? errno : 0;
      if (error == EAGAIN) Await(fd_, events, side.waker.fd(), deadline);
      lock.lock();
      if (n >= 0) return EndTurn(side, {static_cast<size_t>(n), Error::kOk, 0});
      if (error != EAGAIN && error != EINTR) return EndTurn(side, FromErrno(error));
    }
  }

  Result EndTurn(Side& side, const Result& r) {
    side.busy = false;
    turn_.notify_all();
    return r;
  }

  const int fd_;
  const std::string local_, remote_;
  std::mutex mutex_;
  std::condition_variable turn_;
  bool closed_ = false;
  Side in_, out_;
};

// What all endpoints have, from a socket.
template <class Base>
class OnSocket : public Base {
 public:
  explicit OnSocket(int fd) : socket_(fd) {}
  Error Close() override { return socket_.Close(); }
  Error SetDeadline(Which which, TimePoint deadline) override {
    return socket_.SetDeadline(which, deadline);
  }
  std::string LocalAddress() const override { return socket_.local(); }

 protected:
  Socket socket_;
};

class PosixConn final : public OnSocket<Conn> {
 public:
  using OnSocket::OnSocket;

  Result Read(std::span<std::byte> to) override {
    Result r = socket_.Read([&](int fd) { return recv(fd, to.data(), to.size(), 0); });
    if (r.ok() && r.n == 0 && !to.empty()) r.error = Error::kEof;
    return r;
  }

  Result Write(std::span<const std::byte> from) override {
    size_t moved = 0;
    Result r = socket_.Write([&](int fd) -> ssize_t {
      const ssize_t n = send(fd, from.data() + moved, from.size() - moved, MSG_NOSIGNAL);
      if (n < 0) return n;
      moved += static_cast<size_t>(n);
      errno = EINTR;
      return moved < from.size() ? -1 : n;
    });
    r.n = moved;
    return r;
  }

  std::string RemoteAddress() const override { return socket_.remote(); }
};

class PosixPackets final : public OnSocket<PacketConn> {
 public:
  using OnSocket::OnSocket;

  Result ReceiveFrom(std::span<std::byte> to, std::string& from) override {
    sockaddr_in peer{};
    const Result r = socket_.Read([&](int fd) {
      socklen_t size = sizeof peer;
      return recvfrom(fd, to.data(), to.size(), 0, reinterpret_cast<sockaddr*>(&peer), &size);
    });
    if (r.ok()) from = ToText(peer);
    return r;
  }

  Result SendTo(std::span<const std::byte> from, const std::string& to) override {
    const sockaddr_in peer = FromText(to);
    return socket_.Write([&](int fd) {
      return sendto(fd, from.data(), from.size(), MSG_NOSIGNAL, Raw(peer), sizeof peer);
    });
  }
};

class PosixListener final : public OnSocket<Listener> {
 public:
  using OnSocket::OnSocket;

  Made<Conn> Accept() override {
    int accepted = -1;
    const Result r = socket_.Read([&](int fd) -> ssize_t {
      accepted = accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      return accepted < 0 ? -1 : 0;
    });
    if (!r.ok()) return {nullptr, r};
    return {std::make_unique<PosixConn>(accepted), r};
  }
};

class PosixSubject final : public Subject, public Dialer {
 public:
  Made<Listener> Listen() override { return Bound<Listener, PosixListener>(SOCK_STREAM); }
  Made<PacketConn> OpenPackets() override { return Bound<PacketConn, PosixPackets>(SOCK_DGRAM); }
  std::string WhyWithout(Part) const override { return ""; }
  Dialer& dialer() override { return *this; }

  Made<Conn> Dial(const std::string& address) override {
    const sockaddr_in to = FromText(address);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return {nullptr, FromErrno(errno)};
    if (connect(fd, Raw(to), sizeof to) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
      const Result r = FromErrno(errno);
      close(fd);
      return {nullptr, r};
    }
    return {std::make_unique<PosixConn>(fd), {}};
  }

 private:
  template <class T, class Of>
  static Made<T> Bound(int type) {
    const sockaddr_in at = Loopback(0);
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return {nullptr, FromErrno(errno)};
    if (bind(fd, Raw(at), sizeof at) != 0 || (type == SOCK_STREAM && listen(fd, 16) != 0)) {
      const Result r = FromErrno(errno);
      close(fd);
      return {nullptr, r};
    }
    return {std::make_unique<Of>(fd), {}};
  }
};

}  // namespace

std::unique_ptr<Subject> MakePosixSubject() {
  return std::make_unique<PosixSubject>();
}

}  // namespace tare::conformance
