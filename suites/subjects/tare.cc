// SPDX-License-Identifier: Apache-2.0
// Our own shared descriptors as a subject, on every backend of this binary.
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "impl/backend/backends.h"
#include "impl/base/socket.h"
#include "impl/fd_ops/shared.h"
#include "impl/loop/loop_thread.h"
#include "suites/conformance/conn.h"

namespace tare::conformance {
namespace {

Error ToError(io::Errc e) {
  switch (e) {
    case io::Errc::kOk:
      return Error::kOk;
    case io::Errc::kEof:
      return Error::kEof;
    case io::Errc::kTimeout:
      return Error::kTimeout;
    case io::Errc::kClosed:
      return Error::kClosed;
    case io::Errc::kRefused:
      return Error::kRefused;
    case io::Errc::kReset:
      return Error::kReset;
    case io::Errc::kShutdown:
      return Error::kShutdown;
    case io::Errc::kUnsupported:
      return Error::kUnsupported;
    default:
      return Error::kOther;
  }
}

Result Moved(const io::Result& r) {
  return {static_cast<size_t>(r.n), ToError(r.err), r.os};
}
// Of a call whose `n` is a handle, or nothing.
Result Ended(const io::Result& r) {
  return {0, ToError(r.err), r.os};
}

// Both are nanoseconds on the clock that never steps.
io::Deadline ToDeadline(TimePoint t) {
  static_assert(std::is_same_v<TimePoint::duration, std::chrono::nanoseconds>);
  return t == kNever ? io::Deadline::Never() : io::Deadline{t.time_since_epoch().count()};
}

// The inverse of io::ToString for what a listener on loopback has.
std::optional<io::Address> Parse(const std::string& address) {
  unsigned net = 0, host = 0, port = 0;
  const int got = std::sscanf(address.c_str(), "127.0.%3u.%3u:%5u", &net, &host, &port);
  if (got != 3 || net > 255 || host > 255 || port > 65535) return std::nullopt;
  return io::Loopback4(static_cast<uint16_t>(port), static_cast<uint8_t>(net),
                       static_cast<uint8_t>(host));
}

// What Conn, Listener and PacketConn share. The addresses are asked for at once: the handle may be
// gone later.
template <class B, class Base>
class Shared : public Base {
 public:
  explicit Shared(io::Loop<B>& loop) : fd_(loop) {}
  ~Shared() override { (void)fd_.Close(); }

  // Takes `h` over, and closes it if that fails.
  io::Result Open(io::Handle h) {
    const io::Result r = fd_.Open(h);
    if (!r.ok()) (void)io::CloseHandle(h);
    return r;
  }

  Error Close() override { return ToError(fd_.Close().err); }
  Error SetDeadline(Which which, TimePoint t) override {
    const io::Deadline d = ToDeadline(t);
    switch (which) {
      case Which::kRead:
        return ToError(fd_.SetReadDeadline(d));
      case Which::kWrite:
        return ToError(fd_.SetWriteDeadline(d));
      case Which::kBoth:
        return ToError(fd_.SetDeadline(d));
    }
    return Error::kOther;
  }
  std::string LocalAddress() const override { return local_; }

 protected:
  io::fd_ops::SharedFd<B> fd_;
  std::string local_;
};

template <class B>
class TareConn final : public Shared<B, Conn> {
 public:
  using Shared<B, Conn>::Shared;

  void KeepAddresses(io::Handle h) {
    this->local_ = io::ToString(io::LocalAddress(h));
    remote_ = io::ToString(io::RemoteAddress(h));
  }
  io::Result Connect(io::Address& to) { return this->fd_.Connect(to); }

  Result Read(std::span<std::byte> to) override { return Moved(this->fd_.Read(to)); }
  Result Write(std::span<const std::byte> from) override { return Moved(this->fd_.Write(from)); }
  std::string RemoteAddress() const override { return remote_; }

 private:
  std::string remote_;
};

template <class B>
class TareListener final : public Shared<B, Listener> {
 public:
  explicit TareListener(io::Loop<B>& loop) : Shared<B, Listener>(loop), loop_(loop) {}

