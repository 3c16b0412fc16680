// SPDX-License-Identifier: Apache-2.0
// Readiness: completions over a system that only tells when a handle is ready (epoll, poll,
// kqueue).
#pragma once

#include <cstdint>
#include <string_view>

#include "impl/backend/backend.h"
#include "impl/base/blocking.h"
#include "impl/base/check.h"
#include "impl/base/op_queue.h"
#include "impl/base/perform.h"

namespace tare::io {

// What a poller says of one port.
struct ReadyEvent {
  static constexpr uint8_t kIn = 1;   // a receive or accept would not block
  static constexpr uint8_t kOut = 2;  // a send would not block, a connect has ended

  void* port = nullptr;
  uint8_t what = 0;
};

// clang-format off
// A Poller has kName and WhyNot as a backend, and
//   Entry                    its state per port
//   Made()                   how making it went
//   Add(entry, h, port)      begins to watch `h`; reports it as `port`. The one call that may
//                            allocate
//   Remove(entry)            leaves nothing behind
//   Arm(entry, direction)    wants a report whenever a wait finds that direction ready
//                            (level-triggered)
//   Disarm(entry, direction) no longer does; a poller that cannot look away from errors reports
//                            each at most once more
//   Wait(deadline)           waits until `deadline` at the latest; sooner if anything is ready, and
//                            when interrupted or woken
//   Next(event)              the next of what that found; false: that was all. Meanwhile ports may
//                            be added, and removed: those it does not report any more
//   Woken()                  whether Wake was seen by the last Wait
//   Wake()                   ends a Wait, this one or the next; from any thread
// clang-format on
//
// The engine makes the call at once where it may succeed, and waits where it is known that it would
// not: from a call that would have blocked, and from the short-read rule (a receive or a splice
// that
// got less than it asked for has drained a byte stream). What a full buffer means, the port learns:
// if the
// next receive was in vain, the next 64 full buffers count as drained too. Level-triggered reports
// make every guess safe: one that was wrong costs a call and loses nothing.
//
// Nobody disarms when an operation ends, for most are followed by the next one: only a report that
// finds nothing pending does. Of each port that is ready both directions are tried, then whoever
// has waited is told, and what that starts is told too if it ends at once: only then comes the
// next port, so that with many of them each is fetched into the processor's cache
// once.
template <class Poller>
class Readiness {
 public:
  struct Slot {};

  struct Port {
    typename Poller::Entry entry;
    Handle handle = kNoHandle;
    Op* pending[2] = {nullptr, nullptr};  // by Direction
    bool may_try[2] = {true, true};       // by Direction: not known to block
    bool is_stream = false;
    bool was_blocking = false;
    bool last_was_full = false;      // the last receive filled its buffer
    uint8_t full_means_drained = 0;  // for so many more receives
  };

  static constexpr std::string_view kName = Poller::kName;
  static constexpr uint32_t kFeatures = kReattach | kSplices | kSendsFiles;
  static const char* WhyNot() noexcept { return Poller::WhyNot(); }

  Readiness() = default;
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  Result Attach(Port& port, Handle h) noexcept {
    if (const Result made = poller_.Made(); !made.ok()) return made;
    const Result blocking = IsBlocking(h);
    if (!blocking.ok()) return blocking;
    port = Port{};
    port.handle = h;
    port.is_stream = IsByteStream(h);
    port.was_blocking = blocking.n != 0;
    if (port.was_blocking) {
      if (const Result set = SetBlocking(h, false); !set.ok()) return set;
    }
    const Result added = poller_.Add(port.entry, h, &port);
    if (!added.ok() && port.was_blocking) (void)SetBlocking(h, true);
    return added;
  }

  void Detach(Port& port) noexcept {
    TARE_CHECK(port.pending[0] == nullptr && port.pending[1] == nullptr);
    poller_.Remove(port.entry);
    if (port.was_blocking) (void)SetBlocking(port.handle, true);
  }

  void Start(Port& port, Op& op) noexcept {
    const Direction d = DirectionOf(op.kind);
    Op*& pending = port.pending[Index(d)];
    TARE_CHECK(pending == nullptr);
    op.handle = port.handle;
    if (port.is_stream && MovesNothing(op)) {
      op.result = {};
      return ended_.Push(op);
    }
    // A connect has to be begun.
    if (port.may_try[Index(d)] || op.kind == Op::Kind::kConnect) {
      if (Try(port, op, d, Attempt::kFirst)) return ended_.Push(op);
    }
    pending = &op;
    poller_.Arm(port.entry, d);
  }

  void Cancel(Port& port, Op& op) noexcept {
    Op*& pending = port.pending[Index(DirectionOf(op.kind))];
    if (pending != &op) return;
    pending = nullptr;
    if (op.kind == Op::Kind::kConnect) Disconnect(port.handle);
    op.result = {0, Errc::kCanceled, 0};
    ended_.Push(op);
  }

