// SPDX-License-Identifier: Apache-2.0
// The reference descriptor: both of its operations live in it, so a read or a write allocates
// nothing, ever.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "impl/base/check.h"
#include "impl/base/socket.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/echo.h"
#include "impl/loop/loop.h"

namespace tare::io::fd_ops {

inline constexpr size_t kCacheLine = 64;  // bytes

// A descriptor that belongs to its loop's thread: every member is called there, and every callback
// comes from Loop::Turn.
//
// One read (or accept) and one write (or connect) may be pending at a time; one more is an error of
// the programmer (shared.h queues). A callback may start the next operation, set deadlines, and
// close; it may destroy the descriptor once it is closed. No callback is ever called from inside
// the call that started it.
//
// How an operation ends, where several reasons hold: closed before timeout before the system's
// error before end of stream. Bytes that the system has already handed over always win.
template <Backend B>
class Fd {
 public:
  using LoopType = Loop<B>;
  using Done = void (*)(Fd&, Result) noexcept;
  using More = void (*)(Fd&, std::span<const std::byte> lent) noexcept;
  // Whoever starts operations on a descriptor that is not of a type of its own: `done` is called in
  // place of a Done, may do what that may, and destroy the Starter. It is embedded in the caller,
  // and stays where it is until then.
  struct Starter {
    void (*done)(Starter&, Fd&, Result) noexcept = nullptr;
  };
  // Whoever has a direction to himself over several operations, and must learn of a Close between
  // them: `closing` is called from Close, once, and calls nobody back. From then on it is no longer
  // known here, and the descriptor may soon be gone.
  struct Watcher {
    void (*closing)(Watcher&) noexcept = nullptr;
  };

  static const char* WhyNot() noexcept { return B::WhyNot(); }