  void KeepAddress(const io::Address& at) { this->local_ = io::ToString(at); }

  Made<Conn> Accept() override {
    const io::Result accepted = this->fd_.Accept();
    if (!accepted.ok()) return {nullptr, Ended(accepted)};
    auto conn = std::make_unique<TareConn<B>>(loop_);
    const auto h = static_cast<io::Handle>(accepted.n);
    conn->KeepAddresses(h);
    const io::Result opened = conn->Open(h);
    if (!opened.ok()) return {nullptr, Ended(opened)};
    return {std::move(conn), {}};
  }

 private:
  io::Loop<B>& loop_;
};

template <class B>
class TarePackets final : public Shared<B, PacketConn> {
 public:
  using Shared<B, PacketConn>::Shared;

  void KeepAddress(const io::Address& at) { this->local_ = io::ToString(at); }

  Result ReceiveFrom(std::span<std::byte> to, std::string& from) override {
    io::Address peer;
    const io::Result r = this->fd_.ReadFrom(to, &peer);
    if (r.ok()) from = io::ToString(peer);
    return Moved(r);
  }
  Result SendTo(std::span<const std::byte> from, const std::string& to) override {
    const std::optional<io::Address> peer = Parse(to);
    if (!peer) return {0, Error::kOther, 0};
    return Moved(this->fd_.WriteTo(from, &*peer));
  }
};

template <class B>
class TareSubject final : public Subject, public Dialer {
 public:
  Made<Listener> Listen() override {
    io::Address at = io::Loopback4();
    const io::Result made = io::Listen(at);
    return Bound<Listener, TareListener<B>>(made, at);
  }
  std::string WhyWithout(Part part) const override {
    return part == Part::kPackets ? "" : Subject::WhyWithout(part);
  }
  Made<PacketConn> OpenPackets() override {
    io::Address at = io::Loopback4();
    const io::Result made = io::Bind(io::Transport::kUdp4, at);
    return Bound<PacketConn, TarePackets<B>>(made, at);
  }

  Dialer& dialer() override { return *this; }

  Made<Conn> Dial(const std::string& address) override {
    std::optional<io::Address> to = Parse(address);
    if (!to) return {nullptr, {0, Error::kOther, 0}};
    const io::Result made = io::NewTcp4();
    if (!made.ok()) return {nullptr, Ended(made)};
    const auto h = static_cast<io::Handle>(made.n);
    auto conn = std::make_unique<TareConn<B>>(thread_.loop());
    io::Result r = conn->Open(h);
    if (r.ok()) r = conn->Connect(*to);
    if (!r.ok()) return {nullptr, Ended(r)};
    conn->KeepAddresses(h);  // nobody else has the connection yet
    return {std::move(conn), {}};
  }

 private:
  // Of the handle that was made bound to `at`, or of why there is none.
  template <class T, class Of>
  Made<T> Bound(const io::Result& made, const io::Address& at) {
    if (!made.ok()) return {nullptr, Ended(made)};
    auto endpoint = std::make_unique<Of>(thread_.loop());
    endpoint->KeepAddress(at);
    const io::Result opened = endpoint->Open(static_cast<io::Handle>(made.n));
    if (!opened.ok()) return {nullptr, Ended(opened)};
    return {std::move(endpoint), {}};
  }

  io::LoopThread<B> thread_;
};

template <class B>
Candidate MakeCandidate() {
  const char* const why_not = B::WhyNot();
  return {.name = std::string(B::kName), .why_not = why_not != nullptr ? why_not : "", .make = [] {
            return std::make_unique<TareSubject<B>>();
          }};
}

template <class... B>
std::vector<Candidate> MakeCandidates(io::BackendList<B...>) {
  return {MakeCandidate<B>()...};
}

}  // namespace

Program TheProgram() {
  Program program{.subject = "tare", .backends = MakeCandidates(io::Backends{})};
  for (const io::AbsentBackend& absent : io::kAbsentBackends) {
    program.backends.push_back(
        {.name = std::string(absent.name), .why_not = std::string(absent.reason), .make = nullptr});
  }
  return program;
}

}  // namespace tare::conformance
