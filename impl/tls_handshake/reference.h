// SPDX-License-Identifier: Apache-2.0
// The reference: whether the handshake is over is one load; reads, writes and handshakes allocate
// nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "impl/base/check.h"
#include "impl/loop/loop.h"
#include "impl/tls_handshake/contract.h"
#include "impl/tls_handshake/side.h"
#include "impl/tls_handshake/waiter.h"
#include "impl/tls_handshake/wire.h"

namespace tare::io::tls_handshake {

// Belongs to its loop's thread, where every member but ready() and what it publishes is called, and
// every callback comes from Loop::Turn; none is called from inside the call that began it.
//
// One read and one write at a time, and any number of explicit handshakes; each has a deadline and
// a cancel of its own. Whoever comes first begins the one handshake, and all others wait for it. It
// goes on as long as anybody waits: one who gives up ends alone, and with the last of them the
// handshake has failed, for good, and the transport is closed. A failed handshake ends all that
// come later with its own error.
//
// The descriptor is read into, and written from, buffers of the engine's own. So a read that is
// given up leaves nothing half done, and the next goes on where it was (TL-17); a write that is
// given up has perhaps been taken in part, to the byte that is told, and none can follow it
// (TL-16). A read that waits never keeps a write from being made.
//
// The states of the question, of which all but kReady are slow:
//
//   kUnready   the handshake has not begun, or is under way; also another one of TLS 1.2
//   kReady     it is over, there is no error, and all that it has found is published
//   kFailed    there is an error
//
//   kUnready -> kReady     the library is done, and its last words are with the system
//   kUnready -> kFailed    an error, or everybody has given up
//   kReady   -> kUnready   a read has found that the server wants another: writers wait
template <Backend B>
class Tls {
 public:
  using LoopType = Loop<B>;
  using Done = void (*)(Tls&, Result) noexcept;

  using Waiter = tls_handshake::Waiter;

  // How long the last words of a connection may take (Go's time).
  static constexpr int64_t kCloseWait = 5'000'000'000;

  static const char* WhyNot() noexcept { return B::WhyNot(); }

  explicit Tls(Loop<B>& loop) noexcept : loop_(loop), wire_(loop, this, &OnMoved, &OnClosed) {
    for (Side* side : {&in_, &out_}) {
      side->owner = this;
      side->fire = &OnSideTimer;
    }
    later_.tls = this;
    later_.done = [](Op& op) noexcept {
      Tls& tls = *static_cast<Later&>(op).tls;
      tls.later_.queued = false;
      tls.inside_ = true;
      tls.Settle();
    };
  }
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;
  // Wants it closed, or never opened.
  ~Tls() { TARE_CHECK(state_ == State::kNew || told_closed_); }

  // Takes `h` over; after an error it is still the caller's. Begins no handshake. A client that
  // verifies looks for `name` in the server's certificate, and must have one. Allocates.
  Result Open(Handle h, const Credentials& credentials, std::string_view name = {}) noexcept {
    TARE_CHECK(state_ == State::kNew || told_closed_);
    const Result r = wire_.Open(h, credentials, name);
    if (!r.ok()) return r;
    state_ = State::kOpen;
    in_.Reopen();
    out_.Reopen();
    said_ = again_ = notify_ = told_closed_ = false;
    update_ = Update::kNone;
    failure_ = closed_ = {};
    write_error_ = Errc::kOk;
    phase_.store(Phase::kUnready, std::memory_order_release);
    return r;
  }

  // The question. From any thread, between Open and Close; what the handshake has found is seen by
  // whoever was told true.
  bool ready() const noexcept { return phase_.load(std::memory_order_acquire) == Phase::kReady; }
  // Published: after ready(), from any thread.
  Version version() const noexcept { return version_; }

  Handle handle() const noexcept { return wire_.handle(); }
  bool open() const noexcept { return state_ == State::kOpen; }
  // What has failed, in words; "" if nothing has.
  std::string_view detail() const noexcept { return wire_.engine().detail(); }

  // waiter.done is told how the handshake has ended: kOk at once if it is over, whatever the
  // waiter's deadline; what has failed, if it has; kTimeout and kCanceled of its own. Over and
  // failed is a broken promise of this code's: kOther, and the transport is closed.
  void Handshake(Waiter& waiter) noexcept {
    waiter.connection_ = this;
    waiter.fire = &OnWaiterTimer;
    if (ready()) return failure_.ok() ? EndWaiter(waiter, {}) : Contradict(waiter);
    if (const Result why = WhyNever(); !why.ok()) return EndWaiter(waiter, why);
    if (HasPassed(waiter.deadline)) return EndWaiter(waiter, {0, Errc::kTimeout, 0});
    waiting_.Push(waiter);
    if (waiter.deadline != Deadline::Never()) loop_.timers().Arm(waiter, waiter.deadline);
    Drive();
  }
  // Ends it with kCanceled, unless it has ended.
  void Cancel(Waiter& waiter) noexcept { GiveUp(waiter, Errc::kCanceled); }

