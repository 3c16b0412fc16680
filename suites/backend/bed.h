// SPDX-License-Identifier: Apache-2.0
// The test bed of the contract: a backend that is watched while a test uses it, and ends of
// connections on it.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "impl/backend/backend.h"
#include "impl/base/socket.h"
#include "suites/support/time_scale.h"

namespace tare::io::contract {

inline constexpr int64_t kMicro = 1'000;
inline constexpr int64_t kMilli = 1'000'000;
inline constexpr int64_t kSecond = 1'000 * kMilli;

// How much a sanitizer slows this program down, roughly: rounds are divided by it, patience is
// multiplied.
#if defined(__SANITIZE_THREAD__)
inline constexpr int kSlowness = 8;
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr int kSlowness = 4;
#else
inline constexpr int kSlowness = 1;
#endif

// How long something that must happen may take. With a fault planted it need not happen.
template <class B>
constexpr int64_t Patience() {
  if constexpr (requires { B::kPlanted; }) return kSlowness * kSecond / 2;
  return kSlowness * 20 * kSecond;
}

template <Backend B>
class Bed;

// An op that counts how often it was started and has ended.
template <Backend B>
struct Call : OpOf<B> {
  explicit Call(Bed<B>& the_bed) : bed(the_bed) { this->done = &OnDone; }

  bool pending() const { return started > ended; }

  Bed<B>& bed;
  int started = 0;
  int ended = 0;
  std::function<void(Call&)> then;  // called at each end; may destroy this

 private:
  static void OnDone(Op& op) noexcept {
    Call& call = static_cast<Call&>(op);
    ++call.ended;
    call.bed.Saw(call);
    if (!call.then) return;
    const auto copy = call.then;
    copy(call);
  }
};

// A backend, and a look at what must be true of every call, whatever a test is about. The first
// sentence seen broken is the verdict.
template <Backend B>
class Bed {
 public:
  B backend;

  const std::string& verdict() const { return verdict_; }
  bool polling() const { return polling_; }

  void Start(typename B::Port& port, Call<B>& call) {
    ++call.started;
    const bool was = std::exchange(starting_, true);
    backend.Start(port, call);
    starting_ = was;
  }

  int Poll(Deadline d) {
    const int before = ends_;
    polling_ = true;
    const int count = backend.Poll(d);
    polling_ = false;
    if (count != ends_ - before) Broken("S14: Poll returned another number than it called");
    return count;
  }

  // Polls until `condition` holds. False if it does not in all the time that it may take; then the
  // next one gets hardly any, for what is only being cleaned up.
  template <class Condition>
  bool PollUntil(Condition condition) {
    suites::Allowance patience(gave_up_ ? kSlowness * 20 * kMilli : Patience<B>());
    while (!condition()) {
      if (patience.Spent()) {
        gave_up_ = true;
        return false;
      }
      (void)Poll(Deadline{patience.until()});
    }
    return true;
  }

  bool PollUntilEnded(const Call<B>& call) {
    return PollUntil([&call] { return !call.pending(); });
  }

  // Polls `times` times for what must not come.
  void PollInVain(int times = 3) {
    for (int i = 0; i < times; ++i) (void)Poll(Deadline::Past());
    (void)Poll(Now().Plus(kMilli));
  }

  // Called at an arrival of a kRecvMany.
  void SawArrival() {
    ++ends_;
    if (!polling_) Broken("S19: an arrival was told outside Poll");
  }

  // Called by an op that ends.
  void Saw(const Call<B>& call) {
    ++ends_;
    const Result& r = call.result;
    if (starting_) Broken("S06: Start called done");
    if (!polling_) Broken("S06: an op ended outside Poll");
    if (call.ended > call.started) Broken("S06: an op ended more often than it was started");
    if (r.os == EAGAIN || r.os == EWOULDBLOCK) Broken("S12: would-block came out");
    if (r.os == EINTR) Broken("S12: an interruption came out");
    const bool moves = call.kind == Op::Kind::kRecv || call.kind == Op::Kind::kSend;
    if (moves && (r.n < 0 || static_cast<size_t>(r.n) > call.size)) {
      Broken("S06: more was moved than the caller's buffer has");
    }
  }

 private:
  void Broken(const char* sentence) {
    if (verdict_.empty()) verdict_ = sentence;
  }

  std::string verdict_;
  int ends_ = 0;  // and arrivals
  bool starting_ = false;
  bool polling_ = false;
  bool gave_up_ = false;
};

// Does something when it goes, before what was made earlier goes.
class Finally {
 public:
  explicit Finally(std::function<void()> what) : what_(std::move(what)) {}
  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;
  ~Finally() { what_(); }

