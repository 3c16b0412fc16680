// SPDX-License-Identifier: Apache-2.0
// The baseline: what the published "before" did, an operation, its completion channel and its
// closure made per call.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "impl/base/check.h"
#include "impl/base/socket.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/echo.h"
#include "impl/loop/loop.h"

namespace tare::io::fd_ops {

// clang-format off
// The allocations of one read or write, by name; suites/fd_ops holds the counts against this list.
//   1. the channel    std::make_shared: where the result arrives and by whom it is taken
//   2. the closure    std::function with three captures, too large for its own storage
//   3. the operation  new: what the backend links, with the buffer's place and the closure
//   4. the timer      new, only if a deadline is set: one per call, armed before, disarmed after
// clang-format on
// So a round trip of two writes and two reads makes 12, with deadlines 16.
//
// One read and one write at a time; callbacks, deadlines and close as in the reference, but for
// what the naive design cannot do: a deadline that is set while an operation is pending does not
// reach it.
template <Backend B>
class BaselineFd {
 public:
  using LoopType = Loop<B>;
  using Done = void (*)(BaselineFd&, Result) noexcept;

  static const char* WhyNot() noexcept { return B::WhyNot(); }

  explicit BaselineFd(Loop<B>& loop) noexcept : loop_(loop) {
    closing_.owner = this;
    closing_.done = &OnClosed;
  }
  BaselineFd(const BaselineFd&) = delete;
  BaselineFd& operator=(const BaselineFd&) = delete;
  ~BaselineFd() { TARE_CHECK(handle_ == kNoHandle); }

  Result Open(Handle h) noexcept {
    const Result attached = loop_.backend().Attach(port_, h);
    if (attached.ok()) handle_ = h;
    return attached;
  }

  Errc SetReadDeadline(Deadline d) noexcept { return Set(read_deadline_, d); }
  Errc SetWriteDeadline(Deadline d) noexcept { return Set(write_deadline_, d); }

  void Read(std::span<std::byte> to, Done done) {
    Begin(Op::Kind::kRecv, to.data(), to.size(), read_, read_deadline_, done);
  }

  void Write(std::span<const std::byte> from, Done done) {
    Begin(Op::Kind::kSend, const_cast<std::byte*>(from.data()), from.size(), write_,
          write_deadline_, done);
  }

  // n = the new handle, owned by the callback. `peer` and `to` live until the callback.
  void Accept(Address* peer, Done done) {
    Begin(Op::Kind::kAccept, nullptr, 0, read_, read_deadline_, done, nullptr, peer);
  }

  void Connect(Address& to, Done done) {
    Begin(Op::Kind::kConnect, nullptr, 0, write_, write_deadline_, done, nullptr, &to);
  }

  void ReadFrom(std::span<std::byte> to, Message& message, Done done) {
    Begin(Op::Kind::kRecvFrom, to.data(), to.size(), read_, read_deadline_, done, &message);
  }

  void WriteTo(std::span<const std::byte> from, Message& message, Done done) {
    Begin(Op::Kind::kSendTo, const_cast<std::byte*>(from.data()), from.size(), write_,
          write_deadline_, done, &message);
  }

  Errc Close(Done done) {
    if (handle_ == kNoHandle || closing_.then != nullptr) return Errc::kClosed;
    closing_.then = done;
    if (read_ != nullptr) loop_.backend().Cancel(port_, *read_);
    if (write_ != nullptr) loop_.backend().Cancel(port_, *write_);
    EndClosing();
    return Errc::kOk;
  }

 private:
  struct Channel {
    Result result;
  };

  struct OperationTimer;

  struct Operation : OpOf<B> {
    BaselineFd* owner = nullptr;
    Operation** slot = nullptr;  // where the descriptor keeps the pending one
    int64_t moved = 0;
    std::shared_ptr<Channel> channel;
    std::function<void()> complete;
    std::unique_ptr<OperationTimer> timer;
  };

  struct OperationTimer : Timer {
    Operation* operation = nullptr;
    bool fired = false;
  };

  struct Closing : Op {
    BaselineFd* owner = nullptr;
    BaselineFd::Done then = nullptr;  // set once it is under way
    bool queued = false;
  };