  // n >= 1, or kEof, after the handshake. Of an empty buffer: n = 0 after the handshake.
  void Read(std::span<std::byte> to, Done done) noexcept {
    in_.Begin(done);
    in_.to = to;
    if (MayGo(in_)) ready() ? TryRead() : Drive();
  }

  // All of it, or n = how much was taken and why not more. A write of nothing waits for the
  // handshake alone.
  void Write(std::span<const std::byte> from, Done done) noexcept {
    out_.Begin(done);
    out_.from = from;
    if (MayGo(out_)) ready() ? TryWrite() : Drive();
  }

  // As of fd_ops::Fd.
  Errc SetReadDeadline(Deadline d) noexcept { return SetDeadline(in_, d); }
  Errc SetWriteDeadline(Deadline d) noexcept { return SetDeadline(out_, d); }
  void CancelRead() noexcept { Interrupt(in_, Errc::kCanceled); }
  void CancelWrite() noexcept { Interrupt(out_, Errc::kCanceled); }

  // How long the last words may take; kCloseWait unless it is set.
  void set_close_wait(int64_t nanos) noexcept { close_wait_ = nanos; }

  // Says close_notify: the peer reads the end, and this end reads on. kInvalid before the handshake
  // is over and while a write is pending; kShutdown the second time; what has broken writing.
  Errc CloseWrite() noexcept {
    if (state_ != State::kOpen) return Errc::kClosed;
    if (!failure_.ok()) return failure_.err;
    if (!ready() || out_.busy) return Errc::kInvalid;
    if (!wire_.output().ok()) return wire_.output().err;
    if (write_error_ != Errc::kOk) return write_error_;
    write_error_ = Errc::kShutdown;
    notify_ = said_ = true;
    Speak();
    return Errc::kOk;
  }

  // TLS 1.3: new keys for what is written from now on, and, if it `ask`s, for what the peer writes.
  // kInvalid on another version and before the handshake is over. Writes and reads go on.
  Errc UpdateKeys(bool ask) noexcept {
    if (state_ != State::kOpen) return Errc::kClosed;
    if (!failure_.ok()) return failure_.err;
    if (!ready() || version_ != Version::kTls13) return Errc::kInvalid;
    update_ = ask || update_ == Update::kAsk ? Update::kAsk : Update::kOwn;
    Speak();
    return Errc::kOk;
  }

  // Ends what is pending with kClosed, says close_notify if nothing is stuck before it, for as long
  // as set_close_wait allows, closes the handle, and then calls `done`: with kClosed if the
  // transport was closed already, by a handshake that everybody had given up. kOk if `done` will be
  // called; kClosed if it is not open, or closing. May be called inside a callback.
  Errc Close(Done done) noexcept {
    if (state_ == State::kNew || close_done_ != nullptr || told_closed_) return Errc::kClosed;
    close_done_ = done;
    const bool stuck = out_.busy || !wire_.output().ok() || phase() == Phase::kUnready ||
                       (write_error_ != Errc::kOk && write_error_ != Errc::kShutdown);
    notify_ = notify_ || (!said_ && !stuck && ready());
    if (failure_.ok()) failure_ = {0, Errc::kClosed, 0};
    phase_.store(Phase::kFailed, std::memory_order_release);
    EndEverybody({0, Errc::kClosed, 0});
    if (state_ == State::kOpen) {
      state_ = State::kClosing;
      wire_.BoundOutput(Now().Plus(close_wait_));
      stuck ? GoDown() : Linger();
    }
    Schedule();
    return Errc::kOk;
  }

 protected:  // for tests that break what must hold
  enum class Phase : uint8_t { kUnready, kReady, kFailed };
  std::atomic<Phase> phase_{Phase::kUnready};
  Result failure_;  // of the handshake

 private:
  enum class State : uint8_t {  // in this order
    kNew,
    kOpen,
    kClosing,    // what is left to be said is sent
    kGoingDown,  // the descriptor is being closed
    kDown,
  };
  enum class Update : uint8_t { kNone, kOwn, kAsk };

  using Side = tls_handshake::Side<Tls>;

  struct Later : Op {
    Tls* tls = nullptr;
    bool queued = false;
  };

  Phase phase() const noexcept { return phase_.load(std::memory_order_relaxed); }  // own thread

  // Beginning.

  // Why there will be no handshake any more, or kOk.
  Result WhyNever() const noexcept {
    if (state_ == State::kNew || close_done_ != nullptr || told_closed_) {
      return {0, Errc::kClosed, 0};
    }
    return phase() == Phase::kFailed ? failure_ : Result{};
  }