  explicit Fd(Loop<B>& loop) noexcept : loop_(loop) {
    Embed(in_, &OnRead);
    Embed(out_, &OnWrite);
    closing_.owner = this;
    closing_.done = &OnClosed;
    many_.more = &OnMore;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  // Wants it closed, or never opened.
  ~Fd() {
    TARE_CHECK(state_ == State::kNew || state_ == State::kClosed);
    TARE_CHECK(!in_.busy && !out_.busy);
  }

  // Takes `h` over. After an error it is still the caller's. No deadline is set.
  Result Open(Handle h) noexcept {
    TARE_CHECK(state_ == State::kNew || state_ == State::kClosed);
    const Result attached = loop_.backend().Attach(port_, h);
    if (!attached.ok()) return attached;
    handle_ = h;
    state_ = State::kOpen;
    in_.deadline = out_.deadline = Deadline::Never();
    in_.expired = out_.expired = false;
    torn_ = {};
    return attached;
  }

  Handle handle() const noexcept { return handle_; }
  bool open() const noexcept { return state_ == State::kOpen; }
  // Whether it is a byte stream. Only of one that is open.
  bool is_stream() const noexcept { return port_.is_stream; }
  // Whether a read (accept) is pending.
  bool reading() const noexcept { return in_.busy; }
  // Whether a write (or connect) is.
  bool writing() const noexcept { return out_.busy; }

  // One at a time for each direction: false where there is another. Only of one that is open.
  bool WatchReads(Watcher& watcher) noexcept { return Watch(in_watcher_, watcher); }
  bool WatchWrites(Watcher& watcher) noexcept { return Watch(out_watcher_, watcher); }
  // Does nothing if it is not known here.
  void Unwatch(const Watcher& watcher) noexcept {
    if (in_watcher_ == &watcher) in_watcher_ = nullptr;
    if (out_watcher_ == &watcher) out_watcher_ = nullptr;
  }

  // From `d` on reads (accepts) end with kTimeout, the pending one too, until the deadline is set
  // anew. One that has passed takes effect in here. kClosed, and no effect, on a descriptor that is
  // not open. Moving a deadline further away or clearing it costs a store: the armed timer finds
  // out when its time has come.
  Errc SetReadDeadline(Deadline d) noexcept { return SetDeadline(in_, d); }
  // The same for writes and connects.
  Errc SetWriteDeadline(Deadline d) noexcept { return SetDeadline(out_, d); }
  Errc SetDeadline(Deadline d) noexcept {
    (void)SetDeadline(in_, d);
    return SetDeadline(out_, d);
  }

  // Up to to.size() bytes: n >= 1, or kEof. Of an empty buffer: n = 0 at once.
  void Read(std::span<std::byte> to, Done done) noexcept {
    Begin(in_, Op::Kind::kRecv, to.data(), to.size(), done);
    Go(in_);
  }
  void Read(std::span<std::byte> to, Starter& starter) noexcept { Read(to, TellIn(starter)); }

  // The same into message.pieces, `count` of them. `message` lives until the callback.
  void Readv(Message& message, size_t count, Done done) noexcept {
    Begin(in_, Op::Kind::kReadv, nullptr, count, done);
    in_.message = &message;
    Go(in_);
  }

  // One datagram, its sender into *message.peer; n = 0 is an empty one. What does not fit is gone.
  void ReadFrom(std::span<std::byte> to, Message& message, Done done) noexcept {
    Begin(in_, Op::Kind::kRecvFrom, to.data(), to.size(), done);
    in_.message = &message;
    Go(in_);
  }

  // All that arrives, by `more`, until kEof, an error, CancelRead or the deadline; `done` is told
  // then. The bytes are lent until `more` returns, which may do what a callback may, but not
  // destroy the descriptor. A backend without kRecvsMany ends it with kUnsupported.
  void ReadMany(More more, Done done) noexcept {
    Begin(in_, Op::Kind::kRecvMany, nullptr, 0, done);
    in_.many = &many_;
    many_.then = more;
    Go(in_);
  }

  // All of it, or n = how much was accepted and why not more.
  void Write(std::span<const std::byte> from, Done done) noexcept {
    Begin(out_, Op::Kind::kSend, const_cast<std::byte*>(from.data()), from.size(), done);
    Go(out_);
  }
  void Write(std::span<const std::byte> from, Starter& starter) noexcept {
    Write(from, TellOut(starter));
  }

  // The same from message.pieces, `count` of them; they are used up: what was accepted is cut off
  // them.
  void Writev(Message& message, size_t count, Done done) noexcept {
    Begin(out_, Op::Kind::kWritev, nullptr, count, done);
    out_.message = &message;
    Go(out_);
  }

  // One datagram to *message.peer (null: to the connected peer). kResource if a Unix receiver's
  // queue is full, unless it is the connected peer's, which is waited for.
  void WriteTo(std::span<const std::byte> from, Message& message, Done done) noexcept {
    Begin(out_, Op::Kind::kSendTo, const_cast<std::byte*>(from.data()), from.size(), done);
    out_.message = &message;
    Go(out_);
  }

  // Up to `size` bytes into splice.pipe, not by way of the program: n >= 1, or kEof, or kResource:
  // there is no room in the pipe. `splice` lives until the callback.
  void SpliceIn(Splice& splice, size_t size, Done done) noexcept {
    Begin(in_, Op::Kind::kSpliceIn, nullptr, size, done);
    in_.splice = &splice;
    Go(in_);
  }
  void SpliceIn(Splice& splice, size_t size, Starter& starter) noexcept {
    SpliceIn(splice, size, TellIn(starter));
  }

  // Up to `size` bytes from splice.pipe, perhaps fewer: n >= 1, or kResource: there are none in the
  // pipe, or n = 0: and nobody holds its other end.
  void SpliceOut(Splice& splice, size_t size, Done done) noexcept {
    Begin(out_, Op::Kind::kSpliceOut, nullptr, size, done);
    out_.splice = &splice;
    Go(out_);
  }
  void SpliceOut(Splice& splice, size_t size, Starter& starter) noexcept {
    SpliceOut(splice, size, TellOut(starter));
  }

  // On a stream all of it, or n = how much was accepted and why not more; kEof: the file ends
  // there. `part` lives until the callback and is used up: what was accepted is cut off its front.
  void SendFile(FilePart& part, Done done) noexcept {
    Begin(out_, Op::Kind::kSendFile, nullptr, 0, done);
    out_.part = &part;
    Go(out_);
  }
  void SendFile(FilePart& part, Starter& starter) noexcept { SendFile(part, TellOut(starter)); }

  // n = the new handle, owned by the callback. `peer` may be null, else it lives until the
  // callback.
  void Accept(Address* peer, Done done) noexcept {
    Begin(in_, Op::Kind::kAccept, nullptr, 0, done);
    in_.peer = peer;
    Go(in_);
  }

  // `to` lives until the callback.
  void Connect(Address& to, Done done) noexcept {
    Begin(out_, Op::Kind::kConnect, nullptr, 0, done);
    out_.peer = &to;
    Go(out_);
  }

  // Ends the pending operation, if any, with kCanceled, unless it ends by itself first.
  void CancelRead() noexcept { Interrupt(in_, Errc::kCanceled); }
  void CancelWrite() noexcept { Interrupt(out_, Errc::kCanceled); }

  // Ends what is pending with kClosed, then detaches and closes the handle, then calls `done` with
  // how the closing went. Returns kOk if it will, and kClosed if the descriptor is not open: then
  // `done` is not called. May be called inside a callback.
  Errc Close(Done done) noexcept {
    if (state_ != State::kOpen) return Errc::kClosed;
    state_ = State::kClosing;
    closing_.then = done;
    Interrupt(in_, Errc::kClosed);
    Interrupt(out_, Errc::kClosed);
    for (Watcher** place : {&in_watcher_, &out_watcher_}) {
      Watcher* const watcher = std::exchange(*place, nullptr);
      if (watcher != nullptr) watcher->closing(*watcher);
    }
    EndClosing();
    return Errc::kOk;
  }

 private:
  enum class State : uint8_t { kNew, kOpen, kClosing, kClosed };

  // What every use of a side touches beside its Op.
  struct Use {
    Fd* owner = nullptr;
    Fd::Done then = nullptr;
    int64_t moved = 0;     // by the earlier calls of a write that takes several
    Deadline deadline;     // Timer::when() may be earlier: see SetDeadline
    Errc why = Errc::kOk;  // what a cancel of ours stands for
    bool busy = false;     // from Begin to the callback
    bool started = false;  // the backend has it
    bool expired = false;  // the deadline has passed; stays until the next SetDeadline
  };

  // All that an operation in one direction needs, from one use to the next. In this order it is two
  // cache lines, three with the slot of io_uring, and one more where timers are armed.
  struct alignas(kCacheLine) Side : OpOf<B>, Use, Timer {};

  struct Closing : Op {
    Fd* owner = nullptr;
    Fd::Done then = nullptr;
    bool queued = false;
  };

  struct Many : RecvMany {
    More then = nullptr;
  };

  void Embed(Side& side, Op::Done done) noexcept {
    side.owner = this;
    side.done = done;
    side.fire = &OnTimer;
  }

  void Begin(Side& side, Op::Kind kind, std::byte* data, size_t size, Done then) noexcept {
    TARE_CHECK(!side.busy);
    side.busy = true;
    side.then = then;
    side.kind = kind;
    side.data = data;
    side.size = size;
    side.moved = 0;
    side.why = Errc::kOk;
  }

  void Go(Side& side) noexcept {
    if (state_ != State::kOpen) return loop_.End(side, {0, Errc::kClosed, 0});
    if (side.expired || HasPassed(side.deadline)) {
      side.expired = true;
      return loop_.End(side, {0, Errc::kTimeout, 0});
    }
    if (side.why != Errc::kOk) return loop_.End(side, {0, side.why, 0});
    side.started = true;
    loop_.backend().Start(port_, side);
  }

  static void OnRead(Op& op) noexcept {
    Side& side = static_cast<Side&>(op);
    Fd& fd = *side.owner;
    // Nothing is the end only where something was asked for, and boundaries are not kept.
    const bool end = side.result.n == 0 && side.result.ok() && side.kind != Op::Kind::kAccept &&
                     fd.port_.is_stream && !MovesNothing(side);
    fd.Finish(side, end ? fd.EndOfStream() : side.result);
  }

  static void OnMore(Op& op, const std::byte* data, size_t size) noexcept {
    Fd& fd = *static_cast<Side&>(op).owner;
    fd.many_.then(fd, {data, size});
  }

  static void OnWrite(Op& op) noexcept {
    Side& side = static_cast<Side&>(op);
    side.moved += side.result.n;
    if (side.result.ok() && side.owner->port_.is_stream &&
        Consume(side, static_cast<size_t>(side.result.n)) > 0) {
      if (side.kind == Op::Kind::kSendFile && side.result.n == 0) {
        return side.owner->Finish(side, {side.moved, Errc::kEof, 0});
      }
      side.started = false;
      return side.owner->Go(side);
    }
    Result r = side.result;
    r.n = side.moved;
    side.owner->Finish(side, r);
  }

  static bool Watch(Watcher*& place, Watcher& watcher) noexcept {
    if (place != nullptr) return false;
    place = &watcher;
    return true;
  }

  Done TellIn(Starter& starter) noexcept {
    in_starter_ = &starter;
    return [](Fd& fd, Result r) noexcept {
      Starter& in = *std::exchange(fd.in_starter_, nullptr);
      in.done(in, fd, r);
    };
  }
  Done TellOut(Starter& starter) noexcept {
    out_starter_ = &starter;
    return [](Fd& fd, Result r) noexcept {
      Starter& out = *std::exchange(fd.out_starter_, nullptr);
      out.done(out, fd, r);
    };
  }

  void Finish(Side& side, Result r) noexcept {
    if (!r.ok()) r = WhatIsTold(side, r);
    // Nothing of the operation stays behind for the next one to find.
    side.busy = side.started = false;
    side.data = nullptr;
    side.size = 0;
    side.peer = nullptr;
    // Closing as of now, for the callback may destroy a descriptor that is not.
    const bool closing = state_ == State::kClosing;
    side.then(*this, r);
    if (closing) EndClosing();
  }

  // A system tells of a reset once, and from then on of an end of stream that never was.
  Result EndOfStream() const noexcept {
    return torn_.ok() ? Result{0, Errc::kEof, 0} : Result{0, torn_.err, torn_.os};
  }

  // Of all the reasons why an operation has ended, the strongest.
  Result WhatIsTold(const Side& side, Result r) noexcept {
    if (r.err == Errc::kReset) torn_ = r;
    if (side.why == Errc::kClosed || side.why == Errc::kTimeout) return {r.n, side.why, 0};
    return r;
  }

  // Queues the end of closing once nothing is pending any more.
  void EndClosing() noexcept {
    if (in_.busy || out_.busy || closing_.queued) return;
    closing_.queued = true;
    loop_.End(closing_, {});
  }

  void Interrupt(Side& side, Errc why) noexcept {
    if (!side.busy) return;
    // Closed outranks timeout, and that a cancel: the strongest stays, whichever came first.
    if (side.why != Errc::kClosed && (side.why != Errc::kTimeout || why == Errc::kClosed)) {
      side.why = why;
    }
    if (side.started) loop_.backend().Cancel(port_, side);
  }

  Errc SetDeadline(Side& side, Deadline d) noexcept {
    if (state_ != State::kOpen) return Errc::kClosed;
    side.deadline = d;
    side.expired = HasPassed(d);
    if (side.expired) {
      Interrupt(side, Errc::kTimeout);
    } else if (d < (side.armed() ? side.when() : Deadline::Never())) {
      loop_.timers().Disarm(side);
      loop_.timers().Arm(side, d);
    }
    return Errc::kOk;
  }

  static void OnTimer(Timer& timer) noexcept {
    Side& side = static_cast<Side&>(timer);
    if (HasPassed(side.deadline)) {
      side.expired = true;
      side.owner->Interrupt(side, Errc::kTimeout);
    } else if (side.deadline != Deadline::Never()) {
      side.owner->loop_.timers().Arm(side, side.deadline);
    }
  }

  static void OnClosed(Op& op) noexcept {
    Closing& closing = static_cast<Closing&>(op);
    Fd& fd = *closing.owner;
    closing.queued = false;
    // Somebody has begun an operation meanwhile; it ends with kClosed, and then we are called
    // again.
    if (fd.in_.busy || fd.out_.busy) return;
    fd.loop_.timers().Disarm(fd.in_);
    fd.loop_.timers().Disarm(fd.out_);
    fd.loop_.backend().Detach(fd.port_);
    const Result closed = CloseHandle(fd.handle_);
    fd.handle_ = kNoHandle;
    fd.state_ = State::kClosed;
    closing.then(fd, closed);
  }

  // With a thousand descriptors the processor's caches are what counts: first what every operation
  // touches, each part in lines of its own.
  Loop<B>& loop_;
  Handle handle_ = kNoHandle;
  State state_ = State::kNew;
  typename B::Port port_;
  Side in_;
  Side out_;
  Closing closing_;
  Many many_;
  Starter* in_starter_ = nullptr;   // of the operation that is pending, if it has one
  Starter* out_starter_ = nullptr;  // likewise
  Watcher* in_watcher_ = nullptr;
  Watcher* out_watcher_ = nullptr;
  Result torn_;  // the reset that the system has told of, if it has
};

template <class B>
using Reference = Echo<Fd<B>>;

}  // namespace tare::io::fd_ops
