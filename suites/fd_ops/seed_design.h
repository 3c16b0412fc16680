// SPDX-License-Identifier: Apache-2.0
// SeedFd: a model of the published original (seed 1, Go's netFD on Windows), sound but for the one
// of its defects that is asked for. The tests of the reference must fail it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "impl/base/socket.h"
#include "impl/loop/loop.h"

namespace tare::io::fd_ops {

enum class SeedDefect {
  kNone,
  kChannelMadeTwice,     // SD-1.01 rop's twice, wop's never: the one service thread waits for ever
  kCountWrittenTwice,    // SD-1.02 by the completion, and then by the call that submitted it
  kOffsetStays,          // SD-1.04 an operation begins where the one before it ended
  kCountLostInError,     // SD-1.05 what was moved before the error is not told
  kSizeOf32Bits,         // SD-1.06
  kEmptyReadIsEof,       // SD-1.07
  kCancelsTheHandle,     // SD-1.08 CancelIo: whatever is pending, in both directions
  kCloseWaitsForItself,  // SD-1.09 close takes the operations' locks
  kPointersStay,         // SD-1.10 after the operation has ended
};

// As Fd, for reads, writes and parts of files. What blocks in the original is a callback here: its
// lock is `locked`, and the callback is its caller.
template <Backend B, SeedDefect kDefect>
class SeedFd {
 public:
  using LoopType = Loop<B>;
  using Done = void (*)(SeedFd&, Result) noexcept;
  static constexpr bool kPlanted = kDefect != SeedDefect::kNone;

  explicit SeedFd(Loop<B>& loop) : loop_(loop) {
    for (Operation* o : {&rop_, &wop_}) {
      o->fd = this;
      o->done = &OnDone;
      o->fire = &OnTimer;
    }
    closing_.fd = this;
    closing_.done = &OnClosed;
    // rop.errc = make(chan error); rop.errc = make(chan error)
    rop_.has_channel = true;
    (Has(SeedDefect::kChannelMadeTwice) ? rop_ : wop_).has_channel = true;
  }
  SeedFd(const SeedFd&) = delete;
  SeedFd& operator=(const SeedFd&) = delete;

  // There is one service in a process; a new one has nobody waiting.
  static void StartProcess() { service_waits_for_ever_ = false; }

  Result Open(Handle h) {
    const Result r = loop_.backend().Attach(port_, h);
    if (r.ok()) handle_ = h;
    return r;
  }
  Handle handle() const { return handle_; }

  Errc SetReadDeadline(Deadline d) { return Set(rop_, d); }
  Errc SetWriteDeadline(Deadline d) { return Set(wop_, d); }
  void Read(std::span<std::byte> to, Done done) {
    Begin(rop_, Op::Kind::kRecv, to.data(), to.size(), done);
  }
  void Write(std::span<const std::byte> from, Done done) {
    Begin(wop_, Op::Kind::kSend, const_cast<std::byte*>(from.data()), from.size(), done);
  }
  void SendFile(FilePart& part, Done done) {
    wop_.file = part.file;
    // The OVERLAPPED's, which is not buf's but the file's here.
    if (!Has(SeedDefect::kOffsetStays)) wop_.file_offset = part.offset;
    Begin(wop_, Op::Kind::kSendFile, nullptr, part.size, done);
  }

  Errc Close(Done done) {
    if (!Usable()) return Errc::kClosed;
    closing_.then = done;
    closing_.under_way = true;
    if (Has(SeedDefect::kCloseWaitsForItself) && in_callback_) closing_.waits_for_itself = true;
    Cancel(rop_, Errc::kClosed);
    Cancel(wop_, Errc::kClosed);
    EndClosing();
    return Errc::kOk;
  }

  // Not the seed's: takes the model down, whatever state it is in.
  void Abandon() {
    abandoned_ = true;
    for (Operation* o : {&rop_, &wop_}) {
      loop_.timers().Disarm(*o);
      if (o->started) loop_.backend().Cancel(port_, *o);
    }
    while (rop_.started || wop_.started || rop_.queued || wop_.queued || closing_.queued) {
      loop_.Turn(Deadline::Past());
    }
    if (handle_ == kNoHandle) return;
    loop_.backend().Detach(port_);
    (void)CloseHandle(std::exchange(handle_, kNoHandle));
  }

 private:
  struct Operation : OpOf<B>, Timer {
    SeedFd* fd = nullptr;
    SeedFd::Done then = nullptr;
    std::byte* buf = nullptr;
    size_t len = 0;
    size_t offset = 0;  // in `buf`: the OVERLAPPED's
    Handle file = kNoHandle;
    uint64_t file_offset = 0;
    FilePart left;  // of the file, for the backend
    Deadline deadline;
    Errc why = Errc::kOk;
    bool has_channel = false;
    bool locked = false;   // from the call to its return
    bool started = false;  // the backend has it
    bool queued = false;   // the loop has it
  };

  struct Closing : Op {
    SeedFd* fd = nullptr;
    SeedFd::Done then = nullptr;
    bool under_way = false;
    bool queued = false;
    bool waits_for_itself = false;
  };