  bool MayGo(Side& side) noexcept {
    Result why = WhyNever();
    if (why.ok() && side.HasExpired()) why.err = Errc::kTimeout;
    if (!why.ok()) End(side, why);
    return why.ok();
  }

  // Going on.

  // Whatever can be done now, after anything has changed.
  void Drive() noexcept {
    if (state_ == State::kClosing) return Linger();
    if (state_ != State::kOpen) return;
    if (phase() == Phase::kUnready) again_ ? ShakeAgain() : Shake();
    if (phase() != Phase::kReady) return;
    TryRead();
    if (phase() == Phase::kReady) TryWrite();
    Speak();
  }

  static void OnMoved(void* owner) noexcept {
    Tls& tls = *static_cast<Tls*>(owner);
    tls.inside_ = true;
    tls.Drive();
    tls.Settle();
  }

  static void OnClosed(void* owner, Result r) noexcept {
    Tls& tls = *static_cast<Tls*>(owner);
    tls.state_ = State::kDown;
    if (tls.closed_.ok()) tls.closed_ = r;
    tls.inside_ = true;
    tls.Settle();
  }

  bool Wanted() const noexcept { return !waiting_.empty() || in_.wants() || out_.wants(); }

  // The first handshake.
  void Shake() noexcept {
    if (!Wanted()) return wire_.Send();
    const Step step = wire_.output().ok() ? wire_.engine().Handshake() : Step{wire_.output()};
    wire_.Send();
    if (step.need == Need::kInput) return wire_.Receive();
    if (step.need == Need::kRoom) return;
    if (!step.result.ok()) return Fail(step.result);
    if (!wire_.flushed()) return;  // an error of its last words is one of the handshake's
    version_ = wire_.engine().version();
    Finish();
  }

  // Another one: only reading may go on with it, for there may be bytes in front of it.
  void ShakeAgain() noexcept {
    if (in_.wants() && !in_.to.empty()) {
      TryRead();
    } else if (Wanted()) {
      if (wire_.engine().Peek().need == Need::kInput) wire_.Receive();
    }
    wire_.Send();
    if (phase() != Phase::kUnready) return;
    if (!wire_.engine().failed().ok()) return Fail(wire_.engine().failed());
    if (!wire_.output().ok()) return Fail(wire_.output());
    if (!wire_.engine().shaking() && wire_.flushed()) Finish();
  }

  void Finish() noexcept {
    if (!failure_.ok()) {
      failure_ = {0, Errc::kOther, 0};
      Fail(failure_);
      return GoDown();
    }
    again_ = true;
    phase_.store(Phase::kReady, std::memory_order_release);
    while (Waiter* const waiter = waiting_.Pop()) EndWaiter(*waiter, {});
  }

  void Fail(Result why) noexcept {
    why.n = 0;
    failure_ = why;
    phase_.store(Phase::kFailed, std::memory_order_release);
    EndEverybody(why);
  }

  void Contradict(Waiter& waiter) noexcept {
    Fail({0, Errc::kOther, 0});
    EndWaiter(waiter, failure_);
    if (state_ == State::kOpen) GoDown();
  }

  void TryRead() noexcept {
    if (!in_.wants()) return;
    if (in_.to.empty()) {
      if (ready()) End(in_, {});
      return;
    }
    const Step step = wire_.engine().Read(in_.to);
    if (step.need == Need::kInput) {
      wire_.Receive();
    } else if (step.need == Need::kNothing) {
      End(in_, step.result);
    }
    if (wire_.engine().failed().ok() && wire_.engine().shaking()) {
      phase_.store(Phase::kUnready, std::memory_order_release);
    }
    wire_.Send();  // an answer of the protocol's, perhaps
  }

  void TryWrite() noexcept {
    if (!out_.wants()) return;
    if (write_error_ != Errc::kOk) return End(out_, {0, write_error_, 0});
    while (wire_.output().ok() && out_.taken < out_.from.size()) {
      const Step step = wire_.engine().Write(out_.from.subspan(out_.taken));
      if (step.need == Need::kInput) wire_.Receive();
      if (step.need != Need::kNothing) break;
      if (!step.result.ok()) return EndWrite(step.result);
      out_.taken += static_cast<size_t>(step.result.n);
    }
    wire_.Send();
    if (!wire_.output().ok()) return EndWrite(wire_.output());
    if (out_.taken == out_.from.size() && (wire_.flushed() || out_.from.empty())) EndWrite({});
  }

  void EndWrite(Result r) noexcept {
    r.n = static_cast<int64_t>(out_.taken);
    End(out_, r);
  }