  Errc Set(Deadline& deadline, Deadline d) noexcept {
    if (handle_ == kNoHandle) return Errc::kClosed;
    deadline = d;
    return Errc::kOk;
  }

  void Begin(Op::Kind kind, std::byte* data, size_t size, Operation*& slot, Deadline deadline,
             Done done, Message* message = nullptr, Address* peer = nullptr) {
    TARE_CHECK(slot == nullptr);
    auto channel = std::make_shared<Channel>();
    std::function<void()> complete = [this, done, taken = channel] { done(*this, taken->result); };
    slot = new Operation;
    slot->owner = this;
    slot->slot = &slot;
    slot->kind = kind;
    slot->data = data;
    slot->size = size;
    if (peer != nullptr) {
      slot->peer = peer;
    } else {
      slot->message = message;
    }
    slot->done = &OnDone;
    slot->channel = std::move(channel);
    slot->complete = std::move(complete);
    if (deadline != Deadline::Never()) {
      slot->timer = std::make_unique<OperationTimer>();
      slot->timer->operation = slot;
      slot->timer->fire = &OnTimer;
      loop_.timers().Arm(*slot->timer, deadline);
    }
    Go(*slot);
  }

  void Go(Operation& operation) {
    const bool late = operation.timer != nullptr && HasPassed(operation.timer->when());
    if (late) operation.timer->fired = true;
    if (late || handle_ == kNoHandle || closing_.then != nullptr) {
      return loop_.End(operation, {0, Errc::kCanceled, 0});
    }
    loop_.backend().Start(port_, operation);
  }

  static void OnTimer(Timer& timer) noexcept {
    auto& own = static_cast<OperationTimer&>(timer);
    own.fired = true;
    BaselineFd& fd = *own.operation->owner;
    fd.loop_.backend().Cancel(fd.port_, *own.operation);
  }

  static void OnDone(Op& op) noexcept {
    auto* operation = static_cast<Operation*>(&op);
    BaselineFd& fd = *operation->owner;
    Result r = operation->result;
    operation->moved += r.n;
    const auto n = static_cast<size_t>(r.n);
    if (operation->kind == Op::Kind::kSend && r.ok() && n < operation->size) {
      operation->data += n;
      operation->size -= n;
      return fd.Go(*operation);
    }
    r.n = operation->moved;
    if (operation->kind == Op::Kind::kRecv && r.ok() && r.n == 0 && operation->size > 0)
      r.err = Errc::kEof;
    const bool closing = fd.closing_.then != nullptr;
    if (r.err == Errc::kCanceled) {
      r.err = closing || fd.handle_ == kNoHandle                       ? Errc::kClosed
              : operation->timer != nullptr && operation->timer->fired ? Errc::kTimeout
                                                                       : Errc::kCanceled;
    }
    if (operation->timer != nullptr) fd.loop_.timers().Disarm(*operation->timer);
    operation->channel->result = r;
    const std::function<void()> complete = std::move(operation->complete);
    *operation->slot = nullptr;
    delete operation;
    complete();
    if (closing) fd.EndClosing();
  }

  void EndClosing() noexcept {
    if (read_ != nullptr || write_ != nullptr || closing_.queued) return;
    closing_.queued = true;
    loop_.End(closing_, {});
  }

  static void OnClosed(Op& op) noexcept {
    auto& closing = static_cast<Closing&>(op);
    BaselineFd& fd = *closing.owner;
    closing.queued = false;
    if (fd.read_ != nullptr || fd.write_ != nullptr) return;
    fd.loop_.backend().Detach(fd.port_);
    const Result closed = CloseHandle(fd.handle_);
    fd.handle_ = kNoHandle;
    const Done then = std::exchange(closing.then, nullptr);
    then(fd, closed);
  }

  Loop<B>& loop_;
  typename B::Port port_;
  Handle handle_ = kNoHandle;
  Deadline read_deadline_;
  Deadline write_deadline_;
  Operation* read_ = nullptr;
  Operation* write_ = nullptr;
  Closing closing_;
};

template <class B>
using Baseline = Echo<BaselineFd<B>>;

}  // namespace tare::io::fd_ops