  static constexpr bool Has(SeedDefect defect) { return kDefect == defect; }
  bool Usable() const { return handle_ != kNoHandle && !closing_.under_way; }

  void Begin(Operation& o, Op::Kind kind, std::byte* data, size_t size, Done then) {
    o.locked = true;
    o.then = then;
    o.kind = kind;
    o.buf = data;
    o.len = Has(SeedDefect::kSizeOf32Bits) ? static_cast<uint32_t>(size) : size;
    o.why = Errc::kOk;
    if (!Has(SeedDefect::kOffsetStays) || kind == Op::Kind::kSendFile) o.offset = 0;
    Submit(o);
  }

  void Submit(Operation& o) {
    if (!Usable()) return Tell(o, Errc::kClosed);
    if (HasPassed(o.deadline)) return Tell(o, Errc::kTimeout);
    if (Has(SeedDefect::kChannelMadeTwice)) {
      if (!o.has_channel) service_waits_for_ever_ = true;
      if (service_waits_for_ever_) return;  // nobody will come for the request
    }
    o.data = o.buf + std::min(o.offset, o.len);
    o.size = o.len - std::min(o.offset, o.len);
    if (o.kind == Op::Kind::kSendFile) {
      o.left = {o.file, o.file_offset, o.size};
      o.part = &o.left;
    }
    o.started = true;
    loop_.backend().Start(port_, o);
  }

  void Tell(Operation& o, Errc err) {
    o.queued = true;
    loop_.End(o, {0, err, 0});
  }

  void Cancel(Operation& o, Errc why) {
    if (!o.locked) return;
    o.why = why;
    for (Operation* each : {&rop_, &wop_}) {
      const bool meant = each == &o || Has(SeedDefect::kCancelsTheHandle);
      if (meant && each->started) loop_.backend().Cancel(port_, *each);
    }
  }

  Errc Set(Operation& o, Deadline d) {
    if (!Usable()) return Errc::kClosed;
    o.deadline = d;
    loop_.timers().Disarm(o);
    if (HasPassed(d)) {
      Cancel(o, Errc::kTimeout);
    } else if (d != Deadline::Never()) {
      loop_.timers().Arm(o, d);
    }
    return Errc::kOk;
  }

  static void OnTimer(Timer& timer) noexcept {
    Operation& o = static_cast<Operation&>(timer);
    o.fd->Cancel(o, Errc::kTimeout);
  }

  static void OnDone(Op& op) noexcept {
    Operation& o = static_cast<Operation&>(op);
    o.started = o.queued = false;
    if (!o.fd->abandoned_) o.fd->Return(o);
  }

  void Return(Operation& o) {
    Result r = o.result;
    if (o.kind != Op::Kind::kRecv) {
      o.offset += static_cast<size_t>(r.n);
      o.file_offset += static_cast<size_t>(r.n);
      if (r.ok() && o.offset < o.len) return Submit(o);
      r.n = static_cast<int64_t>(o.offset);
    } else {
      // The completion was quicker than the submitting call, which stores its own count: none yet.
      if (Has(SeedDefect::kCountWrittenTwice)) r.n = 0;
      const bool asked = o.len > 0 || Has(SeedDefect::kEmptyReadIsEof);
      if (r.ok() && r.n == 0 && asked) r.err = Errc::kEof;
    }
    if (r.err == Errc::kCanceled && o.why != Errc::kOk) r.err = o.why;
    if (!r.ok() && Has(SeedDefect::kCountLostInError)) r.n = 0;
    if (!Has(SeedDefect::kPointersStay)) {
      o.data = o.buf = nullptr;
      o.part = nullptr;
      o.size = o.len = 0;
    }
    // The lock is held until the call has returned.
    in_callback_ = true;
    o.locked = false;
    o.then(*this, r);
    in_callback_ = false;
    if (closing_.under_way) EndClosing();
  }

  void EndClosing() {
    if (rop_.locked || wop_.locked || closing_.queued || closing_.waits_for_itself) return;
    closing_.queued = true;
    loop_.End(closing_, {});
  }

  static void OnClosed(Op& op) noexcept {
    Closing& closing = static_cast<Closing&>(op);
    SeedFd& fd = *closing.fd;
    closing.queued = false;
    if (fd.abandoned_ || fd.rop_.locked || fd.wop_.locked) return;
    for (Operation* o : {&fd.rop_, &fd.wop_}) fd.loop_.timers().Disarm(*o);
    fd.loop_.backend().Detach(fd.port_);
    const Result r = CloseHandle(std::exchange(fd.handle_, kNoHandle));
    closing.under_way = false;
    closing.then(fd, r);
  }

  inline static bool service_waits_for_ever_ = false;

  Loop<B>& loop_;
  typename B::Port port_;
  Handle handle_ = kNoHandle;
  Operation rop_;
  Operation wop_;
  Closing closing_;
  bool in_callback_ = false;
  bool abandoned_ = false;
};

}  // namespace tare::io::fd_ops
