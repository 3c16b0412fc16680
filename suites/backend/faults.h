// SPDX-License-Identifier: Apache-2.0
// Backends with one fault each: what the checks of the contract must catch.
#pragma once

#include <atomic>
#include <cerrno>
#include <memory>
#include <utility>

#include "impl/base/blocking.h"
#include "impl/base/op_queue.h"
#include "impl/base/perform.h"
#include "suites/backend/system.h"
#include "suites/support/forward.h"

namespace tare::io::contract {

using suites::Forward;

// S03
template <class B>
class AllocatesPerOp : public Forward<B> {
  void StartInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    last_ = std::make_unique<int>(0);
    this->real().Start(port, inner);
  }
  std::unique_ptr<int> last_;
};

// S04: a failed Attach leaves a handle open.
template <class B>
class LeaksInFailedAttach : public Forward<B> {
 public:
  Result Attach(typename B::Port& port, Handle h) noexcept {
    const Result r = Forward<B>::Attach(port, h);
    if (!r.ok() && leaked_ == kNoHandle) leaked_ = OpenFile();
    return r;
  }
  ~LeaksInFailedAttach() override {
    if (leaked_ != kNoHandle) (void)CloseHandle(leaked_);
  }

 private:
  Handle leaked_ = kNoHandle;
};

// S05
template <class B>
class LeaksBlockingMode : public Forward<B> {
 public:
  Result Attach(typename B::Port& port, Handle h) noexcept {
    handle_ = h;
    return Forward<B>::Attach(port, h);
  }
  void Detach(typename B::Port& port) noexcept {
    Forward<B>::Detach(port);
    (void)SetBlocking(handle_, false);
  }

 private:
  Handle handle_ = kNoHandle;
};

// S06
template <class B>
class DropsACompletion : public Forward<B> {
  void End(Op& op) noexcept override {
    if (++count_ != 3) Forward<B>::End(op);
  }
  int count_ = 0;
};

template <class B>
class EndsTwice : public Forward<B> {
  void End(Op& op) noexcept override {
    if (++count_ == 3) Forward<B>::End(op);
    Forward<B>::End(op);
  }
  int count_ = 0;
};

template <class B>
class EndsInStart : public Forward<B> {
  void StartInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    this->real().Start(port, inner);
    if (inner.size == 0) (void)this->real().Poll(Deadline::Past());
  }
};

// S07: a receive waits until no send is pending.
template <class B>
class OneDirectionAtATime : public Forward<B> {
  using Inner = typename Forward<B>::Inner;

  void StartInner(typename B::Port& port, Inner& inner) noexcept override {
    if (inner.kind == Op::Kind::kSend && sending_ == nullptr) sending_ = inner.outer;
    if (inner.kind == Op::Kind::kRecv && sending_ != nullptr) {
      held_ = &inner;
      port_ = &port;
      return;
    }
    this->real().Start(port, inner);
  }
  void CancelInner(typename B::Port& port, Inner& inner) noexcept override {
    if (&inner != held_) this->real().Cancel(port, inner);
  }
  void End(Op& op) noexcept override {
    if (&op == sending_) {
      sending_ = nullptr;
      if (held_ != nullptr) this->real().Start(*port_, *std::exchange(held_, nullptr));
    }
    Forward<B>::End(op);
  }

  Op* sending_ = nullptr;
  Inner* held_ = nullptr;
  typename B::Port* port_ = nullptr;
};

// S08
template <class B>
class WritesAfterDone : public Forward<B> {
 public:
  int Poll(Deadline d) noexcept {
    if (late_ != nullptr) *late_ = std::byte{0};
    return Forward<B>::Poll(d);
  }

 private:
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kRecv) late_ = op.data;
    Forward<B>::End(op);
  }
  std::byte* late_ = nullptr;
};

// S10
template <class B>
class NarrowsSizes : public Forward<B> {
  void StartInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    inner.size = static_cast<uint32_t>(inner.size);
    this->real().Start(port, inner);
  }
};

template <class B>
class ForgetsTheEnd : public Forward<B> {
  void End(Op& op) noexcept override {
    const bool is_end = op.kind == Op::Kind::kRecv && op.size > 0 && op.result.n == 0;
    if (is_end && ++ends_ > 1) op.result = {0, Errc::kReset, ECONNRESET};
    Forward<B>::End(op);
  }
  int ends_ = 0;
};

// S11
template <class B>
class LeaksCanceledAccept : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kAccept && op.result.ok()) op.result = {0, Errc::kCanceled, 0};
    Forward<B>::End(op);
  }
};

// S12
template <class B>
class LetsWouldBlockOut : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.result.err == Errc::kReset) op.result = {0, Errc::kOther, EAGAIN};
    Forward<B>::End(op);
  }
};

template <class B>
class ForgetsTheCode : public Forward<B> {
  void End(Op& op) noexcept override {
    if (!op.result.ok()) op.result.os = 0;
    Forward<B>::End(op);
  }
};

// S13
template <class B>
class LosesWhatACancelFound : public Forward<B> {
  void CancelInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    canceled_ = inner.outer;
    this->real().Cancel(port, inner);
  }
  void End(Op& op) noexcept override {
    if (&op == canceled_) op.result = {0, Errc::kCanceled, 0};
    canceled_ = nullptr;
    Forward<B>::End(op);
  }
  Op* canceled_ = nullptr;
};