  int Poll(Deadline d) noexcept {
    int count = 0;
    if (ended_.empty()) {
      count = WaitUntil(d);
    } else if (batches_since_look_ >= kLookEvery) {
      count = Look(Deadline::Past());
    }
    // What ends while others are told, sends above all, is told in the same Poll, within bounds.
    while (!ended_.empty() && batches_since_look_ < kLookEvery) {
      ++batches_since_look_;
      count += TellBatch();
    }
    return count;
  }

  void Wake() noexcept { poller_.Wake(); }
  // Whether a Wake was seen that no Poll has told of yet; for BusyPoll.
  bool Woken() const noexcept { return woken_; }

 private:
  // While ops end at once the system is looked at every so many batches of them.
  static constexpr int kLookEvery = 16;
  // So many batches are told before the next port that is ready: an answer to what was received,
  // and what follows the answer.
  static constexpr int kBatchesPerPort = 2;
  // So long a port goes by what it has learned of full buffers before it tries again.
  static constexpr uint8_t kRemember = 64;

  static constexpr int Index(Direction d) noexcept { return static_cast<int>(d); }

  // Makes the call. True: `op` has ended.
  bool Try(Port& port, Op& op, Direction d, Attempt attempt) noexcept {
    bool& may_try = port.may_try[Index(d)];
    const bool ended = Perform(op, attempt);
    may_try = ended;
    if (d == Direction::kOut) {
      if (op.kind != Op::Kind::kSend) LearnOut(port, op, ended);
      return ended;
    }
    if (!port.is_stream) return ended;
    if (op.kind == Op::Kind::kRecv || op.kind == Op::Kind::kSpliceIn) {
      may_try = Learn(port, op, op.size, ended);
    } else if (op.kind == Op::Kind::kReadv) {
      may_try = Learn(port, op, BytesOf(op), ended);
    }
    return ended;
  }

  // Over a connection that is new nothing can have come yet. A file that was sent in part has most
  // likely filled the socket, and trying that costs more than with bytes: the system reads what it
  // then cannot send.
  static void LearnOut(Port& port, const Op& op, bool ended) noexcept {
    if (op.kind == Op::Kind::kConnect) port.may_try[Index(Direction::kIn)] = false;
    if (op.kind == Op::Kind::kSendFile && ended && op.result.ok() &&
        static_cast<uint64_t>(op.result.n) < op.part->size) {
      port.may_try[Index(Direction::kOut)] = false;
    }
  }

  // What a receive on a byte stream says about the next one: whether it may be tried at once.
  static bool Learn(Port& port, const Op& op, size_t asked, bool ended) noexcept {
    if (!ended) {
      if (port.last_was_full) port.full_means_drained = kRemember;
      port.last_was_full = false;
      return false;
    }
    if (!op.result.ok() || op.result.n == 0) return true;  // an end stays
    if (static_cast<size_t>(op.result.n) < asked) {
      port.last_was_full = false;
      return false;
    }
    port.last_was_full = port.full_means_drained == 0;
    if (port.last_was_full) return true;
    --port.full_means_drained;
    return false;
  }

  // Calls `done` for all that has ended so far; how many.
  int TellBatch() noexcept {
    OpQueue batch;
    batch.Take(ended_);
    int count = 0;
    for (; Op* op = batch.Pop(); ++count) op->done(*op);
    return count;
  }

  // How many it has told.
  int WaitUntil(Deadline d) noexcept {
    if (!poller_.Made().ok()) return 0;
    int count = 0;
    do {
      count = Look(woken_ ? Deadline::Past() : d);
    } while (count == 0 && ended_.empty() && !woken_ && !HasPassed(d));
    // A Poll that would not have waited, or has something to tell, leaves the Wake to the next.
    if (count == 0 && ended_.empty() && d > Deadline::Past()) woken_ = false;
    return count;
  }

  // Waits once, tries what became ready, and tells; how many it has told.
  int Look(Deadline d) noexcept {
    batches_since_look_ = 0;
    poller_.Wait(d);
    if (poller_.Woken()) woken_ = true;
    int count = 0;
    for (ReadyEvent event; poller_.Next(event);) {
      Port& port = *static_cast<Port*>(event.port);
      // Out first: why a connect has failed is told once, and is for the connect.
      if (event.what & ReadyEvent::kOut) BecameReady(port, Direction::kOut);
      if (event.what & ReadyEvent::kIn) BecameReady(port, Direction::kIn);
      for (int i = 0; i < kBatchesPerPort && !ended_.empty(); ++i) count += TellBatch();
    }
    return count;
  }

  void BecameReady(Port& port, Direction d) noexcept {
    port.may_try[Index(d)] = true;
    Op*& pending = port.pending[Index(d)];
    if (pending == nullptr) return poller_.Disarm(port.entry, d);
    Op& op = *pending;
    if (!Try(port, op, d, Attempt::kAgain)) return;
    pending = nullptr;
    ended_.Push(op);
  }

  Poller poller_;
  OpQueue ended_;
  int batches_since_look_ = 0;
  bool woken_ = false;  // seen, and no Poll that would have waited has returned since
};

}  // namespace tare::io