 private:
  std::function<void()> what_;
};

// A handle, owned and closed.
class OwnedHandle {
 public:
  OwnedHandle() = default;
  explicit OwnedHandle(Handle h) : handle_(h) {}
  explicit OwnedHandle(const Result& made) {
    if (!made.ok()) throw std::runtime_error("no socket: " + std::string(Name(made.err)));
    handle_ = static_cast<Handle>(made.n);
  }
  OwnedHandle(OwnedHandle&& other) noexcept : handle_(std::exchange(other.handle_, kNoHandle)) {}
  OwnedHandle& operator=(OwnedHandle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~OwnedHandle() { Close(); }

  Handle operator*() const { return handle_; }
  void Close() {
    if (handle_ != kNoHandle) (void)CloseHandle(handle_);
    handle_ = kNoHandle;
  }

 private:
  Handle handle_ = kNoHandle;
};

// A port with its handle and one op for each direction. The handle is closed with it.
template <Backend B>
class Endpoint {
 public:
  Endpoint(Bed<B>& bed, OwnedHandle handle)
      : in(bed), out(bed), bed_(bed), handle_(std::move(handle)) {
    Attach();
  }
  ~Endpoint() {
    in.then = out.then = nullptr;  // which might start the next one
    Settle();
    if (attached_) Detach();
  }

  Handle handle() const { return *handle_; }
  Bed<B>& bed() { return bed_; }

  void Attach() {
    const Result r = bed_.backend.Attach(port_, *handle_);
    if (!r.ok()) throw std::runtime_error("Attach: " + std::string(Name(r.err)));
    attached_ = true;
  }
  void Detach() {
    bed_.backend.Detach(port_);
    attached_ = false;
  }
  void Close() {
    Detach();
    handle_.Close();
  }

  void Recv(std::span<std::byte> to) { Begin(in, Op::Kind::kRecv, to.data(), to.size(), nullptr); }
  void Send(std::span<const std::byte> from) {
    Begin(out, Op::Kind::kSend, const_cast<std::byte*>(from.data()), from.size(), nullptr);
  }
  void Accept(Address* peer = nullptr) { Begin(in, Op::Kind::kAccept, nullptr, 0, peer); }
  void Connect(Address& to) { Begin(out, Op::Kind::kConnect, nullptr, 0, &to); }
  // Starts an op beside those of the endpoint.
  void StartAlso(Call<B>& call) { bed_.Start(port_, call); }
  void Cancel(Call<B>& call) { bed_.backend.Cancel(port_, call); }
  // Ends what is pending, so that its buffers may go; inside Poll nothing may be.
  void Settle() {
    if (in.pending()) Cancel(in);
    if (out.pending()) Cancel(out);
    if (!bed_.polling()) (void)bed_.PollUntil([this] { return !in.pending() && !out.pending(); });
  }

  Call<B> in, out;

 private:
  void Begin(Call<B>& call, Op::Kind kind, std::byte* data, size_t size, Address* peer) {
    call.kind = kind;
    call.data = data;
    call.size = size;
    call.peer = peer;
    bed_.Start(port_, call);
  }

  Bed<B>& bed_;
  OwnedHandle handle_;
  typename B::Port port_;
  bool attached_ = false;
};

inline Pair NewPair() {
  Pair pair;
  const Result r = TcpPairs({&pair, 1});
  if (!r.ok()) throw std::runtime_error("no connection: " + std::string(Name(r.err)));
  return pair;
}

// A connection with both ends attached.
template <Backend B>
struct Connection {
  explicit Connection(Bed<B>& bed) : Connection(bed, NewPair()) {}
  Connection(Bed<B>& bed, const Pair& pair)
      : client(bed, OwnedHandle(pair.client)), server(bed, OwnedHandle(pair.server)) {}

  Endpoint<B> client, server;
};

// A connection with one end attached; the other one is used by blocking calls (Push and Pull), so
// what the peer did has been done when they return.
template <Backend B>
struct Line {
  explicit Line(Bed<B>& bed) : Line(bed, NewPair()) {}
  Line(Bed<B>& bed, const Pair& pair)
      : peer(OwnedHandle(pair.client)), end(bed, OwnedHandle(pair.server)) {}

  OwnedHandle peer;
  Endpoint<B> end;
};

}  // namespace tare::io::contract