template <class B>
class CancelsBothDirections : public Forward<B> {
  using Inner = typename Forward<B>::Inner;

  void StartInner(typename B::Port& port, Inner& inner) noexcept override {
    (DirectionOf(inner.kind) == Direction::kIn ? in_ : out_) = &inner;
    this->real().Start(port, inner);
  }
  void CancelInner(typename B::Port& port, Inner&) noexcept override {
    if (in_ != nullptr) this->real().Cancel(port, *in_);
    if (out_ != nullptr) this->real().Cancel(port, *out_);
  }
  Inner* in_ = nullptr;
  Inner* out_ = nullptr;
};

template <class B>
class CancelsTheNextOp : public Forward<B> {
  using Inner = typename Forward<B>::Inner;

  void StartInner(typename B::Port& port, Inner& inner) noexcept override {
    strikes_ = canceled_idle_ == &inner;
    canceled_idle_ = nullptr;
    pending_ = &inner;
    this->real().Start(port, inner);
  }
  void CancelInner(typename B::Port& port, Inner& inner) noexcept override {
    if (pending_ != &inner) canceled_idle_ = &inner;
    this->real().Cancel(port, inner);
  }
  void End(Op& op) noexcept override {
    pending_ = nullptr;
    // A real cancel might lose against the data; this one does not.
    if (std::exchange(strikes_, false)) op.result = {0, Errc::kCanceled, 0};
    Forward<B>::End(op);
  }
  Inner* pending_ = nullptr;
  Inner* canceled_idle_ = nullptr;
  bool strikes_ = false;
};

// S14
template <class B>
class Miscounts : public Forward<B> {
 public:
  int Poll(Deadline d) noexcept {
    const int count = Forward<B>::Poll(d);
    return count > 1 ? 1 : count;
  }
};

template <class B>
class ReturnsEarly : public Forward<B> {
 public:
  int Poll(Deadline d) noexcept { return Forward<B>::Poll(d.Plus(-kEarly)); }

 private:
  static constexpr int64_t kEarly = 200'000;
};

// S15
template <class B>
class LosesAWake : public Forward<B> {
 public:
  void Wake() noexcept {
    if (count_.fetch_add(1) != 2) Forward<B>::Wake();
  }

 private:
  std::atomic<int> count_{0};
};

// S16: does not look at the system while an op of size 0 has ended.
template <class B>
class Starves : public Forward<B> {
 public:
  int Poll(Deadline d) noexcept {
    if (at_once_.empty()) return Forward<B>::Poll(d);
    OpQueue batch;
    batch.Take(at_once_);
    int count = 0;
    for (; Op* op = batch.Pop(); ++count) {
      op->result = {};
      op->done(*op);
    }
    return count;
  }

 private:
  void StartInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    if (inner.size == 0) return at_once_.Push(*inner.outer);
    this->real().Start(port, inner);
  }
  OpQueue at_once_;
};

// S20: the system's memory of a connect that was refused comes out at the next one.
template <class B>
class RemembersARefusal : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kConnect) {
      if (op.result.ok() && refused_) op.result = {0, Errc::kReset, ECONNABORTED};
      refused_ = op.result.err == Errc::kRefused;
    }
    Forward<B>::End(op);
  }
  bool refused_ = false;
};

// A socket without a connection reads as one at its end.
template <class B>
class TakesAFailureForTheEnd : public Forward<B> {
  void End(Op& op) noexcept override {
    if (DirectionOf(op.kind) == Direction::kIn && !op.result.ok()) op.result = {};
    Forward<B>::End(op);
  }
};

// A receive beside a connect is made at once, or never.
template <class B>
class EndsReceivesOfAConnect : public Forward<B> {
  using Inner = typename Forward<B>::Inner;

  void StartInner(typename B::Port& port, Inner& inner) noexcept override {
    if (inner.kind == Op::Kind::kConnect) connecting_ = true;
    if (inner.kind == Op::Kind::kRecv && connecting_) inner.size = 0;
    this->real().Start(port, inner);
  }
  bool connecting_ = false;
};

// As if the backend had only forgotten the op: the system goes on with the attempt.
template <class B>
class LeavesCanceledConnectsUnderWay : public Forward<B> {
  using Inner = typename Forward<B>::Inner;

  void CancelInner(typename B::Port& port, Inner& inner) noexcept override {
    canceled_ = &inner;
    this->real().Cancel(port, inner);
  }
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kConnect && op.result.err == Errc::kCanceled) {
      BeginToConnect(canceled_->handle, *op.peer);
    }
    Forward<B>::End(op);
  }
  Inner* canceled_ = nullptr;
};

// Undoes whatever a connect that failed found.
template <class B>
class DisconnectsTheConnected : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.kind == Op::Kind::kConnect && !op.result.ok()) Disconnect(last_->handle);
    Forward<B>::End(op);
  }
  void StartInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    if (inner.kind == Op::Kind::kConnect) last_ = &inner;
    this->real().Start(port, inner);
  }
  typename Forward<B>::Inner* last_ = nullptr;
};

}  // namespace tare::io::contract