  // What the protocol has to say when there is room.
  void Speak() noexcept {
    if (update_ != Update::kNone) {
      const Step step = wire_.engine().UpdateKeys(update_ == Update::kAsk);
      if (step.need == Need::kNothing) update_ = Update::kNone;
    }
    if (notify_ && update_ == Update::kNone && wire_.engine().Shutdown().need == Need::kNothing) {
      notify_ = false;
    }
    wire_.Send();
  }

  // Giving up.

  void GiveUp(Waiter& waiter, Errc why) noexcept {
    if (!waiting_.Remove(waiter)) return;
    EndWaiter(waiter, {0, why, 0});
    GaveUp(why);
  }

  void Interrupt(Side& side, Errc why) noexcept {
    if (!side.wants()) return;
    if (side.taken > 0) write_error_ = why;
    End(side, {static_cast<int64_t>(side.taken), why, 0});
    GaveUp(why);
  }

  // A first handshake that nobody wants any more is over.
  void GaveUp(Errc why) noexcept {
    if (state_ != State::kOpen || phase() != Phase::kUnready || again_ || Wanted()) return;
    Fail({0, why, 0});
    GoDown();
  }

  Errc SetDeadline(Side& side, Deadline d) noexcept {
    if (state_ != State::kOpen) return Errc::kClosed;
    if (side.SetDeadline(loop_.timers(), d)) Interrupt(side, Errc::kTimeout);
    return Errc::kOk;
  }

  static void OnSideTimer(Timer& timer) noexcept {
    Side& side = static_cast<Side&>(timer);
    Tls& tls = *side.owner;
    if (!side.Fired(tls.loop_.timers())) return;
    tls.inside_ = true;
    tls.Interrupt(side, Errc::kTimeout);
    tls.Settle();
  }

  static void OnWaiterTimer(Timer& timer) noexcept {
    Waiter& waiter = static_cast<Waiter&>(timer);
    Tls& tls = *static_cast<Tls*>(waiter.connection_);
    tls.inside_ = true;
    tls.GiveUp(waiter, Errc::kTimeout);
    tls.Settle();
  }

  // Ending.

  void End(Side& side, Result r) noexcept {
    side.End(r);
    Schedule();
  }
  void EndWaiter(Waiter& waiter, Result r) noexcept {
    loop_.timers().Disarm(waiter);
    waiter.result_ = r;
    ended_.Push(waiter);
    Schedule();
  }
  void EndEverybody(Result r) noexcept {
    while (Waiter* const waiter = waiting_.Pop()) EndWaiter(*waiter, r);
    for (Side* side : {&in_, &out_}) {
      if (!side->wants()) continue;
      r.n = static_cast<int64_t>(side->taken);
      End(*side, r);
    }
  }

  void Linger() noexcept {
    Speak();
    if (!wire_.output().ok() || (!notify_ && wire_.flushed())) GoDown();
  }

  void GoDown() noexcept {
    if (state_ >= State::kGoingDown) return;
    state_ = State::kGoingDown;
    const bool early = close_done_ == nullptr;
    closed_ = {0, early ? Errc::kClosed : Errc::kOk, 0};
    wire_.Close();
  }

  // Unless the callbacks are being made anyway.
  void Schedule() noexcept {
    if (inside_ || std::exchange(later_.queued, true)) return;
    loop_.End(later_, {});
  }

  // Calls back all that has ended, what the callbacks begin and end too.
  void Settle() noexcept {
    for (;;) {
      if (Waiter* const waiter = ended_.Pop()) {
        waiter->done(*waiter, waiter->result_);
      } else if (in_.ended) {
        in_.Tell();
      } else if (out_.ended) {
        out_.Tell();
      } else {
        break;
      }
    }
    inside_ = false;
    if (state_ != State::kDown || close_done_ == nullptr || later_.queued) return;
    loop_.timers().Disarm(in_);
    loop_.timers().Disarm(out_);
    wire_.engine().Close();
    told_closed_ = true;
    std::exchange(close_done_, nullptr)(*this, closed_);
  }

  Loop<B>& loop_;
  State state_ = State::kNew;
  bool again_ = false;   // the first handshake is over
  bool inside_ = false;  // Settle is running, or will before the loop has its thread back
  bool notify_ = false;  // close_notify waits for room
  bool said_ = false;    // close_notify
  bool told_closed_ = false;
  int64_t close_wait_ = kCloseWait;
  Update update_ = Update::kNone;
  Version version_ = Version::kTls12;  // published by phase_
  Errc write_error_ = Errc::kOk;       // what has broken writing
  Result closed_;
  Side in_;
  Side out_;
  WaiterLine waiting_;
  WaiterLine ended_;
  Later later_;
  Done close_done_ = nullptr;
  Wire<B> wire_;
};

}  // namespace tare::io::tls_handshake
